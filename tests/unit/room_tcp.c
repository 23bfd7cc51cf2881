/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_tcp.h"
#include "suites.h"

const struct sl_suite sl_suites[] = {
	{ "ack", suite_tcp_ack },
	{ "cc_cubic", suite_tcp_cc_cubic },
	{ "handshake", suite_tcp_handshake },
	{ "input", suite_tcp_input },
	{ "isn", suite_tcp_isn },
	{ "newreno", suite_tcp_newreno },
	{ "rack", suite_tcp_rack },
	{ "recovery", suite_tcp_recovery },
	{ "rto", suite_tcp_rto },
	{ "rtt", suite_tcp_rtt },
	{ "sack", suite_tcp_sack },
	{ "sent", suite_tcp_sent },
	{ "table", suite_tcp_table },
	{ NULL, NULL },
};
