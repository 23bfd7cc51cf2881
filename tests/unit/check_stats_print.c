/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/stats_print.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "json_reader.h"
#include "nic/steer.h"

static struct sl_stats_sample before, now;

/* Two workers, up for a minute, and a second sample a second later. */
static void set_up(void)
{
	before = (struct sl_stats_sample){
		.at_ns = 5 * SL_NS_PER_S,
		.wall_s = 1800000060,
		.process = {
			.worker_cnt = 2,
			.started_s = 1800000000,
			.pid = 4711,
			.steer_mode = SL_STEER_NATIVE,
			.program_id = 77,
			.package_version = "0.1.0",
			.iface = "eth0",
		},
	};
	for (uint32_t idx = 0; idx < 2; idx++) {
		struct sluice_worker_stats *worker = &before.workers[idx];

		worker->queue = idx;
		worker->cpu = 2 + idx;
		worker->zero_copy = idx;
		worker->gso = !idx;
		worker->tx_bytes = 1000000;
		worker->tx_packets = 700;
		worker->loop_busy_ns = 30 * SL_NS_PER_S;
		worker->loop_idle_ns = 30 * SL_NS_PER_S;
		worker->memory_bytes = 123456789;
		worker->frames_used = 5;
		snprintf(worker->aead, sizeof(worker->aead), "ipsec-mb avx512");
	}
	now = before;
	now.at_ns += SL_NS_PER_S;
	now.wall_s++;
	for (uint32_t idx = 0; idx < 2; idx++) {
		now.workers[idx].tx_bytes += 250000000;
		now.workers[idx].tx_packets += 170000;
		now.workers[idx].loop_busy_ns += SL_NS_PER_S * 9 / 10;
		now.workers[idx].loop_idle_ns += SL_NS_PER_S / 10;
	}
	for (struct sl_stats_sample *sample = &before;; sample = &now) {
		for (uint32_t idx = 0; idx < 2; idx++) {
			sample->total.tx_bytes += sample->workers[idx].tx_bytes;
			sample->total.tx_packets += sample->workers[idx].tx_packets;
			sample->total.loop_busy_ns += sample->workers[idx].loop_busy_ns;
			sample->total.loop_idle_ns += sample->workers[idx].loop_idle_ns;
			sample->total.frames_used += sample->workers[idx].frames_used;
		}
		if (sample == &now)
			break;
	}
}

static char *printed;
static size_t printed_bytes;
static FILE *out;

static void begin(void)
{
	set_up();
	out = open_memstream(&printed, &printed_bytes);
	ck_assert_ptr_nonnull(out);
}

static void end(void)
{
	free(printed);
}

/* The line of printed that starts with label, blanks squeezed to one. */
static const char *line_of(const char *label)
{
	static char line[512];
	const char *at = printed;
	size_t used_bytes = 0;

	while (at && strncmp(at, label, strlen(label)) != 0) {
		at = strchr(at, '\n');
		if (at)
			at++;
	}
	ck_assert_msg(at, "no line starts with '%s'", label);
	for (; *at && *at != '\n' && used_bytes < sizeof(line) - 1; at++) {
		if (*at != ' ' || (used_bytes > 0 && line[used_bytes - 1] != ' '))
			line[used_bytes++] = *at;
	}
	line[used_bytes] = '\0';
	return line;
}

START_TEST(test_table)
{
	sl_stats_table(out, &now);
	fclose(out);
	ck_assert_str_eq(line_of("sluice"), "sluice 0.1.0 on eth0, pid 4711, up 1 min 1 s");
	ck_assert_str_eq(line_of("steering"), "steering: native XDP, program 77");
	ck_assert_str_eq(line_of("  "), "worker 0 worker 1 total");
	ck_assert_str_eq(line_of("receive queue"), "receive queue 0 1");
	ck_assert_str_eq(line_of("CPU"), "CPU 2 3");
	ck_assert_str_eq(line_of("AF_XDP mode"), "AF_XDP mode copy zero-copy");
	ck_assert_str_eq(line_of("GSO"), "GSO yes no");
	ck_assert_str_eq(line_of("AEAD"), "AEAD ipsec-mb avx512 ipsec-mb avx512");
	ck_assert_str_eq(line_of("loop busy "), "loop busy 50.7 % 50.7 %");
	ck_assert_str_eq(line_of("tx packets"), "tx packets 170 k 170 k 341 k");
	ck_assert_str_eq(line_of("tx bytes"), "tx bytes 251 MB 251 MB 502 MB");
	ck_assert_str_eq(line_of("memory bytes"), "memory bytes 123 MB 123 MB 0 B");
	ck_assert_str_eq(line_of("loop busy ns"), "loop busy ns 30 s 30 s 1 min 1 s");
}
END_TEST

/* Nothing of them if there are none. */
START_TEST(test_certificates)
{
	now.process.certificates = _i;
	now.process.certificate_expires_s = (uint64_t)now.wall_s + 30 * 24 * 3600 + (_i == 2);
	now.process.certificate_reloads = 3;
	now.process.certificate_reload_failures = 1;
	if (_i == 3)
		now.process.certificate_expires_s = (uint64_t)now.wall_s - 1;
	sl_stats_table(out, &now);
	fclose(out);
	if (_i == 0)
		ck_assert_ptr_null(strstr(printed, "certificates:"));
	else if (_i == 3)
		ck_assert_str_eq(line_of("certificates"),
				 "certificates: 3, one has expired; read again 3 times, 1 failed");
	else
		ck_assert_ptr_nonnull(strstr(line_of("certificates"),
					     ", the first expires in 30 days; read again 3 times"));
}
END_TEST

/* With one worker a total would say the same again. */
START_TEST(test_table_of_one)
{
	now.process.worker_cnt = 1;
	now.process.draining = 1;
	now.process.steer_mode = 99;
	sl_stats_table(out, &now);
	fclose(out);
	ck_assert_str_eq(line_of("sluice"), "sluice 0.1.0 on eth0, pid 4711, up 1 min 1 s, "
					    "letting responses finish");
	ck_assert_str_eq(line_of("steering"), "steering: unknown XDP, program 77");
	ck_assert_str_eq(line_of("tx packets"), "tx packets 170 k");
	ck_assert_str_eq(line_of("  "), "worker 0");
}
END_TEST

/* Columns stand under each other: every row of a table is as long as the others. */
START_TEST(test_table_aligned)
{
	size_t width = 0;
	char *rows;

	sl_stats_table(out, &now);
	fclose(out);
	rows = strstr(printed, "rx packets");
	ck_assert_ptr_nonnull(rows);
	for (char *row = strtok(rows, "\n"); row; row = strtok(NULL, "\n")) {
		if (width == 0)
			width = strlen(row);
		ck_assert_uint_eq(strlen(row), width);
	}
}
END_TEST

START_TEST(test_json)
{
	sl_stats_json(out, &now, NULL);
	fclose(out);
	ck_assert(json_valid(printed));
	ck_assert_ptr_eq(strchr(printed, '\n'), printed + printed_bytes - 1);
	ck_assert_ptr_nonnull(strstr(
	    printed, "{\"version\":\"0.1.0\",\"pid\":4711,\"interface\":\"eth0\","
		     "\"steering\":\"native\",\"program_id\":77,\"started_s\":1800000000,"
		     "\"uptime_s\":61,\"draining\":false,\"certificates\":0,"
		     "\"certificate_expires_s\":0,\"certificate_reloads\":0,"
		     "\"certificate_reload_failures\":0,\"workers\":[{\"worker\":0,\"queue\":0,"
		     "\"cpu\":2,\"xdp_mode\":\"copy\",\"gso\":true,\"huge_pages\":false,"
		     "\"aead\":\"ipsec-mb avx512\",\"loop_busy_share\":0.5066,\"rx_packets\":0,"));
	ck_assert_ptr_nonnull(strstr(printed, "\"xdp_mode\":\"zero-copy\""));
	ck_assert_ptr_nonnull(strstr(printed, "\"total\":{\"rx_packets\":0,\"rx_bytes\":0,"
					      "\"tx_packets\":341400,\"tx_bytes\":502000000,"));
	ck_assert_ptr_nonnull(strstr(printed, "\"memory_bytes\":0}}\n"));
	/* Every counter, once a worker and once in total. */
	for (const struct sl_stats_field *field = sl_stats_fields; field->name; field++) {
		char key[64];
		int seen = 0;

		snprintf(key, sizeof(key), "\"%s\":", field->name);
		for (const char *at = printed; (at = strstr(at, key)); at++)
			seen++;
		ck_assert_int_eq(seen, 3);
	}
}
END_TEST

/* Between two samples: 0.9 of the second, whatever was before. */
START_TEST(test_json_since_before)
{
	sl_stats_json(out, &now, &before);
	fclose(out);
	ck_assert(json_valid(printed));
	ck_assert_ptr_nonnull(strstr(printed, "\"loop_busy_share\":0.9000,"));
}
END_TEST

/* Linux allows quotes, control characters and any bytes in an interface's name. */
START_TEST(test_json_strings)
{
	snprintf(now.process.iface, sizeof(now.process.iface), "a\"\\\n\x7f\xff");
	now.process.worker_cnt = 1;
	sl_stats_json(out, &now, NULL);
	fclose(out);
	ck_assert(json_valid(printed));
	ck_assert_ptr_nonnull(
	    strstr(printed, "\"interface\":\"a\\u0022\\u005c\\u000a\\u007f\\u00ff\""));
}
END_TEST

START_TEST(test_rates)
{
	uint32_t line_cnt = sl_stats_rates(out, &now, &before), newline_cnt = 0;

	fclose(out);
	for (const char *at = printed; *at; at++)
		newline_cnt += *at == '\n';
	ck_assert_uint_eq(line_cnt, newline_cnt);
	ck_assert_str_eq(line_of(" "), "worker 0 worker 1 total");
	ck_assert_str_eq(line_of("loop busy"), "loop busy, % 90.0 90.0 90.0");
	ck_assert_str_eq(line_of("sent, MB/s"), "sent, MB/s 250.0 250.0 500.0");
	ck_assert_str_eq(line_of("sent, packets"), "sent, packets/s 170000 170000 340000");
	ck_assert_str_eq(line_of("frames in use"), "frames in use 5 5 10");
}
END_TEST

START_TEST(test_rates_of_one)
{
	now.process.worker_cnt = 1;
	sl_stats_rates(out, &now, &before);
	fclose(out);
	ck_assert_str_eq(line_of(" "), "worker 0");
	ck_assert_str_eq(line_of("sent, MB/s"), "sent, MB/s 250.0");
}
END_TEST

/* As many as fit, else the total alone; no line is wider than a terminal. */
START_TEST(test_rates_of_many)
{
	now.process.worker_cnt = _i;
	sl_stats_rates(out, &now, &before);
	fclose(out);
	ck_assert_str_eq(line_of(" "),
			 _i == 4 ? "worker 0 worker 1 worker 2 worker 3 total" : "total");
	ck_assert_str_eq(line_of("sent, MB/s"),
			 _i == 4 ? "sent, MB/s 250.0 250.0 0.0 0.0 500.0" : "sent, MB/s 500.0");
	for (char *line = strtok(printed, "\n"); line; line = strtok(NULL, "\n"))
		ck_assert_uint_le(strlen(line), 80);
}
END_TEST

START_TEST(test_rates_line)
{
	sl_stats_rates_line(out, &now, &before);
	fclose(out);
	ck_assert_str_eq(printed,
			 "busy_percent=90.0 connections_open=0 requests_per_s=0 tx_mb_per_s=500.0 "
			 "tx_packets_per_s=340000 rx_packets_per_s=0 read_mb_per_s=0.0 "
			 "retransmitted_mb_per_s=0.0 reread_mb_per_s=0.0 frames_used=10 "
			 "buffers_used=0\n");
}
END_TEST

START_TEST(test_busy)
{
	struct sluice_worker_stats idle = { 0 }, busy = { .loop_busy_ns = 3, .loop_idle_ns = 1 };

	fclose(out);
	ck_assert_double_eq(sl_stats_busy(&busy, NULL), 0.75);
	/* Asleep since the last sample, and so long that it has not even noted that. */
	ck_assert_double_eq(sl_stats_busy(&busy, &busy), 0);
	ck_assert_double_eq(sl_stats_busy(&idle, NULL), 0);
}
END_TEST

Suite *make_stats_print_suite(void);

Suite *make_stats_print_suite(void)
{
	Suite *suite = suite_create("stats_print");
	TCase *tcase = tcase_create("stats_print");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, test_table);
	tcase_add_loop_test(tcase, test_certificates, 0, 4);
	tcase_add_test(tcase, test_table_of_one);
	tcase_add_test(tcase, test_table_aligned);
	tcase_add_test(tcase, test_json);
	tcase_add_test(tcase, test_json_since_before);
	tcase_add_test(tcase, test_json_strings);
	tcase_add_test(tcase, test_rates);
	tcase_add_test(tcase, test_rates_of_one);
	tcase_add_loop_test(tcase, test_rates_of_many, 4, 6);
	tcase_add_test(tcase, test_rates_line);
	tcase_add_test(tcase, test_busy);
	suite_add_tcase(suite, tcase);
	return suite;
}
