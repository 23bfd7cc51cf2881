/* SPDX-License-Identifier: BSD-2-Clause */
#include "nic/hearing.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "nic/bond.h"

enum { NEIGHBOURS_MAX = 4, ASK_MS = 200, LINE_BYTES = 256 };

struct question {
	const char *iface;
	struct sl_nic_link link;
	char owner[IF_NAMESIZE]; /* iface or its master: who has the addresses */
	int fd;
	struct in_addr own, neighbours[NEIGHBOURS_MAX];
	uint32_t neighbour_cnt;
	uint8_t mac[ETH_ALEN];
};

/* ---- whom to ask -------------------------------------------------------------------------------
 */

static void add(struct question *question, struct in_addr address)
{
	if (address.s_addr && question->neighbour_cnt < NEIGHBOURS_MAX)
		question->neighbours[question->neighbour_cnt++] = address;
}

/* Interface, destination and gateway in hexadecimal, as they lie in memory. */
static void add_gateways(struct question *question)
{
	FILE *file = fopen("/proc/net/route", "re");
	char line[LINE_BYTES], name[IF_NAMESIZE];
	unsigned int destination, gateway;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%15s %x %x", name, &destination, &gateway) == 3 &&
		    strcmp(name, question->owner) == 0)
			add(question, (struct in_addr){ gateway });
	if (file)
		fclose(file);
}

/* IP address, hardware type, flags (2: resolved), hardware address, mask, interface. */
static void add_known(struct question *question)
{
	FILE *file = fopen("/proc/net/arp", "re");
	char line[LINE_BYTES], text[INET_ADDRSTRLEN], name[IF_NAMESIZE];
	struct in_addr address;
	unsigned int flags;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%15s %*s %x %*s %*s %15s", text, &flags, name) == 3 &&
		    flags & ATF_COM && strcmp(name, question->owner) == 0 &&
		    inet_pton(AF_INET, text, &address) == 1)
			add(question, address);
	if (file)
		fclose(file);
}

static bool ioctl_of(const char *iface, unsigned long request, struct ifreq *ifreq)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool done;

	memset(ifreq, 0, sizeof(*ifreq));
	memcpy(ifreq->ifr_name, iface, strnlen(iface, IFNAMSIZ - 1));
	done = fd >= 0 && ioctl(fd, request, ifreq) == 0;
	if (fd >= 0)
		close(fd);
	return done;
}

static bool has_carrier(const char *iface)
{
	struct ifreq ifreq;

	return ioctl_of(iface, SIOCGIFFLAGS, &ifreq) && ifreq.ifr_flags & IFF_RUNNING;
}

static bool read_own(struct question *question)
{
	struct sockaddr_in address;
	struct ifreq ifreq;

	if (!ioctl_of(question->owner, SIOCGIFADDR, &ifreq))
		return false;
	memcpy(&address, &ifreq.ifr_addr, sizeof(address));
	question->own = address.sin_addr;
	if (!ioctl_of(question->iface, SIOCGIFHWADDR, &ifreq) ||
	    ifreq.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return false;
	memcpy(question->mac, ifreq.ifr_hwaddr.sa_data, sizeof(question->mac));
	return true;
}

/* ---- asking ------------------------------------------------------------------------------------
 */

static int open_socket(const char *iface)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ARP),
		.sll_ifindex = (int)if_nametoindex(iface),
	};
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static void ask(const struct question *question, struct in_addr neighbour)
{
	struct sockaddr_ll everybody = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ARP),
		.sll_ifindex = (int)if_nametoindex(question->iface),
		.sll_halen = ETH_ALEN,
		.sll_addr = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
	};
	struct ether_arp arp = {
		.ea_hdr = { .ar_hrd = htons(ARPHRD_ETHER),
			    .ar_pro = htons(ETH_P_IP),
			    .ar_hln = ETH_ALEN,
			    .ar_pln = sizeof(neighbour),
			    .ar_op = htons(ARPOP_REQUEST) },
	};

	memcpy(arp.arp_sha, question->mac, sizeof(arp.arp_sha));
	memcpy(arp.arp_spa, &question->own, sizeof(arp.arp_spa));
	memcpy(arp.arp_tpa, &neighbour, sizeof(arp.arp_tpa));
	/* What is not sent is not answered. */
	(void)sendto(question->fd, &arp, sizeof(arp), 0, (struct sockaddr *)&everybody,
		     sizeof(everybody));
}

static bool is_answer(const struct question *question, const struct ether_arp *arp)
{
	if (arp->ea_hdr.ar_op != htons(ARPOP_REPLY))
		return false;
	for (uint32_t i = 0; i < question->neighbour_cnt; i++)
		if (memcmp(arp->arp_spa, &question->neighbours[i], sizeof(arp->arp_spa)) == 0)
			return true;
	return false;
}

static bool hears(const struct question *question)
{
	struct ether_arp arp;
	ssize_t len_bytes;

	while ((len_bytes = recv(question->fd, &arp, sizeof(arp), 0)) >= 0)
		if (len_bytes == sizeof(arp) && is_answer(question, &arp))
			return true;
	return false;
}

static enum sl_hearing ask_on(const struct question *question, uint64_t timeout_ns)
{
	uint64_t until_ns = sl_clock_now_ns() + timeout_ns;
	bool asked = false;

	do {
		struct pollfd fd = { .fd = question->fd, .events = POLLIN };
		uint64_t next_ns = sl_clock_now_ns() + ASK_MS * SL_NS_PER_MS;

		if (has_carrier(question->iface)) {
			asked = true;
			for (uint32_t i = 0; i < question->neighbour_cnt; i++)
				ask(question, question->neighbours[i]);
		}
		for (uint64_t now_ns; (now_ns = sl_clock_now_ns()) < next_ns;) {
			poll(&fd, 1, (int)((next_ns - now_ns) / SL_NS_PER_MS) + 1);
			if (hears(question))
				return SL_HEARING_YES;
		}
	} while (sl_clock_now_ns() < until_ns);
	return asked ? SL_HEARING_NO : SL_HEARING_UNKNOWN;
}

enum sl_hearing sl_nic_hearing(const char *iface, uint64_t timeout_ns)
{
	struct question question = { .iface = iface };
	enum sl_hearing hearing;

	sl_nic_link(iface, &question.link);
	snprintf(question.owner, sizeof(question.owner), "%s",
		 question.link.master[0] ? question.link.master : iface);
	add_gateways(&question);
	if (question.neighbour_cnt == 0)
		add_known(&question);
	if (question.neighbour_cnt == 0 || !read_own(&question))
		return SL_HEARING_UNKNOWN;
	question.fd = open_socket(iface);
	if (question.fd < 0)
		return SL_HEARING_UNKNOWN;
	hearing = ask_on(&question, timeout_ns);
	close(question.fd);
	sl_debug("interface \"%s\": %s by ARP", iface,
		 hearing == SL_HEARING_YES ? "a neighbour answers" : "no neighbour answers");
	return hearing;
}
