/* SPDX-License-Identifier: BSD-2-Clause */
#include "nic/interface.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "nic/nic.h"
#include "nic/steer.h"
#include "nic/xsk.h"

enum {
	/* Ethernet header, two VLAN tags, and the frame check sequence that some NICs leave. */
	ETHERNET_BYTES = 14 + 8 + 4,
	XDP_HEADROOM_BYTES = 256, /* the kernel's XDP_PACKET_HEADROOM, before every packet */
	CHUNK_MIN_BYTES = 2048,   /* what the kernel takes for a UMEM: */
	CHUNK_MAX_BYTES = 4096,   /* powers of two up to its page */
	CPU_MASK_BYTES = 8192 / 32 * 9 + 1, /* of as many CPUs as Linux knows */
};

/* Received packets start later in their chunk than sent ones, so their need decides. */
_Static_assert(XDP_HEADROOM_BYTES + ETHERNET_BYTES >= SL_FRAME_HEADROOM_BYTES,
	       "a chunk that can receive a packet can send it");
_Static_assert(XDP_HEADROOM_BYTES + ETHERNET_BYTES + SL_MTU_FRAME_MAX <= CHUNK_MAX_BYTES,
	       "the largest MTU of one frame fits the largest chunk");

int sl_nic_ifindex(const char *iface)
{
	unsigned int ifindex = if_nametoindex(iface);

	if (ifindex)
		return (int)ifindex;
	sl_error("interface \"%s\" does not exist; `ip link` lists them", iface);
	return -ENODEV;
}

/* An ioctl(2) that takes the interface by name. */
static int ask(const char *iface, unsigned long request, struct ifreq *ifreq)
{
	int fd, error;

	snprintf(ifreq->ifr_name, sizeof(ifreq->ifr_name), "%s", iface);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	error = ioctl(fd, request, ifreq) < 0 ? -errno : 0;
	close(fd);
	return error;
}

int sl_nic_mtu(const char *iface)
{
	struct ifreq ifreq = { 0 };
	int error = sl_nic_ifindex(iface);

	if (error < 0)
		return error;
	error = ask(iface, SIOCGIFMTU, &ifreq);
	if (error < 0) {
		sl_error("interface \"%s\": cannot read its MTU: %s", iface, strerror(-error));
		return error;
	}
	return ifreq.ifr_mtu;
}

static bool is_above_0(const char *iface, const char *name)
{
	char path[96];
	unsigned long value = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", iface, name);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (fscanf(file, "%lu", &value) != 1)
		value = 0;
	fclose(file);
	return value > 0;
}

int sl_nic_rx_queues(const char *iface)
{
	char path[96];
	struct dirent *entry;
	int queue_cnt = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/class/net/%s/queues", iface);
	dir = opendir(path);
	if (!dir)
		return 0;
	while ((entry = readdir(dir)))
		if (strncmp(entry->d_name, "rx-", 3) == 0)
			queue_cnt++;
	closedir(dir);
	return queue_cnt;
}

bool sl_nic_mask_has(const char *mask, uint32_t cpu)
{
	const char *end = mask + strcspn(mask, "\n");
	uint32_t word = 0;

	/* The last word has the lowest bits. */
	for (uint32_t skip = cpu / 32; skip > 0; skip--) {
		while (end > mask && end[-1] != ',')
			end--;
		if (end == mask)
			return false;
		end--;
	}
	while (end > mask && end[-1] != ',')
		end--;
	return sscanf(end, "%" SCNx32, &word) == 1 && (word >> cpu % 32 & 1);
}

/* Whose CPUs send on that queue: 0, or -ENOENT if there is no such queue. */
static int read_xps(const char *iface, int queue, char mask[CPU_MASK_BYTES])
{
	char path[96];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/net/%s/queues/tx-%d/xps_cpus", iface, queue);
	file = fopen(path, "re");
	if (!file)
		return -ENOENT;
	if (!fgets(mask, CPU_MASK_BYTES, file))
		mask[0] = '\0'; /* the only queue has none */
	fclose(file);
	return 0;
}

bool sl_nic_sends_on(const char *iface, uint32_t cpu, uint32_t queue)
{
	char mask[CPU_MASK_BYTES];
	bool here = false;

	if (sl_nic_tx_queues(iface) == 1)
		return true;
	for (int other = 0; read_xps(iface, other, mask) == 0; other++) {
		if (!sl_nic_mask_has(mask, cpu))
			continue;
		if ((uint32_t)other != queue)
			return false;
		here = true;
	}
	return here;
}

bool sl_nic_defers_interrupts(const char *iface)
{
	return is_above_0(iface, "napi_defer_hard_irqs") && is_above_0(iface, "gro_flush_timeout");
}

uint32_t sl_nic_chunk_bytes(uint32_t mtu_bytes)
{
	if (mtu_bytes > SL_MTU_MAX)
		return 0;
	if (XDP_HEADROOM_BYTES + ETHERNET_BYTES + mtu_bytes <= CHUNK_MIN_BYTES)
		return CHUNK_MIN_BYTES;
	return CHUNK_MAX_BYTES;
}

int sl_nic_check_mtu(const char *iface)
{
	int mtu_bytes = sl_nic_mtu(iface);

	if (mtu_bytes < 0)
		return mtu_bytes;
	if (mtu_bytes > SL_MTU_MAX) {
		sl_error("interface \"%s\" has an MTU of %d, and %d is the most that Sluice sends: "
			 "`ip link set dev %s mtu 9000`",
			 iface, mtu_bytes, SL_MTU_MAX, iface);
		return -EMSGSIZE;
	}
	if (mtu_bytes > SL_MTU_FRAME_MAX && !sl_xsk_takes_long_packets()) {
		sl_error("interface \"%s\" has an MTU of %d, and more than %d takes AF_XDP packets "
			 "of several buffers, Linux 6.6 or later: `ip link set dev %s mtu %d`",
			 iface, mtu_bytes, SL_MTU_FRAME_MAX, iface, SL_MTU_FRAME_MAX);
		return -EMSGSIZE;
	}
	return mtu_bytes;
}

/* -EOPNOTSUPP without a line in the log. */
static int read_channels(const char *iface, struct ethtool_channels *channels)
{
	struct ifreq ifreq = { .ifr_data = (char *)channels };
	int error = sl_nic_ifindex(iface);

	if (error < 0)
		return error;
	*channels = (struct ethtool_channels){ .cmd = ETHTOOL_GCHANNELS };
	error = ask(iface, SIOCETHTOOL, &ifreq);
	if (error < 0 && error != -EOPNOTSUPP)
		sl_error("interface \"%s\": cannot read its channels: %s", iface, strerror(-error));
	return error;
}

/* A driver counts its queues as of one kind or as both, some as either; or it has none to tell. */
static int count_queues(const char *iface, bool to_send)
{
	struct ethtool_channels channels;
	uint32_t queue_cnt;
	int error = read_channels(iface, &channels);

	if (error == -EOPNOTSUPP)
		return 1;
	if (error < 0)
		return error;
	queue_cnt = (to_send ? channels.tx_count : channels.rx_count) + channels.combined_count;
	return queue_cnt ? (int)queue_cnt : 1;
}

int sl_steer_queues(const char *iface)
{
	return count_queues(iface, false);
}

int sl_nic_tx_queues(const char *iface)
{
	return count_queues(iface, true);
}

int sl_nic_check_queues(const char *iface, int before_cnt)
{
	struct ethtool_channels channels;
	int queue_cnt = sl_nic_rx_queues(iface);
	int error;

	if (queue_cnt <= before_cnt)
		return 0;
	error = read_channels(iface, &channels);
	if (error < 0)
		return error;
	sl_error(
	    "interface \"%s\": with XDP its driver receives on %d queues instead of %d, and to "
	    "those it added no socket may be bound; it adds none when all are in use: "
	    "`ethtool -L %s combined %u`",
	    iface, queue_cnt, before_cnt, iface, channels.max_combined);
	return -EINVAL;
}
