/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_tcp.h"
#include "suites.h"

const struct sl_suite sl_suites[] = {
	{ "tcp", suite_tcp },
	{ "ack", suite_tcp_ack },
	{ "cc_cubic", suite_tcp_cc_cubic },
	{ "close", suite_tcp_close },
	{ "control", suite_tcp_control },
	{ "ecn", suite_tcp_ecn },
	{ "cookie", suite_tcp_cookie },
	{ "handshake", suite_tcp_handshake },
	{ "input", suite_tcp_input },
	{ "isn", suite_tcp_isn },
	{ "newreno", suite_tcp_newreno },
	{ "output", suite_tcp_output },
	{ "pacing", suite_tcp_pacing },
	{ "pipe", suite_tcp_pipe },
	{ "rack", suite_tcp_rack },
	{ "rate", suite_tcp_rate },
	{ "ready", suite_tcp_ready },
	{ "receive", suite_tcp_receive },
	{ "recovery", suite_tcp_recovery },
	{ "rto", suite_tcp_rto },
	{ "rtt", suite_tcp_rtt },
	{ "sack", suite_tcp_sack },
	{ "sent", suite_tcp_sent },
	{ "sent_list", suite_tcp_sent_list },
	{ "table", suite_tcp_table },
	{ "time_wait", suite_tcp_time_wait },
	{ "timers", suite_tcp_timers },
	{ NULL, NULL },
};
