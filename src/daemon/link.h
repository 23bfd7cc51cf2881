/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Link: the interface as it is now, and word from the kernel (rtnetlink) when something may have
 * changed. What a message says is not read: it only means that it is time to look, so nothing is
 * missed when messages are lost, and what comes and goes between two looks never was. Main thread
 * only; no privileges.
 */
#ifndef SL_DAEMON_LINK_H
#define SL_DAEMON_LINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"

struct sl_link {
	char name[IF_NAMESIZE]; /* another one after a renaming */
	unsigned int ifindex;   /* 0: there is no such interface; then nothing below counts */
	bool up;                /* set up by the administrator */
	bool carrier;           /* and connected */
	uint32_t mtu_bytes, queue_cnt;
	uint64_t missing_mask; /* a bit a listener: its address is not the interface's */
};

struct sl_link_watch {
	int netlink_fd, ask_fd;
	const char *iface;
	const struct sl_listener *listeners; /* expanded */
	uint32_t listener_cnt;
	struct sl_link now;
	uint64_t looked_ns;
};

/* Looks for the first time. Arguments outlive the watch. Errors, with a line in the log: -errno of
 * socket(2); then it can be run and closed, but looks only now and then (netlink), or never. */
int sl_link_watch_open(struct sl_link_watch *watch, const char *iface,
		       const struct sl_listener *listeners, uint32_t listener_cnt);
void sl_link_watch_close(struct sl_link_watch *watch);

/* To poll for reading, or -1. */
int sl_link_watch_fd(const struct sl_link_watch *watch);

/* Looks again if the kernel has said something, or a second has passed: the number of queues is
 * changed without a word. */
void sl_link_watch_run(struct sl_link_watch *watch, uint64_t now_ns);

#endif
