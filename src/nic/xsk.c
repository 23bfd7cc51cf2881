/* SPDX-License-Identifier: BSD-2-Clause */
#include "nic/xsk.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "nic/compat.h"
#include "nic/interface.h"
#include "nic/steer.h"

enum {
	/* The kernel takes the queue from a closed socket in a work queue, after an RCU grace
	 * period: some ten milliseconds, more when it is loaded. */
	BUSY_TRY_MS = 20,
	BUSY_TRIES_MAX = 50, /* a second */

	/* Any time but 0 switches busy polling on; a non-blocking call polls once whatever it is.
	 * The budget is that of one NAPI poll, so one call does no more than one softirq would. */
	BUSY_POLL_US = 20,
	BUSY_POLL_BUDGET = 64,
};

static int option(const struct sl_xsk *xsk, int level, int name, int value)
{
	return setsockopt(xsk->fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int map_ring(const struct sl_xsk *xsk, struct sl_ring *ring,
		    const struct xdp_ring_offset *offset, uint32_t size_cnt, size_t entry_bytes,
		    uint64_t page_off)
{
	size_t map_bytes = offset->desc + size_cnt * entry_bytes;
	char *map = mmap(NULL, map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			 xsk->fd, (off_t)page_off);

	if (map == MAP_FAILED)
		return -errno;
	*ring = (struct sl_ring){
		.producer = (uint32_t *)(map + offset->producer),
		.consumer = (uint32_t *)(map + offset->consumer),
		.flags = (uint32_t *)(map + offset->flags),
		.entries = map + offset->desc,
		.size_cnt = size_cnt,
		.map = map,
		.map_bytes = map_bytes,
	};
	return 0;
}

static void unmap_ring(struct sl_ring *ring)
{
	if (ring->map)
		munmap(ring->map, ring->map_bytes);
}

static int map_rings(struct sl_xsk *xsk, uint32_t fill_cnt, uint32_t tx_cnt)
{
	struct xdp_mmap_offsets offsets;
	socklen_t len_bytes = sizeof(offsets);
	int error;

	if (getsockopt(xsk->fd, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &len_bytes) < 0)
		return -errno;
	error = map_ring(xsk, &xsk->fill.ring, &offsets.fr, fill_cnt, sizeof(uint64_t),
			 XDP_UMEM_PGOFF_FILL_RING);
	if (error == 0)
		error = map_ring(xsk, &xsk->completion.ring, &offsets.cr, tx_cnt, sizeof(uint64_t),
				 XDP_UMEM_PGOFF_COMPLETION_RING);
	if (error == 0)
		error = map_ring(xsk, &xsk->rx.ring, &offsets.rx, fill_cnt, sizeof(struct xdp_desc),
				 XDP_PGOFF_RX_RING);
	if (error == 0)
		error = map_ring(xsk, &xsk->tx.ring, &offsets.tx, tx_cnt, sizeof(struct xdp_desc),
				 XDP_PGOFF_TX_RING);
	return error;
}

static int make_rings(struct sl_xsk *xsk, uint32_t fill_cnt, uint32_t tx_cnt)
{
	int error = option(xsk, SOL_XDP, XDP_UMEM_FILL_RING, (int)fill_cnt);

	if (error == 0)
		error = option(xsk, SOL_XDP, XDP_UMEM_COMPLETION_RING, (int)tx_cnt);
	if (error == 0)
		error = option(xsk, SOL_XDP, XDP_RX_RING, (int)fill_cnt);
	if (error == 0)
		error = option(xsk, SOL_XDP, XDP_TX_RING, (int)tx_cnt);
	if (error == 0)
		error = map_rings(xsk, fill_cnt, tx_cnt);
	return error;
}

int sl_xsk_register(struct sl_xsk *xsk, const struct sl_nic_config *config, void *umem)
{
	struct xdp_umem_reg reg;

	/* Newer kernels read a field where ours has padding: it must be zero, too. */
	memset(&reg, 0, sizeof(reg));
	reg.addr = (uintptr_t)umem;
	reg.len = (uint64_t)config->frame_cnt * config->chunk_bytes;
	reg.chunk_size = config->chunk_bytes;
	if (setsockopt(xsk->fd, SOL_XDP, XDP_UMEM_REG, &reg, sizeof(reg)) < 0)
		return -errno;
	xsk->registered = true;
	return 0;
}

/* The UMEM is pinned and counts as locked memory, unless CAP_IPC_LOCK is there. Whether the limit
 * may be raised shows when the UMEM is registered. */
static void raise_memlock(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		return;
	if (setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY }) == 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_MEMLOCK, &limit);
}

/*
 * What only copy mode uses; the kernel takes it in either.
 *
 * A sent packet is charged to the send buffer until its receiver is done with it, and the kernel's
 * default is spent after some ninety. The kernel doubles the number given here, and charges a
 * packet with less than two chunks.
 *
 * One call sends 32 packets, or as many as kernels since 6.17 let us say.
 */
static void prepare_copy_mode(struct sl_xsk *xsk, const struct sl_nic_config *config)
{
	int buffer_bytes = (int)(config->tx_cnt * config->chunk_bytes);

	if (option(xsk, SOL_SOCKET, SO_SNDBUFFORCE, buffer_bytes) < 0)
		option(xsk, SOL_SOCKET, SO_SNDBUF, buffer_bytes);
	xsk->budget_granted = option(xsk, SOL_XDP, XDP_MAX_TX_SKB_BUDGET, (int)config->tx_cnt) == 0;
}

static bool wants_busy_poll(const struct sl_nic_config *config)
{
	switch (config->polling) {
	case SL_NIC_POLL_NEVER:
		break;
	case SL_NIC_POLL_IF_DEFERRED:
		return sl_nic_defers_interrupts(config->iface);
	case SL_NIC_POLL_ALWAYS:
		return true;
	}
	return false;
}

static bool prefer_busy_poll(struct sl_xsk *xsk)
{
	return option(xsk, SOL_SOCKET, SO_PREFER_BUSY_POLL, 1) == 0 &&
	       option(xsk, SOL_SOCKET, SO_BUSY_POLL, BUSY_POLL_US) == 0 &&
	       option(xsk, SOL_SOCKET, SO_BUSY_POLL_BUDGET, BUSY_POLL_BUDGET) == 0;
}

static void explain_umem(const struct sl_nic_config *config, int error)
{
	uint64_t kib = (uint64_t)config->frame_cnt * config->chunk_bytes / 1024;

	if (error == -ENOBUFS)
		sl_error(
		    "interface \"%s\" queue %u: cannot pin %llu KiB of packet buffers: more "
		    "than RLIMIT_MEMLOCK; raise it (`ulimit -l`, or LimitMEMLOCK= in the unit)",
		    config->iface, config->queue, (unsigned long long)kib);
	else
		sl_error("interface \"%s\" queue %u: cannot register %llu KiB of packet buffers "
			 "(XDP_UMEM_REG): %s",
			 config->iface, config->queue, (unsigned long long)kib, strerror(-error));
}

static void explain_socket(const struct sl_nic_config *config, int error)
{
	if (error == -EPERM)
		sl_error("cannot open an AF_XDP socket: %s; run as root or with CAP_NET_RAW",
			 strerror(-error));
	else if (error == -EAFNOSUPPORT)
		sl_error("cannot open an AF_XDP socket: the kernel has none (CONFIG_XDP_SOCKETS)");
	else
		sl_error("interface \"%s\" queue %u: cannot open an AF_XDP socket: %s",
			 config->iface, config->queue, strerror(-error));
}

/* The kernel looks at the flags first, and at the interface, of which there is none, only then. */
bool sl_xsk_takes_long_packets(void)
{
	struct sockaddr_xdp nowhere = { .sxdp_family = AF_XDP, .sxdp_flags = XDP_USE_SG };
	int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	bool refused;

	if (fd < 0)
		return true;
	refused = bind(fd, (struct sockaddr *)&nowhere, sizeof(nowhere)) < 0 && errno == EINVAL;
	close(fd);
	return !refused;
}

int sl_xsk_make(struct sl_xsk *xsk, const struct sl_nic_config *config)
{
	int error;

	memset(xsk, 0, sizeof(*xsk));
	xsk->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (xsk->fd < 0) {
		error = -errno;
		explain_socket(config, error);
		return error;
	}
	xsk->busy_poll = wants_busy_poll(config) && prefer_busy_poll(xsk);
	xsk->long_packets = config->long_packets;
	return 0;
}

int sl_xsk_open(struct sl_xsk *xsk, const struct sl_nic_config *config, void *umem)
{
	int error;

	raise_memlock();
	error = xsk->registered ? 0 : sl_xsk_register(xsk, config, umem);
	if (error < 0) {
		explain_umem(config, error);
		goto fail;
	}
	error = make_rings(xsk, config->fill_cnt, config->tx_cnt);
	if (error < 0) {
		explain_socket(config, error);
		goto fail;
	}
	prepare_copy_mode(xsk, config);
	return 0;

fail:
	sl_xsk_close(xsk);
	return error == -ENOBUFS ? -ENOMEM : error;
}

static int bind_once(const struct sl_xsk *xsk, uint32_t queue, int ifindex, uint16_t mode)
{
	struct sockaddr_xdp address = {
		.sxdp_family = AF_XDP,
		.sxdp_flags = XDP_USE_NEED_WAKEUP | (xsk->long_packets ? XDP_USE_SG : 0) | mode,
		.sxdp_ifindex = (uint32_t)ifindex,
		.sxdp_queue_id = queue,
	};

	return bind(xsk->fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

static int bind_patiently(const struct sl_xsk *xsk, uint32_t queue, int ifindex, uint16_t mode)
{
	struct timespec pause = { .tv_nsec = BUSY_TRY_MS * 1000000L };
	int error = bind_once(xsk, queue, ifindex, mode);

	for (int i = 0; error == -EBUSY && i < BUSY_TRIES_MAX; i++) {
		nanosleep(&pause, NULL);
		error = bind_once(xsk, queue, ifindex, mode);
	}
	return error;
}

static void explain_bind(const struct sl_nic_config *config, int error)
{
	int queue_cnt = sl_steer_queues(config->iface);

	if (error == -EBUSY)
		sl_error("interface \"%s\" queue %u is taken by another AF_XDP socket; is Sluice "
			 "running already? `bpftool net` shows what is attached",
			 config->iface, config->queue);
	else if (error == -EINVAL && queue_cnt >= 0 && config->queue >= (uint32_t)queue_cnt)
		sl_error("interface \"%s\" has no queue %u: it has %d (`ethtool -l %s`)",
			 config->iface, config->queue, queue_cnt, config->iface);
	else
		sl_error("interface \"%s\" queue %u: cannot bind the AF_XDP socket: %s",
			 config->iface, config->queue, strerror(-error));
}

int sl_xsk_bind(struct sl_xsk *xsk, const struct sl_nic_config *config, int ifindex)
{
	int error = -EOPNOTSUPP;

	if (!config->copy_only)
		error = bind_patiently(xsk, config->queue, ifindex, XDP_ZEROCOPY);
	xsk->zero_copy = error == 0;
	if (error < 0 && error != -EBUSY) {
		sl_debug("interface \"%s\" queue %u: no zero-copy: %s", config->iface,
			 config->queue, strerror(-error));
		error = bind_patiently(xsk, config->queue, ifindex, XDP_COPY);
	}
	if (error < 0)
		explain_bind(config, error);
	return error;
}

void sl_xsk_close(struct sl_xsk *xsk)
{
	unmap_ring(&xsk->fill.ring);
	unmap_ring(&xsk->completion.ring);
	unmap_ring(&xsk->rx.ring);
	unmap_ring(&xsk->tx.ring);
	close(xsk->fd);
	memset(xsk, 0, sizeof(*xsk));
	xsk->fd = -1;
}
