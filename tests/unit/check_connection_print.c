/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/connection_print.h"

#include <check.h>
#include <limits.h>
#include <string.h>

#include "base/clock.h"
#include "fake_serve.h"
#include "json_reader.h"

/* Once printed: what there was in it. */
static char text[4 * SL_CONNECTION_TEXT_BYTES];

static FILE *start(void)
{
	return fmemopen(text, sizeof(text), "w");
}

/* A connection that has seen something. */
static struct sl_snapshot_row busy_row(void)
{
	struct sl_snapshot_row row = fake_serve_row(7);
	struct sl_tcp_info *tcp = &row.tcp;

	tcp->state = SL_TCP_FIN_WAIT_1;
	tcp->congestion = SL_CONGESTION_BBR;
	tcp->sack = tcp->timestamps = tcp->ecn = tcp->window_scale = true;
	tcp->recovering = tcp->delivery_app_limited = true;
	tcp->peer_scale = 7;
	tcp->ssthresh_bytes = 20 * 1448;
	tcp->peer_window_bytes = 65535;
	tcp->in_flight_bytes = 1000;
	tcp->being_made_bytes = 2000;
	tcp->unacked_bytes = 6000;
	tcp->sacked_bytes = 3000;
	tcp->missing_bytes = 1500;
	tcp->srtt_ns = 40 * SL_NS_PER_MS;
	tcp->rttvar_ns = 500 * SL_NS_PER_US;
	tcp->min_rtt_ns = 38 * SL_NS_PER_MS;
	tcp->rto_ns = 1240 * SL_NS_PER_MS;
	tcp->quiet_ns = 3 * SL_NS_PER_MS;
	tcp->pacing_rate = 1250000;
	tcp->delivery_rate = 125000;
	tcp->sent_bytes = 100000;
	tcp->resent_bytes = 4000;
	tcp->lost_bytes = 5000;
	tcp->acked_bytes = 90000;
	tcp->resent_cnt = 3;
	tcp->rto_cnt = 2;
	tcp->backoff_cnt = 1;
	row.left_bytes = 1500000;
	return row;
}

START_TEST(text_of_a_new_one)
{
	struct sl_snapshot_row row = fake_serve_row(0);
	FILE *out = start();

	row.tcp.rto_ns = SL_NS_PER_S;
	row.left_bytes = 0;
	row.doing = SL_DOING_IDLE;
	sl_connection_text(out, 3, &row);
	fclose(out);
	ck_assert_str_eq(
	    text,
	    "established  10.0.0.1:443                 192.0.2.1:1000               worker 3, "
	    "http, idle\n"
	    "\t cubic rto:1000 lastsnd:0.000 mss:1448 pmtu:1500 cwnd:10 snd_wnd:0\n");
}
END_TEST

START_TEST(text_of_a_busy_one)
{
	struct sl_snapshot_row row = busy_row();
	FILE *out = start();

	sl_connection_text(out, 0, &row);
	fclose(out);
	ck_assert_str_eq(
	    text,
	    "fin-wait-1   10.0.0.1:443                 192.0.2.1:1007               worker 0, "
	    "https, response, 1.50 MB left\n"
	    "\t ts sack ecn bbr wscale:7,0 rto:1240 backoff:1 rtt:40.0/0.500 minrtt:38.0 "
	    "lastsnd:3.000 mss:1448 pmtu:1500 cwnd:10 ssthresh:20 snd_wnd:65535 bytes_sent:100000 "
	    "bytes_retrans:4000 bytes_acked:90000 bytes_lost:5000 bytes_in_flight:1000 "
	    "bytes_unacked:6000 bytes_sacked:3000 bytes_missing:1500 retrans:3 rtos:2 pacing_rate "
	    "10.0 Mbit/s delivery_rate 1.00 Mbit/s app_limited recovering\n");
}
END_TEST

START_TEST(json)
{
	static const char *const parts[] = {
		"{\"worker\":5,\"connection\":7,\"state\":\"fin-wait-1\",",
		"\"local_address\":\"10.0.0.1\",\"local_port\":443,",
		"\"peer_address\":\"192.0.2.1\",\"peer_port\":1007,",
		"\"tls\":true,\"doing\":\"response\",\"left_bytes\":1500000,",
		"\"algorithm\":\"bbr\",\"timestamps\":true,\"sack\":true,\"ecn\":true,",
		"\"peer_window_scale\":7,\"recovering\":true,",
		"\"rtt_ns\":40000000,\"rttvar_ns\":500000,\"min_rtt_ns\":38000000,",
		"\"ssthresh_bytes\":28960,\"peer_window_bytes\":65535,",
		"\"unacked_bytes\":6000,\"sacked_bytes\":3000,\"missing_bytes\":1500,",
		"\"retransmitted_bytes\":4000,\"retransmitted_segments\":3,",
		"\"pacing_bytes_per_s\":1250000,\"delivery_bytes_per_s\":125000,",
	};
	struct sl_snapshot_row row = busy_row();
	FILE *out = start();

	sl_connection_json(out, 5, &row);
	fclose(out);
	ck_assert(json_valid(text));
	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
	for (size_t idx = 0; idx < sizeof(parts) / sizeof(parts[0]); idx++)
		ck_assert_msg(strstr(text, parts[idx]), "%s is not in %s", parts[idx], text);
}
END_TEST

START_TEST(json_of_what_is_not_known)
{
	static const char *const parts[] = {
		"\"peer_window_scale\":null",
		"\"rtt_ns\":null",
		"\"rttvar_ns\":null",
		"\"min_rtt_ns\":null",
		"\"ssthresh_bytes\":null",
		"\"pacing_bytes_per_s\":null",
		"\"delivery_bytes_per_s\":null",
	};
	struct sl_snapshot_row row = fake_serve_row(0);
	FILE *out = start();

	sl_connection_json(out, 0, &row);
	fclose(out);
	ck_assert(json_valid(text));
	for (size_t idx = 0; idx < sizeof(parts) / sizeof(parts[0]); idx++)
		ck_assert_msg(strstr(text, parts[idx]), "%s is not in %s", parts[idx], text);
}
END_TEST

/* Every number at its largest: the room that is set aside for a row is enough. */
START_TEST(the_longest_fits)
{
	struct sl_snapshot_row row = busy_row();
	struct sl_tcp_info tcp = row.tcp;
	FILE *out;

	memset(&row.tcp, 0xff, sizeof(row.tcp));
	row.tcp.state = SL_TCP_ESTABLISHED;
	row.tcp.congestion = SL_CONGESTION_NEWRENO;
	row.tcp.sack = row.tcp.timestamps = row.tcp.ecn = row.tcp.window_scale = true;
	row.tcp.recovering = row.tcp.delivery_app_limited = true;
	row.tcp.mss_bytes = tcp.mss_bytes;
	row.tcp.min_rtt_ns--;
	row.tcp.ssthresh_bytes--;
	row.left_bytes = UINT64_MAX;
	out = start();
	sl_connection_text(out, UINT32_MAX, &row);
	fclose(out);
	ck_assert_uint_lt(strlen(text), SL_CONNECTION_TEXT_BYTES);
	out = start();
	sl_connection_json(out, UINT32_MAX, &row);
	fclose(out);
	ck_assert(json_valid(text));
	ck_assert_uint_lt(strlen(text), SL_CONNECTION_TEXT_BYTES);
}
END_TEST

START_TEST(sum)
{
	struct sl_snapshot_row busy = busy_row(), fresh = fake_serve_row(0);
	struct sl_connection_sum of = { 0 };
	FILE *out = start();

	sl_connection_add(&of, &busy);
	sl_connection_add(&of, &fresh);
	sl_connection_add(&of, &fresh);
	sl_connection_sum(out, &of);
	fclose(out);
	ck_assert_str_eq(text, "connections 3\n"
			       "states established 2 fin-wait-1 1\n"
			       "sessions https 1 http 2 response 3\n"
			       "algorithms cubic 2 bbr 1\n"
			       "recovering 1\n"
			       "in flight 1.00 kB\n"
			       "unacked 6.00 kB\n"
			       "left 1.50 MB\n"
			       "sent 100 kB\n"
			       "sent again 4.00 kB\n"
			       "acked 90.0 kB\n"
			       "lost 5.00 kB\n"
			       "pacing 10.0 Mbit/s\n"
			       "delivery 1.00 Mbit/s\n");
}
END_TEST

Suite *make_connection_print_suite(void);

Suite *make_connection_print_suite(void)
{
	Suite *suite = suite_create("connection_print");
	TCase *tcase = tcase_create("connection_print");

	tcase_add_test(tcase, text_of_a_new_one);
	tcase_add_test(tcase, text_of_a_busy_one);
	tcase_add_test(tcase, json);
	tcase_add_test(tcase, json_of_what_is_not_known);
	tcase_add_test(tcase, the_longest_fits);
	tcase_add_test(tcase, sum);
	suite_add_tcase(suite, tcase);
	return suite;
}
