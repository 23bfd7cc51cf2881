/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "room_tcp.h"
#include "tcp_harness.h"

static struct story story;

static void teardown(void)
{
	story_end(&story);
}

/* Every combination of options in the SYN, over both families. */
START_TEST(options_are_answered_if_offered)
{
	struct story_options options = {
		.no_sack = _i & 1,
		.no_timestamps = _i & 2,
		.no_window_scale = _i & 4,
		.ipv6 = _i & 8,
		.shift = 7,
	};
	const struct story_packet *packet;

	story_begin(&story, options);
	story_syn(&story);
	packet = story_expect(&story, SL_TCP_SYN | SL_TCP_ACK, 0, 1);
	ck_assert_uint_eq(packet->segment.sack_permitted, !options.no_sack);
	ck_assert_uint_eq(packet->segment.has_timestamps, !options.no_timestamps);
	ck_assert_uint_eq(packet->segment.has_window_scale, !options.no_window_scale);
	ck_assert_uint_eq(packet->segment.window_scale, 0);
	ck_assert_uint_eq(packet->segment.mss, options.ipv6 ? 1440 : 1460);
	ck_assert_uint_eq(packet->segment.window, 32768);
	ck_assert_uint_eq(story_events(&story), 0);

	story_ack(&story, 1);
	ck_assert_uint_ne(story_events(&story) & SL_TCP_OPENED, 0);
	ck_assert_uint_eq(story_info(&story).state, SL_TCP_ESTABLISHED);
	ck_assert_uint_eq(sl_tcp_listener(story.tcp, story.conn), options.ipv6 ? 1 : 0);
	ck_assert_uint_eq(story_info(&story).peer_window_bytes,
			  options.no_window_scale ? 65535 : 65535 << 7);
	ck_assert_uint_eq(sl_tcp_payload_max(story.tcp, story.conn),
			  (options.ipv6 ? 1440 : 1460) - (options.no_timestamps ? 0 : 12));
	story_expect_silence(&story);
}
END_TEST

/* An interface carries one tag beside a full packet, not two. */
START_TEST(second_tag_takes_its_room_from_the_segment)
{
	static const struct {
		uint8_t types[10]; /* behind the MACs: tags, EtherType */
		uint32_t bytes;
		uint16_t mss;
	} table[] = {
		{ { 8, 0 }, 2, 1460 },
		{ { 0x81, 0, 0, 5, 8, 0 }, 6, 1460 },
		{ { 0x88, 0xa8, 0, 6, 0x81, 0, 0, 5, 8, 0 }, 10, 1456 },
	};
	struct story_packet *packet;

	story_begin(&story, (struct story_options){ 0 });
	memcpy(story.link + 12, table[_i].types, table[_i].bytes);
	story.link_bytes = 12 + table[_i].bytes;
	story_syn(&story);
	packet = left(&story);
	ck_assert_ptr_nonnull(packet);
	ck_assert_uint_eq(packet->segment.mss, table[_i].mss);
	ck_assert_uint_le(sl_tcp_payload_max(story.tcp, (struct sl_tcp_conn){ 0 }), table[_i].mss);
}
END_TEST

/* Both ways: what we send, and what we tell the peer to send. */
START_TEST(a_listener_clamps_the_mss)
{
	static const struct {
		uint16_t clamp, theirs, said, used;
	} table[] = {
		{ 1200, 1460, 1200, 1200 }, { 1200, 1000, 1200, 1000 }, { 9000, 1460, 1460, 1460 },
		{ 536, 1460, 536, 536 },    { 0, 1460, 1460, 1460 },
	};

	for (uint32_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		story_end(&story);
		story_begin(&story, (struct story_options){ .mss = table[i].theirs,
							    .mss_clamp = table[i].clamp });
		story_syn(&story);
		ck_assert_uint_eq(left(&story)->segment.mss, table[i].said);
		ck_assert_uint_eq(sl_tcp_payload_max(story.tcp, (struct sl_tcp_conn){ 0 }),
				  table[i].used - 12);
	}
}
END_TEST

START_TEST(mss_is_the_smaller_one_within_reason)
{
	static const struct {
		bool has_mss;
		uint16_t mss;
		uint32_t payload_max;
	} table[] = {
		{ true, 1000, 988 },
		{ true, 9000, 1448 },
		{ false, 0, 524 }, /* 536 of RFC 9293 */
		{ true, 1, 88 - 12 },
	};
	struct sl_segment syn;

	story_begin(&story, (struct story_options){ 0 });
	syn = story_segment(&story, SL_TCP_SYN, 0, 0);
	syn.has_mss = table[_i].has_mss;
	syn.mss = table[_i].mss;
	story_input(&story, &syn);
	story_expect(&story, SL_TCP_SYN | SL_TCP_ACK, 0, 1);
	story.peer_next = 1;
	story_ack(&story, 1);
	ck_assert_uint_eq(sl_tcp_payload_max(story.tcp, story.conn), table[_i].payload_max);
}
END_TEST

START_TEST(a_syn_again_is_answered_alike)
{
	story_begin(&story, (struct story_options){ 0 });
	story_syn(&story);
	uint32_t isn = story_expect(&story, SL_TCP_SYN | SL_TCP_ACK, 0, 1)->segment.seq;

	story_pass(&story, 100 * MS);
	story_syn(&story);
	ck_assert_uint_eq(story_expect(&story, SL_TCP_SYN | SL_TCP_ACK, 0, 1)->segment.seq, isn);
	story_expect_silence(&story);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->syn_received_cnt, 1);
	story_ack(&story, 1);
	ck_assert_uint_ne(story_events(&story) & SL_TCP_OPENED, 0);
}
END_TEST

START_TEST(a_lost_syn_ack_is_sent_again_but_not_for_ever)
{
	static const uint32_t after_ms[] = { 1000, 2000, 4000, 8000, 16000 };

	story_begin(&story, (struct story_options){ 0 });
	story_syn(&story);
	story_expect(&story, SL_TCP_SYN | SL_TCP_ACK, 0, 1);
	for (int i = 0; i < 5; i++) {
		story_pass(&story, (after_ms[i] - 10) * MS);
		story_expect_silence(&story);
		story_pass(&story, 11 * MS);
		story_expect(&story, SL_TCP_SYN | SL_TCP_ACK, 0, 1);
	}
	story_pass(&story, 33 * S);
	story_expect_silence(&story);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->syn_received_cnt, 0);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->timed_out, 1);
	ck_assert_uint_eq(sl_tcp_next_ns(story.tcp), UINT64_MAX);
	ck_assert_uint_eq(story_events(&story), 0); /* nobody above ever knew of it */
}
END_TEST

START_TEST(one_lost_syn_ack_is_forgiven_two_are_congestion)
{
	story_begin(&story, (struct story_options){ 0 });
	story_syn(&story);
	story_pass(&story, _i == 1 ? 1100 * MS : 3200 * MS);
	story_discard(&story);
	story_ack(&story, 1);
	story_events(&story);
	ck_assert_uint_eq(story_info(&story).cwnd_bytes, _i == 1 ? 14480 : 1448);
	ck_assert_uint_eq(story_info(&story).srtt_ns, 0); /* Karn */
}
END_TEST

START_TEST(the_handshake_measures_the_round_trip)
{
	story_begin(&story, (struct story_options){ 0 });
	story_syn(&story);
	story_expect(&story, SL_TCP_SYN | SL_TCP_ACK, 0, 1);
	story_pass(&story, 30 * MS);
	story_ack(&story, 1);
	story_events(&story);
	ck_assert_uint_eq(story_info(&story).srtt_ns, 30 * MS);
}
END_TEST

START_TEST(a_wrong_ack_in_the_handshake_is_reset)
{
	story_begin(&story, (struct story_options){ 0 });
	story_syn(&story);
	story_expect(&story, SL_TCP_SYN | SL_TCP_ACK, 0, 1);
	story_ack(&story, 2);
	ck_assert_uint_eq(story_expect(&story, SL_TCP_RST, 2, 0)->segment.flags, SL_TCP_RST);
	story_ack(&story, 1); /* the right one still counts */
	ck_assert_uint_ne(story_events(&story) & SL_TCP_OPENED, 0);
}
END_TEST

START_TEST(a_reset_in_the_handshake_ends_it_unheard)
{
	story_begin(&story, (struct story_options){ 0 });
	story_syn(&story);
	story_expect(&story, SL_TCP_SYN | SL_TCP_ACK, 0, 1);

	struct sl_segment rst = story_segment(&story, SL_TCP_RST, 1, 0);
	story_input(&story, &rst);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->syn_received_cnt, 0);
	ck_assert_uint_eq(story_events(&story), 0);
	story_connect(&story);
}
END_TEST

START_TEST(payload_may_come_with_the_last_ack)
{
	story_begin(&story, (struct story_options){ 0 });
	story_syn(&story);
	story_expect(&story, SL_TCP_SYN | SL_TCP_ACK, 0, 1);
	story_data(&story, 1, 1, 100);
	ck_assert_uint_eq(story.verdict.payload_bytes, 100);
	ck_assert_uint_ne(story_events(&story) & SL_TCP_OPENED, 0);
	ck_assert_uint_eq(story.got_bytes, 100);
}
END_TEST

/* The connections that wait, which a new SYN may reopen; the SYNs are stamped later. */
static void leave_waiting(int cnt)
{
	for (int i = 0; i < cnt; i++) {
		story.peer_port++;
		story_connect(&story);
		sl_tcp_close(story.tcp, story.conn, story.now_ns);
		story_discard(&story);

		struct sl_segment fin =
		    story_segment(&story, SL_TCP_FIN | SL_TCP_ACK, story.peer_next, 2);
		story_input(&story, &fin);
		story_discard(&story);
		story_events(&story);
	}
	story_pass(&story, 10 * MS);
}

START_TEST(the_backlog_has_an_end)
{
	story_begin(&story, (struct story_options){ .backlog_max = 2 });
	leave_waiting(3);
	story.peer_port -= 3;
	for (int i = 0; i < 3; i++) {
		story.peer_port++;
		story_syn(&story);
	}
	story_expect(&story, SL_TCP_SYN | SL_TCP_ACK, 0, 1);
	story_expect(&story, SL_TCP_SYN | SL_TCP_ACK, 0, 1);
	story_expect_silence(&story);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->backlog_full, 1);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->time_wait_cnt, 1); /* it still waits */
	story_pass(&story, 40 * S); /* both give up one after the other */
	story_pass(&story, 30 * S);
	story_discard(&story);
	story_syn(&story);
	story_expect(&story, SL_TCP_SYN | SL_TCP_ACK, 0, 1);
}
END_TEST

START_TEST(the_table_has_an_end)
{
	story_begin(&story, (struct story_options){ .conns_max = 2 });
	for (int i = 0; i < 2; i++) {
		story.peer_port++;
		story_connect(&story);
	}
	story.peer_port++;
	story_syn(&story);
	story_expect_silence(&story);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->table_full, 1);

	sl_tcp_abort(story.tcp, story.conn, story.now_ns);
	ck_assert_uint_ne(story_events(&story) & SL_TCP_GONE, 0);
	story_discard(&story);
	story_connect(&story); /* its place is free again */
}
END_TEST

START_TEST(while_draining_nobody_gets_in)
{
	struct story_packet *reply;

	story_open(&story, (struct story_options){ 0 });
	sl_tcp_stop_listening(story.tcp);
	story.peer_port++;
	story_syn(&story);
	reply = left(&story);
	ck_assert_ptr_nonnull(reply);
	ck_assert_uint_eq(reply->segment.flags, SL_TCP_RST | SL_TCP_ACK);
	story_expect_silence(&story);
	story.peer_port--;
	story_data(&story, 1, 1, 10); /* who is in stays in */
	ck_assert_uint_eq(story.got_bytes, 10);
}
END_TEST

/* What no honest peer sends gets no answer. */
START_TEST(strange_syns_are_ignored)
{
	struct sl_segment syn;

	story_begin(&story, (struct story_options){ 0 });
	syn = story_segment(&story, SL_TCP_SYN, 0, 0);
	switch (_i) {
	case 0:
		syn.flags |= SL_TCP_FIN;
		break;
	case 1:
		syn.flags = SL_TCP_FIN | SL_TCP_PSH | SL_TCP_URG; /* a Christmas tree */
		break;
	case 2:
		syn.flags = 0;
		break;
	case 3:
		syn.src_port = 0;
		break;
	case 4:
		memset(&syn.src.bytes[12], 0xff, 4); /* broadcast */
		break;
	case 5:
		syn.src = syn.dst; /* LAND */
		syn.src_port = syn.dst_port;
		break;
	case 6:
		story.link[0] |= 1; /* an Ethernet group address */
		break;
	case 7:
		syn.flags |= SL_TCP_RST;
		break;
	}
	story_input(&story, &syn);
	story_expect_silence(&story);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->syn_received_cnt, 0);
}
END_TEST

START_TEST(no_listener_no_connection)
{
	struct sl_segment syn;

	story_begin(&story, (struct story_options){ 0 });
	syn = story_segment(&story, SL_TCP_SYN, 0, 0);
	syn.dst_port = 80;
	story_input(&story, &syn);
	ck_assert_uint_eq(left(&story)->segment.flags, SL_TCP_RST | SL_TCP_ACK);
	ck_assert_uint_eq(sl_tcp_counters(story.tcp)->no_connection, 1);
}
END_TEST

Suite *suite_tcp_handshake(void)
{
	Suite *suite = suite_create("handshake");
	TCase *tcase = tcase_create("handshake");

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_loop_test(tcase, options_are_answered_if_offered, 0, 16);
	tcase_add_loop_test(tcase, second_tag_takes_its_room_from_the_segment, 0, 3);
	tcase_add_test(tcase, a_listener_clamps_the_mss);
	tcase_add_loop_test(tcase, mss_is_the_smaller_one_within_reason, 0, 4);
	tcase_add_test(tcase, a_syn_again_is_answered_alike);
	tcase_add_test(tcase, a_lost_syn_ack_is_sent_again_but_not_for_ever);
	tcase_add_loop_test(tcase, one_lost_syn_ack_is_forgiven_two_are_congestion, 1, 3);
	tcase_add_test(tcase, the_handshake_measures_the_round_trip);
	tcase_add_test(tcase, a_wrong_ack_in_the_handshake_is_reset);
	tcase_add_test(tcase, a_reset_in_the_handshake_ends_it_unheard);
	tcase_add_test(tcase, payload_may_come_with_the_last_ack);
	tcase_add_test(tcase, the_backlog_has_an_end);
	tcase_add_test(tcase, the_table_has_an_end);
	tcase_add_test(tcase, while_draining_nobody_gets_in);
	tcase_add_loop_test(tcase, strange_syns_are_ignored, 0, 8);
	tcase_add_test(tcase, no_listener_no_connection);
	suite_add_tcase(suite, tcase);
	return suite;
}
