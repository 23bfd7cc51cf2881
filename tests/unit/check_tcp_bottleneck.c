/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the algorithms make of a path: how much of it they use, how long a queue they keep, how they
 * share it. All from a seed, so the figures are the same each time; bounds leave some room for
 * changes that mean no harm.
 */
#include <stdio.h>

#include "room_tcp.h"
#include "tcp_bottleneck.h"

#define MS  SL_NS_PER_MS
#define S   SL_NS_PER_S
#define MBS UINT64_C(125000) /* bytes a second */

#define BBR   SL_CONGESTION_BBR
#define CUBIC SL_CONGESTION_CUBIC
#define RENO  SL_CONGESTION_NEWRENO

static struct bottleneck path;

static void begin(uint32_t mbs, uint32_t rtt_ms, uint32_t buffer_percent, uint32_t flow_cnt,
		  enum sl_congestion congestion)
{
	path = (struct bottleneck){ .rate = mbs * MBS, .flow_cnt = flow_cnt };
	path.buffer_bytes = (uint32_t)(path.rate / 1000 * rtt_ms / 100 * buffer_percent);
	for (uint32_t i = 0; i < flow_cnt; i++)
		path.flows[i] = (struct bottleneck_flow){ .congestion = congestion,
							  .rtt_ns = rtt_ms * MS + i * 137000,
							  .start_ns = i * 500 * MS };
}

static void run(uint64_t from_ns, uint64_t to_ns)
{
	bottleneck_begin(&path, 1);
	bottleneck_run(&path, from_ns);
	bottleneck_measure(&path);
	bottleneck_run(&path, to_ns - from_ns);
}

static void teardown(void)
{
	bottleneck_end(&path);
}

static const struct sl_bbr *bbr(void)
{
	return &path.flows[0].cc.bbr;
}

/* ---- Alone --------------------------------------------------------------------------- */

/* Least use of the first 20 s, in percent, at 0, 0.1, 1 and 3 % lost. */
static const struct {
	uint32_t mbs, rtt_ms;
	uint32_t bbr[4], cubic[4];
} matrix[] = {
	{ 20, 10, { 97, 96, 95, 92 }, { 97, 96, 58, 22 } },
	{ 20, 50, { 95, 95, 94, 91 }, { 97, 42, 14, 5 } },
	{ 20, 150, { 92, 92, 91, 88 }, { 95, 21, 5, 2 } },
	{ 100, 10, { 96, 96, 95, 92 }, { 97, 42, 12, 4 } },
	{ 100, 50, { 95, 95, 93, 91 }, { 97, 10, 2, 1 } },
	{ 100, 150, { 90, 90, 89, 87 }, { 93, 5, 1, 0 } },
};
static const uint32_t losses_per_million[] = { 0, 1000, 10000, 30000 };
enum { MATRIX = sizeof(matrix) / sizeof(matrix[0]) };

START_TEST(alone_with_random_losses)
{
	for (int loss = 0; loss < 4; loss++) {
		const uint32_t *least = _i % 2 ? matrix[_i / 2].bbr : matrix[_i / 2].cubic;
		double share;

		begin(matrix[_i / 2].mbs, matrix[_i / 2].rtt_ms, 100, 1, _i % 2 ? BBR : CUBIC);
		path.loss_per_million = losses_per_million[loss];
		run(0, 20 * S);
		share = bottleneck_share(&path, 0);
		printf("bottleneck: %s %3u Mb/s %3u ms %u/1000000 lost: %.3f, queue %.1f ms\n",
		       _i % 2 ? "bbr  " : "cubic", matrix[_i / 2].mbs, matrix[_i / 2].rtt_ms,
		       losses_per_million[loss], share, bottleneck_queue_ms(&path));
		ck_assert_double_ge(share * 100, least[loss]);
		if (loss < 3)
			bottleneck_end(&path);
	}
}
END_TEST

START_TEST(bbr_keeps_queues_short)
{
	begin(50, 40, 400, 1, BBR);
	run(10 * S, 40 * S);
	ck_assert_double_ge(bottleneck_share(&path, 0), 0.95);
	ck_assert_double_le(bottleneck_queue_ms(&path), 5);
	ck_assert_uint_eq(path.drops, 0);
	bottleneck_end(&path);

	begin(50, 40, 400, 1, CUBIC); /* for comparison */
	run(10 * S, 40 * S);
	ck_assert_double_ge(bottleneck_queue_ms(&path), 100);
}
END_TEST

START_TEST(bbr_makes_do_with_short_buffers)
{
	static const struct {
		uint32_t buffer_percent, least_percent;
	} table[] = { { 10, 93 }, { 25, 94 }, { 50, 95 } };

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		begin(50, 40, table[i].buffer_percent, 1, BBR);
		run(10 * S, 40 * S);
		ck_assert_double_ge(bottleneck_share(&path, 0) * 100, table[i].least_percent);
		ck_assert_uint_le(path.drops * 100, path.packets);
		if (i + 1 < sizeof(table) / sizeof(table[0]))
			bottleneck_end(&path);
	}
}
END_TEST

START_TEST(bbr_with_acks_for_sixteen)
{
	begin(100, 20, 100, 1, BBR);
	path.ack_every = 16;
	run(2 * S, 20 * S);
	ck_assert_double_ge(bottleneck_share(&path, 0), 0.95);
}
END_TEST

START_TEST(bbr_finds_a_rate_that_has_risen)
{
	begin(10, 40, 400, 1, BBR);
	run(0, 10 * S);
	path.rate = 40 * MBS;
	bottleneck_run(&path, 8 * S); /* two probes */
	bottleneck_measure(&path);
	bottleneck_run(&path, 10 * S);
	ck_assert_double_ge(bottleneck_share(&path, 0), 0.93);
}
END_TEST

START_TEST(bbr_finds_a_rate_that_has_fallen)
{
	begin(40, 40, 100, 1, BBR);
	run(0, 10 * S);
	path.rate = 10 * MBS;
	bottleneck_run(&path, 10 * S);
	bottleneck_measure(&path);
	bottleneck_run(&path, 10 * S);
	ck_assert_double_ge(bottleneck_share(&path, 0), 0.9);
	ck_assert_uint_le(path.drops * 100, path.packets);
	ck_assert_uint_le(sl_bbr_max_bw(&path.flows[0].cc), 11 * MBS);
}
END_TEST

START_TEST(bbr_finds_a_path_that_is_longer_now)
{
	begin(50, 20, 400, 1, BBR);
	run(0, 8 * S);
	path.flows[0].rtt_ns = 60 * MS;
	bottleneck_run(&path, 16 * S);
	ck_assert_uint_ge(bbr()->min_rtt_us, 60000);
	bottleneck_measure(&path);
	bottleneck_run(&path, 10 * S);
	ck_assert_double_ge(bottleneck_share(&path, 0), 0.93);
}
END_TEST

START_TEST(bbr_probes_the_rtt_every_five_seconds)
{
	uint32_t times = 0, lasts_ms = 0;

	begin(50, 40, 100, 1, BBR);
	run(0, 1 * S);
	for (int at_ms = 0; at_ms < 29000; at_ms += 10) {
		bool before = bbr()->state == SL_BBR_PROBE_RTT;

		bottleneck_run(&path, 10 * MS);
		times += !before && bbr()->state == SL_BBR_PROBE_RTT;
		lasts_ms += bbr()->state == SL_BBR_PROBE_RTT ? 10 : 0;
	}
	ck_assert_uint_ge(times, 4);
	ck_assert_uint_le(times, 6);
	ck_assert_uint_ge(lasts_ms / times, 200);
	ck_assert_uint_le(lasts_ms / times, 350);
}
END_TEST

START_TEST(segments_that_become_shorter)
{
	for (int congestion = 0; congestion < 3; congestion++) {
		begin(20, 40, 100, 1, (enum sl_congestion)congestion);
		run(0, 5 * S);
		path.flows[0].cc.mss_bytes = 536;
		bottleneck_measure(&path);
		bottleneck_run(&path, 10 * S);
		ck_assert_double_ge(bottleneck_share(&path, 0), 0.75);
		if (congestion < 2)
			bottleneck_end(&path);
	}
}
END_TEST

START_TEST(bbr_and_marks)
{
	begin(50, 40, 400, 1, BBR);
	path.mark_bytes = 50000; /* 8 ms */
	run(5 * S, 30 * S);
	ck_assert_double_ge(bottleneck_share(&path, 0), 0.88);
	ck_assert_double_le(bottleneck_queue_ms(&path), 4);
	ck_assert_uint_eq(path.drops, 0);
}
END_TEST

/* The same with a threshold that is not the first one, so nobody watches. */
START_TEST(hystart_spares_the_queue)
{
	for (int congestion = 0; congestion < 3; congestion += 2) {
		uint64_t drops;

		begin(100, 50, 100, 1, (enum sl_congestion)congestion);
		run(0, 3 * S);
		ck_assert_double_ge(bottleneck_share(&path, 0), 0.6);
		drops = path.drops;
		bottleneck_end(&path);

		begin(100, 50, 100, 1, (enum sl_congestion)congestion);
		bottleneck_begin(&path, 1);
		path.flows[0].cc.ssthresh_bytes--;
		bottleneck_run(&path, 3 * S);
		printf("bottleneck: slow start drops %u, without HyStart++ %u\n", (uint32_t)drops,
		       (uint32_t)path.drops);
		ck_assert_uint_le(drops * 3 / 2, path.drops);
		if (congestion == 0)
			bottleneck_end(&path);
	}
}
END_TEST

START_TEST(cubic_with_marks_loses_nothing)
{
	begin(50, 40, 400, 1, CUBIC);
	path.mark_bytes = 250000;
	run(5 * S, 30 * S);
	ck_assert_double_ge(bottleneck_share(&path, 0), 0.95);
	ck_assert_uint_eq(path.drops, 0);
	ck_assert_double_le(bottleneck_queue_ms(&path), 45);
}
END_TEST

/* ---- Together ------------------------------------------------------------------------ */

/* Jain's index: 1 is equal. */
static double fairness(void)
{
	double sum = 0, squares = 0;

	for (uint32_t i = 0; i < path.flow_cnt; i++) {
		sum += bottleneck_share(&path, i);
		squares += bottleneck_share(&path, i) * bottleneck_share(&path, i);
	}
	return sum * sum / squares / path.flow_cnt;
}

static const struct {
	uint32_t flow_cnt, buffer_percent, loss_per_million;
	enum sl_congestion congestion;
	double fairness, drops_percent;
} groups[] = {
	{ 2, 10, 0, BBR, 0.85, 1.5 },      { 2, 100, 0, BBR, 0.85, 0.5 },
	{ 2, 100, 10000, BBR, 0.85, 1.6 }, { 2, 100, 30000, BBR, 0.85, 3.3 },
	{ 8, 100, 0, BBR, 0.7, 2 },        { 8, 200, 0, BBR, 0.7, 0.6 },
	{ 2, 100, 0, CUBIC, 0.9, 0.3 },    { 2, 100, 0, RENO, 0.9, 0.3 },
};

START_TEST(flows_share)
{
	double sum = 0;

	begin(50, 40, groups[_i].buffer_percent, groups[_i].flow_cnt, groups[_i].congestion);
	path.loss_per_million = groups[_i].loss_per_million;
	run(10 * S, 50 * S);
	for (uint32_t i = 0; i < path.flow_cnt; i++)
		sum += bottleneck_share(&path, i);
	printf("bottleneck: %u flows, buffer %u %%: %.3f, fairness %.2f, drops %.2f %%\n",
	       path.flow_cnt, groups[_i].buffer_percent, sum, fairness(),
	       (double)path.drops * 100 / (double)path.packets);
	ck_assert_double_ge(sum, 0.95);
	ck_assert_double_ge(fairness(), groups[_i].fairness);
	ck_assert_double_le((double)path.drops * 100 / (double)path.packets,
			    groups[_i].drops_percent);
}
END_TEST

START_TEST(bbr_leaves_room_for_a_newcomer)
{
	begin(50, 40, 100, 2, BBR);
	path.flows[1].start_ns = 20 * S;
	run(40 * S, 60 * S);
	ck_assert_double_ge(bottleneck_share(&path, 1), 0.25);
	path.flows[1].stop_ns = path.now_ns; /* and takes it back */
	bottleneck_run(&path, 10 * S);
	bottleneck_measure(&path);
	bottleneck_run(&path, 10 * S);
	ck_assert_double_ge(bottleneck_share(&path, 0), 0.93);
}
END_TEST

/* Least share of CUBIC beside one flow of BBR. */
static const struct {
	uint32_t buffer_percent;
	double cubic;
} neighbours[] = { { 10, 0.2 }, { 50, 0.3 }, { 100, 0.25 }, { 400, 0.4 } };

START_TEST(bbr_lets_cubic_live)
{
	begin(50, 40, neighbours[_i].buffer_percent, 2, BBR);
	path.flows[1].congestion = CUBIC;
	run(10 * S, 50 * S);
	printf("bottleneck: buffer %3u %%: bbr %.3f, cubic %.3f\n", neighbours[_i].buffer_percent,
	       bottleneck_share(&path, 0), bottleneck_share(&path, 1));
	ck_assert_double_ge(bottleneck_share(&path, 1), neighbours[_i].cubic);
	ck_assert_double_ge(bottleneck_share(&path, 0), 0.3);
}
END_TEST

Suite *suite_tcp_bottleneck(void)
{
	Suite *suite = suite_create("bottleneck");
	TCase *tcase = tcase_create("bottleneck");

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_loop_test(tcase, alone_with_random_losses, 0, 2 * MATRIX);
	tcase_add_test(tcase, bbr_keeps_queues_short);
	tcase_add_test(tcase, bbr_makes_do_with_short_buffers);
	tcase_add_test(tcase, bbr_with_acks_for_sixteen);
	tcase_add_test(tcase, bbr_finds_a_rate_that_has_risen);
	tcase_add_test(tcase, bbr_finds_a_rate_that_has_fallen);
	tcase_add_test(tcase, bbr_finds_a_path_that_is_longer_now);
	tcase_add_test(tcase, bbr_probes_the_rtt_every_five_seconds);
	tcase_add_test(tcase, segments_that_become_shorter);
	tcase_add_test(tcase, bbr_and_marks);
	tcase_add_test(tcase, hystart_spares_the_queue);
	tcase_add_test(tcase, cubic_with_marks_loses_nothing);
	tcase_add_loop_test(tcase, flows_share, 0, sizeof(groups) / sizeof(groups[0]));
	tcase_add_test(tcase, bbr_leaves_room_for_a_newcomer);
	tcase_add_loop_test(tcase, bbr_lets_cubic_live, 0,
			    sizeof(neighbours) / sizeof(neighbours[0]));
	suite_add_tcase(suite, tcase);
	return suite;
}
