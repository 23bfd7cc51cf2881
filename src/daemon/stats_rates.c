/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/clock.h"
#include "daemon/stats_print.h"
#include "daemon/units.h"

/* What an operator watches. One table serves the terminal and the log, so they never differ. */
enum column_kind {
	RATE,    /* a second */
	RATE_MB, /* megabytes a second */
	LEVEL,   /* as it is */
	BUSY,    /* share of the loop's time */
};

struct column {
	const char *title; /* on a terminal */
	const char *name;  /* in a log */
	enum column_kind kind;
	size_t off_bytes;
};

#define OF(name) offsetof(struct sluice_worker_stats, name)

static const struct column columns[] = {
	{ "busy %", "busy_percent", BUSY, 0 },
	{ "conns", "connections_open", LEVEL, OF(connections_open) },
	{ "req/s", "requests_per_s", RATE, OF(requests) },
	{ "tx MB/s", "tx_mb_per_s", RATE_MB, OF(tx_bytes) },
	{ "tx pkt/s", "tx_packets_per_s", RATE, OF(tx_packets) },
	{ "rx pkt/s", "rx_packets_per_s", RATE, OF(rx_packets) },
	{ "read MB/s", "read_mb_per_s", RATE_MB, OF(read_bytes) },
	{ "resent MB/s", "retransmitted_mb_per_s", RATE_MB, OF(retransmitted_bytes) },
	{ "reread MB/s", "reread_mb_per_s", RATE_MB, OF(reread_bytes) },
	{ "frames", "frames_used", LEVEL, OF(frames_used) },
	{ "buffers", "buffers_used", LEVEL, OF(buffers_used) },
};

enum { COLUMNS = sizeof(columns) / sizeof(columns[0]), LABEL_WIDTH = 10 };

static double seconds_between(const struct sl_stats_sample *now,
			      const struct sl_stats_sample *before)
{
	double up_s = (double)now->wall_s - (double)now->process.started_s;

	if (before)
		return (double)(now->at_ns - before->at_ns) / (double)SL_NS_PER_S;
	return up_s > 1 ? up_s : 1;
}

static double value(const struct column *column, const struct sluice_worker_stats *now,
		    const struct sluice_worker_stats *before, double seconds)
{
	uint64_t to, from;

	if (column->kind == BUSY)
		return 100 * sl_stats_busy(now, before);
	to = sl_stats_number(now, column->off_bytes);
	if (column->kind == LEVEL)
		return (double)to;
	from = before ? sl_stats_number(before, column->off_bytes) : 0;
	if (seconds <= 0)
		return 0;
	return (double)(to - from) / seconds / (column->kind == RATE_MB ? 1e6 : 1);
}

static int decimals(const struct column *column)
{
	return column->kind == RATE_MB || column->kind == BUSY ? 1 : 0;
}

static void print_row(FILE *out, const char *label, const struct sluice_worker_stats *now,
		      const struct sluice_worker_stats *before, double seconds)
{
	fprintf(out, "%-*s", LABEL_WIDTH, label);
	for (size_t idx = 0; idx < COLUMNS; idx++) {
		const struct column *column = &columns[idx];
		int width = (int)strlen(column->title);

		fprintf(out, "  %*.*f", width < 7 ? 7 : width, decimals(column),
			value(column, now, before, seconds));
	}
	fputc('\n', out);
}

static void print_titles(FILE *out)
{
	fprintf(out, "%-*s", LABEL_WIDTH, "");
	for (size_t idx = 0; idx < COLUMNS; idx++)
		fprintf(out, "  %7s", columns[idx].title);
	fputc('\n', out);
}

uint32_t sl_stats_rates(FILE *out, const struct sl_stats_sample *now,
			const struct sl_stats_sample *before)
{
	double seconds = seconds_between(now, before);
	uint32_t worker_cnt = now->process.worker_cnt;
	char text[SL_UNITS_BYTES];

	print_titles(out);
	for (uint32_t idx = 0; idx < worker_cnt; idx++) {
		snprintf(text, sizeof(text), "worker %u", idx);
		print_row(out, text, &now->workers[idx], before ? &before->workers[idx] : NULL,
			  seconds);
	}
	if (worker_cnt == 1)
		return 2;
	print_row(out, "total", &now->total, before ? &before->total : NULL, seconds);
	return worker_cnt + 2;
}

void sl_stats_rates_line(FILE *out, const struct sl_stats_sample *now,
			 const struct sl_stats_sample *before)
{
	double seconds = seconds_between(now, before);

	for (size_t idx = 0; idx < COLUMNS; idx++)
		fprintf(out, "%s%s=%.*f", idx ? " " : "", columns[idx].name,
			decimals(&columns[idx]),
			value(&columns[idx], &now->total, before ? &before->total : NULL, seconds));
	fputc('\n', out);
}
