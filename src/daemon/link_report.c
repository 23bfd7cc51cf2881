/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/link_report.h"

#include <string.h>

#include "base/log.h"

static void report_state(const struct sl_link *before, const struct sl_link *now)
{
	if (before->up && !now->up)
		sl_warning(
		    "interface %s was set down: nothing comes or goes until it is up: ip link "
		    "set dev %s up",
		    now->name, now->name);
	else if (before->carrier && !now->carrier && now->up)
		sl_warning("interface %s has lost its link: cable, switch or peer", now->name);
	else if (!before->carrier && now->carrier)
		sl_info("interface %s: the link is up again, with all sockets and connections",
			now->name);
}

static void report_name(const struct sl_link *before, const struct sl_link *now)
{
	if (strcmp(before->name, now->name) != 0)
		sl_warning(
		    "interface %s is called %s now; it is served as before, under its old name "
		    "in log and statistics",
		    before->name, now->name);
}

/* Frames have their size, and so has TCP's idea of the most a segment holds. */
static void report_mtu(const struct sl_link *start, const struct sl_link *before,
		       const struct sl_link *now)
{
	if (now->mtu_bytes == before->mtu_bytes)
		return;
	if (now->mtu_bytes > start->mtu_bytes)
		sl_info("interface %s: the MTU is %u now; packets stay within %u, as at the start: "
			"restart to use more",
			now->name, now->mtu_bytes, start->mtu_bytes);
	else if (now->mtu_bytes == start->mtu_bytes)
		sl_info("interface %s: the MTU is %u again", now->name, now->mtu_bytes);
	else
		sl_warning("interface %s: the MTU is %u now, and was %u at the start: connections "
			   "that open from now on keep to it, others when packets get lost or a "
			   "router says so",
			   now->name, now->mtu_bytes, start->mtu_bytes);
}

/* A flow goes to the queue that the NIC's hash says. The kernel does not take queues away that have
 * a socket, but it adds some. */
static void report_queues(const struct sl_link *start, const struct sl_link *before,
			  const struct sl_link *now)
{
	if (now->queue_cnt == before->queue_cnt)
		return;
	if (now->queue_cnt == start->queue_cnt)
		sl_info("interface %s has %u receive queue%s again", now->name, now->queue_cnt,
			now->queue_cnt == 1 ? "" : "s");
	else if (now->queue_cnt > start->queue_cnt)
		sl_error("interface %s has %u receive queues now, and workers for %u: connections "
			 "that come in at the others are refused by the kernel, open ones reset: "
			 "ethtool -L %s combined %u, or restart",
			 now->name, now->queue_cnt, start->queue_cnt, now->name, start->queue_cnt);
	else
		sl_error(
		    "interface %s has %u receive queue%s now, and %u workers: some have nothing "
		    "to do: restart",
		    now->name, now->queue_cnt, now->queue_cnt == 1 ? "" : "s", start->queue_cnt);
}

/* The kernel answers ARP and neighbour solicitations, for addresses that it has. */
static void report_addresses(const struct sl_link *before, const struct sl_link *now,
			     const struct sl_listener *listeners, uint32_t listener_cnt)
{
	uint64_t changed = before->missing_mask ^ now->missing_mask;
	char text[SL_ADDRESS_TEXT_BYTES];

	for (uint32_t idx = 0; idx < listener_cnt; idx++) {
		if (!(changed >> idx & 1))
			continue;
		sl_listener_format(&listeners[idx], text);
		if (now->missing_mask >> idx & 1)
			sl_warning(
			    "listener %s: interface %s no longer has this address, so nobody "
			    "finds the way to it: ip address add",
			    text, now->name);
		else
			sl_info("listener %s: interface %s has this address again", text,
				now->name);
	}
}

void sl_link_report_presence(const struct sl_link *before, const struct sl_link *now)
{
	if (before->ifindex && !now->ifindex)
		sl_error(
		    "interface %s is gone, and our sockets on it are dead; serving goes on when "
		    "there is one of this name again, and up",
		    before->name);
	else if (now->ifindex != before->ifindex)
		sl_info("interface %s: there is one again, %s", now->name, now->up ? "up" : "down");
}

void sl_link_report(const struct sl_link *start, const struct sl_link *before,
		    const struct sl_link *now, const struct sl_listener *listeners,
		    uint32_t listener_cnt)
{
	report_name(before, now);
	report_state(before, now);
	report_mtu(start, before, now);
	report_queues(start, before, now);
	report_addresses(before, now, listeners, listener_cnt);
}
