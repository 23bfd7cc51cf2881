/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/units.h"

enum { BAR_COLUMNS = 24 };

/* Often enough to look alive, seldom enough for a log. */
#define TERMINAL_EVERY_NS (SL_NS_PER_S / 5)
#define PLAIN_EVERY_NS    (5 * SL_NS_PER_S)

void sl_progress_begin(struct sl_progress *progress, const char *verb, uint64_t total_bytes)
{
	*progress = (struct sl_progress){
		.verb = verb,
		.total_bytes = total_bytes,
		.started_ns = sl_clock_now_ns(),
		.terminal = isatty(STDERR_FILENO) == 1,
	};
	progress->shown_ns = progress->started_ns;
}

static void draw_bar(char bar[BAR_COLUMNS + 1], uint64_t done_bytes, uint64_t total_bytes)
{
	unsigned full = (unsigned)((double)done_bytes / (double)total_bytes * BAR_COLUMNS);

	for (unsigned i = 0; i < BAR_COLUMNS; i++)
		bar[i] = i < full ? '=' : i == full ? '>' : ' ';
	bar[BAR_COLUMNS] = '\0';
}

void sl_progress_line(const struct sl_progress *progress, uint64_t now_ns,
		      char line[SL_PROGRESS_LINE_BYTES])
{
	char done[SL_UNITS_BYTES], total[SL_UNITS_BYTES], rate[SL_UNITS_BYTES],
	    left[SL_UNITS_BYTES];
	char bar[BAR_COLUMNS + 1];
	double elapsed_s = (double)(now_ns - progress->started_ns) / (double)SL_NS_PER_S;
	double bytes_per_s = elapsed_s > 0 ? (double)progress->done_bytes / elapsed_s : 0;
	/* A file may have grown since they were counted. */
	uint64_t total_bytes = progress->total_bytes > progress->done_bytes ? progress->total_bytes
									    : progress->done_bytes;
	uint64_t left_bytes = total_bytes - progress->done_bytes;
	int used;

	sl_units_bytes(done, progress->done_bytes);
	sl_units_bytes(total, total_bytes);
	sl_units_bytes(rate, (uint64_t)bytes_per_s);
	sl_units_seconds(left, bytes_per_s > 0 ? (uint64_t)((double)left_bytes / bytes_per_s) : 0);
	used = snprintf(line, SL_PROGRESS_LINE_BYTES, "%s %s of %s, %s/s", progress->verb, done,
			total, rate);
	if (left_bytes > 0 && bytes_per_s > 0)
		used +=
		    snprintf(line + used, SL_PROGRESS_LINE_BYTES - (size_t)used, ", %s left", left);
	if (!progress->terminal || total_bytes == 0)
		return;
	draw_bar(bar, progress->done_bytes, total_bytes);
	snprintf(line + used, SL_PROGRESS_LINE_BYTES - (size_t)used, " [%s]", bar);
}

void sl_progress_clear(struct sl_progress *progress)
{
	if (progress->terminal && progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = false;
}

void sl_progress_add(struct sl_progress *progress, uint64_t done_bytes)
{
	uint64_t now_ns = sl_clock_now_ns();
	char line[SL_PROGRESS_LINE_BYTES];

	progress->done_bytes += done_bytes;
	if (now_ns - progress->shown_ns < (progress->terminal ? TERMINAL_EVERY_NS : PLAIN_EVERY_NS))
		return;
	progress->shown_ns = now_ns;
	sl_progress_line(progress, now_ns, line);
	if (progress->terminal)
		fprintf(stderr, "\r%s\033[K", line);
	else
		fprintf(stderr, "%s\n", line);
	fflush(stderr);
	progress->shown = true;
}
