/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include <check.h>

#include "base/limits.h"
#include "room_serve.h"
#include "serve/capacity.h"
#include "serve/outbox.h"
#include "serve/read.h"
#include "tcp/tcp.h"
#include "tls/aead.h"

static const uint32_t conns[] = { 64, SL_CONNS_DEFAULT, 100000, SL_CONNS_MAX };

/* The pools of a worker without connections: what one more connection adds is what counts. */
static uint64_t pools_bytes(uint32_t conns_max)
{
	struct sl_capacity capacity = sl_capacity_of(conns_max);

	return (uint64_t)capacity.inbox_cnt * SL_INBOX_SMALL_BYTES +
	       (uint64_t)capacity.inbox_large_cnt * SL_INBOX_BYTES +
	       (uint64_t)capacity.chunk_cnt * SL_CHUNK_BYTES +
	       capacity.node_cnt * sizeof(struct sl_outbox_node) +
	       capacity.record_cnt * sizeof(struct sl_record) +
	       capacity.read_cnt * sizeof(struct sl_read);
}

START_TEST(an_idle_connection_takes_a_kib_and_its_key_table)
{
	ck_assert_uint_le(sl_capacity_own_bytes(1, 0), SL_CONN_OWN_BYTES);
	ck_assert_uint_eq(sl_capacity_own_bytes(1, 1024), sl_capacity_own_bytes(1, 0) + 1024);
	ck_assert_uint_eq(sl_capacity_own_bytes(SL_CONNS_MAX, 1024),
			  SL_CONNS_MAX * sl_capacity_own_bytes(1, 1024));
}
END_TEST

START_TEST(all_in_all_four_kib)
{
	uint64_t own_bytes = sl_capacity_own_bytes(conns[_i], SL_AEAD_TABLE_MAX_BYTES);
	uint64_t serve_bytes = pools_bytes(conns[_i]) - pools_bytes(0);
	uint64_t each_bytes = (own_bytes + serve_bytes) / conns[_i] + SL_TCP_POOLED_BYTES;

	printf("serve: %u connections: each %u bytes, %u with its key table, %u with its share of "
	       "pools\n",
	       conns[_i], (unsigned)sl_capacity_own_bytes(1, 0), (unsigned)(own_bytes / conns[_i]),
	       (unsigned)each_bytes);
	ck_assert_uint_le(each_bytes, SL_CONN_ALL_BYTES);
}
END_TEST

START_TEST(every_pool_has_something_for_a_single_connection)
{
	struct sl_capacity capacity = sl_capacity_of(1);

	ck_assert_uint_gt(capacity.inbox_cnt, 1);
	ck_assert_uint_gt(capacity.inbox_large_cnt, 1);
	ck_assert_uint_gt(capacity.chunk_cnt, 4);
	ck_assert_uint_gt(capacity.node_cnt, capacity.chunk_cnt);
	ck_assert_uint_ge(capacity.read_cnt, 1024);   /* as many as there may be disk buffers */
	ck_assert_uint_gt(capacity.record_cnt, 4096); /* 64 MiB in records of 16 KiB */
}
END_TEST

Suite *suite_capacity(void)
{
	Suite *suite = suite_create("capacity");
	TCase *tcase = tcase_create("capacity");

	tcase_add_test(tcase, an_idle_connection_takes_a_kib_and_its_key_table);
	tcase_add_loop_test(tcase, all_in_all_four_kib, 0, sizeof(conns) / sizeof(conns[0]));
	tcase_add_test(tcase, every_pool_has_something_for_a_single_connection);
	suite_add_tcase(suite, tcase);
	return suite;
}
