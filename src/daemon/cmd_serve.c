/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/cmd.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/notify.h"
#include "daemon/privileges.h"
#include "daemon/serve_options.h"
#include "daemon/server.h"
#include "daemon/signals.h"

enum ending {
	ENDING_DRAINED,
	ENDING_AT_ONCE, /* asked a second time, while workers still run */
	ENDING_BROKEN,  /* nothing can be served any more, by this process */
};

static void told(int error, const char *what)
{
	if (error < 0)
		sl_warning("the service manager was not told that we are %s: %s", what,
			   strerror(-error));
}

static void notify_ready(const struct sl_server *server)
{
	char status[256];

	snprintf(status, sizeof(status), "Serving %s on %s, %u worker%s",
		 sl_options_what(server->options), server->options->iface, server->worker_cnt,
		 server->worker_cnt == 1 ? "" : "s");
	told(sl_notify_ready(status), "ready");
}

static void drain(struct sl_server *server, const char *signal_name)
{
	uint64_t drain_ns = server->options->drain_ns;

	sl_info("%s: letting responses finish, for %llu seconds at most; once more ends at once",
		signal_name, (unsigned long long)(drain_ns / SL_NS_PER_S));
	told(sl_notify_stopping(drain_ns), "stopping");
	sl_server_drain(server);
}

/* The time until due_ns if that is sooner; -1 is for ever. */
static int sooner_ms(int timeout_ms, uint64_t due_ns, uint64_t now_ns)
{
	uint64_t left_ms;

	if (due_ns == UINT64_MAX)
		return timeout_ms;
	left_ms = due_ns > now_ns ? (due_ns - now_ns + SL_NS_PER_MS - 1) / SL_NS_PER_MS : 0;
	if (timeout_ms >= 0 && (uint64_t)timeout_ms <= left_ms)
		return timeout_ms;
	return left_ms < INT_MAX ? (int)left_ms : INT_MAX;
}

/* Until a signal, the end of a worker, or somebody who asks something, who is answered; or until
 * certificates change, which are read; or the interface. Errors: those of sl_server_watch. */
static int wait_and_answer(struct sl_server *server, int signal_fd)
{
	enum { OWN_FDS = 4 };
	struct pollfd fds[OWN_FDS + SL_CONTROL_FDS] = {
		{ .fd = signal_fd, .events = POLLIN },
		{ .fd = server->threads.ended_fd, .events = POLLIN },
		{ .fd = sl_renewal_fd(&server->renewal), .events = POLLIN },
		{ .fd = sl_link_watch_fd(&server->link), .events = POLLIN },
	};
	uint64_t now_ns = sl_clock_now_ns();
	int timeout_ms = sl_control_fds(&server->control, fds + OWN_FDS, now_ns);

	timeout_ms = sooner_ms(timeout_ms, sl_renewal_due_ns(&server->renewal), now_ns);
	if (timeout_ms < 0 || timeout_ms > SL_WATCHDOG_EVERY_MS)
		timeout_ms = SL_WATCHDOG_EVERY_MS;
	poll(fds, OWN_FDS + SL_CONTROL_FDS, timeout_ms);
	sl_control_run(&server->control, sl_clock_now_ns());
	sl_renewal_run(&server->renewal, sl_clock_now_ns());
	return sl_server_watch(server);
}

static void hang_up(struct sl_server *server)
{
	if (!server->credentials) {
		sl_info(
		    "SIGHUP: there are no certificates to read again; for other options restart");
		return;
	}
	sl_info("SIGHUP: reading certificates and ticket keys again");
	sl_renewal_now(&server->renewal, sl_clock_now_ns());
}

static enum ending wait_for_end(struct sl_server *server, int signal_fd)
{
	bool draining = false;

	while (!sl_threads_ended(&server->threads)) {
		int number = sl_signals_next(signal_fd);

		if (number == SIGHUP)
			hang_up(server);
		else if (number != 0 && draining)
			return ENDING_AT_ONCE;
		else if (number != 0)
			drain(server, number == SIGTERM ? "SIGTERM" : "SIGINT");
		draining = draining || (number != 0 && number != SIGHUP);
		if (number == 0 && wait_and_answer(server, signal_fd) < 0)
			return ENDING_BROKEN;
	}
	return ENDING_DRAINED;
}

static int check(const struct sl_options *options)
{
	static struct sl_server server;

	if (sl_server_check(&server, options) < 0)
		return SL_EXIT_FAILURE;
	sl_info("all of this can be served");
	return SL_EXIT_OK;
}

static int serve(const struct sl_options *options, int signal_fd)
{
	static struct sl_server server;

	enum ending ending;

	sl_privileges_raise_limits();
	if (sl_server_open(&server, options) < 0)
		return SL_EXIT_FAILURE;
	notify_ready(&server);
	ending = wait_for_end(&server, signal_fd);
	if (ending != ENDING_DRAINED) {
		if (ending == ENDING_AT_ONCE)
			sl_warning("asked again: ending at once, responses are cut off");
		else
			sl_error("ending, so that the service manager starts anew");
		sl_server_abandon(&server);
		/* Not exit: its handlers would free what workers still use. */
		_exit(SL_EXIT_FAILURE);
	}
	sl_server_close(&server);
	sl_info("ended");
	return SL_EXIT_OK;
}

int sl_cmd_serve(int argc, char **argv)
{
	static struct sl_options options;
	char problem[SL_PROBLEM_BYTES];
	int signal_fd, code;

	switch (sl_options_parse(&options, argc, argv, problem)) {
	case SL_OPTIONS_SERVE:
		break;
	case SL_OPTIONS_HELP:
		fputs(sl_options_help, stdout);
		return SL_EXIT_OK;
	case SL_OPTIONS_UNUSABLE:
		sl_error("%s", problem);
		return SL_EXIT_FAILURE;
	case SL_OPTIONS_USAGE:
		sl_error("%s", problem);
		return SL_EXIT_USAGE;
	}
	if (options.verbose)
		sl_log_level(SL_LOG_DEBUG);
	if (sl_worker_process_init() < 0) {
		sl_error("OpenSSL was used before Sluice could give it memory: a module that is "
			 "loaded into every program does that (LD_PRELOAD)?");
		return SL_EXIT_FAILURE;
	}
	if (options.check)
		return check(&options);
	signal_fd = sl_signals_open();
	if (signal_fd < 0)
		return SL_EXIT_FAILURE;
	code = serve(&options, signal_fd);
	sl_signals_close(signal_fd);
	return code;
}
