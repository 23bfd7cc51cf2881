/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/link.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "nic/steer.h"

#define LOOK_NS SL_NS_PER_S

_Static_assert((int)SL_LISTENERS_MAX <= 64, "missing_mask has a bit for every listener");

/* ---- looking ---- */

static bool ask(const struct sl_link_watch *watch, const char *name, unsigned long request,
		struct ifreq *ifreq)
{
	memcpy(ifreq->ifr_name, name, strnlen(name, IF_NAMESIZE - 1) + 1);
	return ioctl(watch->ask_fd, request, ifreq) == 0;
}

/* By the name it was given; or, if that is nobody's, by the index it had: it was renamed. */
static void find(const struct sl_link_watch *watch, struct sl_link *link)
{
	struct ifreq ifreq = { 0 };

	snprintf(link->name, sizeof(link->name), "%s", watch->iface);
	if (ask(watch, watch->iface, SIOCGIFINDEX, &ifreq))
		link->ifindex = (unsigned int)ifreq.ifr_ifindex;
	else if (watch->now.ifindex && if_indextoname(watch->now.ifindex, link->name))
		link->ifindex = watch->now.ifindex;
}

static struct sl_link look(const struct sl_link_watch *watch)
{
	struct sl_link link = { 0 };
	struct ifreq ifreq = { 0 };
	int queue_cnt;

	find(watch, &link);
	if (!link.ifindex)
		return link;
	if (ask(watch, link.name, SIOCGIFFLAGS, &ifreq)) {
		link.up = ifreq.ifr_flags & IFF_UP;
		link.carrier = link.up && ifreq.ifr_flags & IFF_RUNNING;
	}
	if (ask(watch, link.name, SIOCGIFMTU, &ifreq))
		link.mtu_bytes = (uint32_t)ifreq.ifr_mtu;
	queue_cnt = sl_steer_queues(link.name);
	link.queue_cnt = queue_cnt > 0 ? (uint32_t)queue_cnt : watch->now.queue_cnt;
	link.missing_mask = sl_steer_missing(link.name, watch->listeners, watch->listener_cnt);
	return link;
}

/* ---- listening ---- */

static int open_netlink(void)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	sl_warning("interface changes are noticed a second late: no netlink socket: %s",
		   strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* True if there was something. An overflow (ENOBUFS) is something, too. */
static bool hears(int fd)
{
	char ignored[64];
	bool any = false;

	while (recv(fd, ignored, sizeof(ignored), MSG_TRUNC) >= 0 || errno == ENOBUFS)
		any = true;
	return any;
}

int sl_link_watch_open(struct sl_link_watch *watch, const char *iface,
		       const struct sl_listener *listeners, uint32_t listener_cnt)
{
	*watch = (struct sl_link_watch){
		.netlink_fd = -1,
		.ask_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0),
		.iface = iface,
		.listeners = listeners,
		.listener_cnt = listener_cnt,
	};
	if (watch->ask_fd < 0) {
		int error = -errno;

		sl_error("interface %s cannot be watched: %s", iface, strerror(-error));
		return error;
	}
	watch->netlink_fd = open_netlink();
	watch->now = look(watch);
	watch->looked_ns = sl_clock_now_ns();
	return 0;
}

void sl_link_watch_close(struct sl_link_watch *watch)
{
	if (watch->netlink_fd >= 0)
		close(watch->netlink_fd);
	if (watch->ask_fd >= 0)
		close(watch->ask_fd);
	watch->netlink_fd = watch->ask_fd = -1;
}

int sl_link_watch_fd(const struct sl_link_watch *watch)
{
	return watch->netlink_fd;
}

void sl_link_watch_run(struct sl_link_watch *watch, uint64_t now_ns)
{
	bool heard = watch->netlink_fd >= 0 && hears(watch->netlink_fd);

	if (!heard && now_ns - watch->looked_ns < LOOK_NS)
		return;
	watch->looked_ns = now_ns;
	watch->now = look(watch);
}
