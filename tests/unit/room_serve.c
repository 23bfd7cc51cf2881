/* SPDX-License-Identifier: BSD-2-Clause */
#include "room_serve.h"
#include "suites.h"

const struct sl_suite sl_suites[] = {
	{ "answer", suite_answer },
	{ "block", suite_block },
	{ "budget", suite_budget },
	{ "capacity", suite_capacity },
	{ "credentials", suite_credentials },
	{ "fifo", suite_fifo },
	{ "fresh", suite_fresh },
	{ "handshakes", suite_handshakes },
	{ "inbox", suite_inbox },
	{ "mailbox", suite_mailbox },
	{ "poll", suite_poll },
	{ "record_layer", suite_record_layer },
	{ "snapshot", suite_snapshot },
	{ "stored", suite_stored },
	{ "watchdog", suite_watchdog },
	{ "worker", suite_worker },
	{ NULL, NULL },
};
