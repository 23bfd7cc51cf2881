/* SPDX-License-Identifier: BSD-2-Clause */
/* Stats print: samples of a server's counters as text. Writes to out, checks nothing: the caller
 * looks at ferror. */
#ifndef SL_DAEMON_STATS_PRINT_H
#define SL_DAEMON_STATS_PRINT_H

#include <stdio.h>

#include "daemon/stats_reader.h"

/* before is an earlier sample of the same server, or NULL: then shares and rates are those since
 * it started. */

/* Who serves where and how packets are steered: two lines and an empty one. */
void sl_stats_head(FILE *out, const struct sl_stats_sample *now);

/* For people: the head, what is in force, then a row a counter and a column a worker, and a total
 * if there are several. */
void sl_stats_table(FILE *out, const struct sl_stats_sample *now);

/* For programs: one JSON object on one line (RFC 8259), plain numbers. */
void sl_stats_json(FILE *out, const struct sl_stats_sample *now,
		   const struct sl_stats_sample *before);

/* For eyes on a terminal of 80 columns: a row a rate, a column a worker and one for their total; of
 * more than four workers only the total. Returns how many lines that were. */
uint32_t sl_stats_rates(FILE *out, const struct sl_stats_sample *now,
			const struct sl_stats_sample *before);

/* For a log: the rates of all workers together as name=number on one line. */
void sl_stats_rates_line(FILE *out, const struct sl_stats_sample *now,
			 const struct sl_stats_sample *before);

/* "native", "generic", "dispatcher" or "unknown". */
const char *sl_stats_steering(const struct sluice_process_stats *process);

/* Busy share of worker's loop in [0, 1] between two samples of it; before may be NULL. */
double sl_stats_busy(const struct sluice_worker_stats *now,
		     const struct sluice_worker_stats *before);

#endif
