/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/clock.h"
#include "daemon/stats_print.h"
#include "daemon/units.h"

/* What an operator watches. One table serves the terminal and the log, so they never differ. */
enum rate_kind {
	RATE,    /* a second */
	RATE_MB, /* megabytes a second */
	LEVEL,   /* as it is */
	BUSY,    /* share of the loop's time */
};

struct rate {
	const char *title; /* on a terminal */
	const char *name;  /* in a log */
	enum rate_kind kind;
	size_t off_bytes;
};

#define OF(name) offsetof(struct sluice_worker_stats, name)

static const struct rate rates[] = {
	{ "loop busy, %", "busy_percent", BUSY, 0 },
	{ "connections open", "connections_open", LEVEL, OF(connections_open) },
	{ "requests/s", "requests_per_s", RATE, OF(requests) },
	{ "sent, MB/s", "tx_mb_per_s", RATE_MB, OF(tx_bytes) },
	{ "sent, packets/s", "tx_packets_per_s", RATE, OF(tx_packets) },
	{ "received, packets/s", "rx_packets_per_s", RATE, OF(rx_packets) },
	{ "read, MB/s", "read_mb_per_s", RATE_MB, OF(read_bytes) },
	{ "retransmitted, MB/s", "retransmitted_mb_per_s", RATE_MB, OF(retransmitted_bytes) },
	{ "read again, MB/s", "reread_mb_per_s", RATE_MB, OF(reread_bytes) },
	{ "frames in use", "frames_used", LEVEL, OF(frames_used) },
	{ "buffers in use", "buffers_used", LEVEL, OF(buffers_used) },
};

/* Four workers and their total are as much as 80 columns hold; a line that wraps could not be drawn
 * over. */
enum {
	RATES = sizeof(rates) / sizeof(rates[0]),
	LABEL_WIDTH = 20,
	CELL_WIDTH = 11,
	WORKERS_SHOWN_MAX = 4,
};
_Static_assert(LABEL_WIDTH + (WORKERS_SHOWN_MAX + 1) * (CELL_WIDTH + 1) <= 80, "fits a terminal");

static double seconds_between(const struct sl_stats_sample *now,
			      const struct sl_stats_sample *before)
{
	double up_s = (double)now->wall_s - (double)now->process.started_s;

	if (before)
		return (double)(now->at_ns - before->at_ns) / (double)SL_NS_PER_S;
	return up_s > 1 ? up_s : 1;
}

static double value(const struct rate *rate, const struct sluice_worker_stats *now,
		    const struct sluice_worker_stats *before, double seconds)
{
	uint64_t to, from;

	if (rate->kind == BUSY)
		return 100 * sl_stats_busy(now, before);
	to = sl_stats_number(now, rate->off_bytes);
	if (rate->kind == LEVEL)
		return (double)to;
	from = before ? sl_stats_number(before, rate->off_bytes) : 0;
	if (seconds <= 0)
		return 0;
	return (double)(to - from) / seconds / (rate->kind == RATE_MB ? 1e6 : 1);
}

static int decimals(const struct rate *rate)
{
	return rate->kind == RATE_MB || rate->kind == BUSY ? 1 : 0;
}

static uint32_t shown_cnt(const struct sl_stats_sample *now)
{
	return now->process.worker_cnt <= WORKERS_SHOWN_MAX ? now->process.worker_cnt : 0;
}

static void print_titles(FILE *out, const struct sl_stats_sample *now)
{
	char text[SL_UNITS_BYTES];

	fprintf(out, "%-*s", LABEL_WIDTH, "");
	for (uint32_t idx = 0; idx < shown_cnt(now); idx++) {
		snprintf(text, sizeof(text), "worker %u", idx);
		fprintf(out, " %*s", CELL_WIDTH, text);
	}
	if (now->process.worker_cnt > 1)
		fprintf(out, " %*s", CELL_WIDTH, "total");
	fputc('\n', out);
}

static void print_row(FILE *out, const struct rate *rate, const struct sl_stats_sample *now,
		      const struct sl_stats_sample *before)
{
	double seconds = seconds_between(now, before);

	fprintf(out, "%-*s", LABEL_WIDTH, rate->title);
	for (uint32_t idx = 0; idx < shown_cnt(now); idx++)
		fprintf(out, " %*.*f", CELL_WIDTH, decimals(rate),
			value(rate, &now->workers[idx], before ? &before->workers[idx] : NULL,
			      seconds));
	if (now->process.worker_cnt > 1)
		fprintf(out, " %*.*f", CELL_WIDTH, decimals(rate),
			value(rate, &now->total, before ? &before->total : NULL, seconds));
	fputc('\n', out);
}

uint32_t sl_stats_rates(FILE *out, const struct sl_stats_sample *now,
			const struct sl_stats_sample *before)
{
	print_titles(out, now);
	for (size_t idx = 0; idx < RATES; idx++)
		print_row(out, &rates[idx], now, before);
	return RATES + 1;
}

void sl_stats_rates_line(FILE *out, const struct sl_stats_sample *now,
			 const struct sl_stats_sample *before)
{
	double seconds = seconds_between(now, before);

	for (size_t idx = 0; idx < RATES; idx++)
		fprintf(out, "%s%s=%.*f", idx ? " " : "", rates[idx].name, decimals(&rates[idx]),
			value(&rates[idx], &now->total, before ? &before->total : NULL, seconds));
	fputc('\n', out);
}
