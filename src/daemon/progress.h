/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Progress of a long command, on standard error: a line that changes, with a bar, if it is a
 * terminal; otherwise a plain line every few seconds.
 */
#ifndef SL_DAEMON_PROGRESS_H
#define SL_DAEMON_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct sl_progress {
	const char *verb; /* "imported" */
	uint64_t total_bytes, done_bytes;
	uint64_t started_ns, shown_ns;
	bool terminal, shown;
};

void sl_progress_begin(struct sl_progress *progress, const char *verb, uint64_t total_bytes);
void sl_progress_add(struct sl_progress *progress, uint64_t done_bytes);

/* A line of other output follows: the bar makes room for it. */
void sl_progress_clear(struct sl_progress *progress);

enum { SL_PROGRESS_LINE_BYTES = 160 };

/* What is shown at now_ns; the bar only if it is for a terminal. */
void sl_progress_line(const struct sl_progress *progress, uint64_t now_ns,
		      char line[SL_PROGRESS_LINE_BYTES]);

#endif
