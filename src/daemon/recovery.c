/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/recovery.h"

#include <errno.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/minmax.h"
#include "daemon/link_report.h"
#include "daemon/server.h"

void sl_recovery_open(struct sl_server *server)
{
	sl_link_watch_open(&server->link, server->options->iface, server->listeners,
			   server->listener_cnt);
	server->link_start = server->link.now;
	server->served_ifindex = server->link.now.ifindex;
}

static void tell_mtu(struct sl_server *server)
{
	uint32_t mtu_bytes =
	    min_u32(max_u32(server->link.now.mtu_bytes, SL_MTU_MIN), server->mtu_bytes);

	for (uint32_t idx = 0; idx < server->worker_cnt; idx++)
		sl_worker_set_mtu(server->workers[idx], mtu_bytes);
}

/* As at the start: attach, then bind, then let packets in. */
static int replug(struct sl_server *server)
{
	const struct sl_link *now = &server->link.now;
	int error;

	if (now->queue_cnt < server->worker_cnt) {
		sl_error("interface %s has come back with %u queues, and there are %u workers",
			 now->name, now->queue_cnt, server->worker_cnt);
		return -EINVAL;
	}
	error = sl_steer_reattach(server->steer, server->options->iface);
	for (uint32_t idx = 0; error == 0 && idx < server->worker_cnt; idx++) {
		error = sl_worker_replug(server->workers[idx]);
		if (error == 0)
			error = sl_steer_add_socket(server->steer, idx,
						    sl_worker_socket(server->workers[idx]));
	}
	return error;
}

/* An interface that is down may not take a program; it is waited for. */
static int go_on(struct sl_server *server)
{
	int error;

	if (!server->link.now.ifindex || !server->link.now.up)
		return 0;
	error = replug(server);
	if (error < 0) {
		sl_error("interface %s cannot be served again by this process",
			 server->options->iface);
		return error;
	}
	server->served_ifindex = server->link.now.ifindex;
	sl_info("interface %s is served again; connections that have lived until now go on",
		server->options->iface);
	return 0;
}

static void report(struct sl_server *server, const struct sl_link *before)
{
	sl_link_report(&server->link_start, before, &server->link.now, server->listeners,
		       server->listener_cnt);
	if (server->link.now.mtu_bytes != before->mtu_bytes)
		tell_mtu(server);
}

int sl_recovery_run(struct sl_server *server)
{
	struct sl_link before = server->link.now;

	if (server->link.ask_fd < 0)
		return 0;
	sl_link_watch_run(&server->link, sl_clock_now_ns());
	sl_link_report_presence(&before, &server->link.now);
	if (server->link.now.ifindex != server->served_ifindex) {
		int error = go_on(server);

		if (server->link.now.ifindex != server->served_ifindex)
			return error;
		before = server->link_start;
	}
	report(server, &before);
	return 0;
}
