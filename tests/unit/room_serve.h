/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SL_TESTS_UNIT_ROOM_SERVE_H
#define SL_TESTS_UNIT_ROOM_SERVE_H

#include <check.h>

Suite *suite_answer(void);
Suite *suite_block(void);
Suite *suite_budget(void);
Suite *suite_capacity(void);
Suite *suite_credentials(void);
Suite *suite_fifo(void);
Suite *suite_fresh(void);
Suite *suite_handshakes(void);
Suite *suite_inbox(void);
Suite *suite_mailbox(void);
Suite *suite_poll(void);
Suite *suite_record_layer(void);
Suite *suite_snapshot(void);
Suite *suite_stored(void);
Suite *suite_watchdog(void);
Suite *suite_worker(void);

#endif
