/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Listing: the answer to a request for connections, made a few rows at a time from the snapshots of
 * one worker after the other. Never waits. Main thread only.
 */
#ifndef SL_DAEMON_LISTING_H
#define SL_DAEMON_LISTING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "daemon/connection_filter.h"
#include "daemon/connection_print.h"

enum sl_listing_shape { SL_LISTING_TEXT, SL_LISTING_JSON, SL_LISTING_SUM };

/* What one step writes at most. */
enum { SL_LISTING_STEP_BYTES = SL_SNAPSHOT_ROWS * SL_CONNECTION_TEXT_BYTES };

struct sl_listing {
	struct sl_worker *const *workers; /* the caller's */
	uint32_t worker_cnt;
	uint32_t worker_idx; /* whose turn it is */
	uint32_t next_idx;   /* of its connections */
	bool asked; /* this listing did; otherwise a snapshot is of one that was broken off */
	enum sl_listing_shape shape;
	struct sl_connection_filter filter;
	struct sl_connection_sum sum;
};

enum sl_listing_step {
	SL_LISTING_MORE, /* something may have been written; go on */
	SL_LISTING_WAIT, /* a worker has been asked: go on when answer_fd says so */
	SL_LISTING_DONE,
};

/* arguments: "text", "json" or "summary", then "state=…", "peer=…", separated by blanks; it is
 * changed. NULL, or in a few words what is wrong with them. */
const char *sl_listing_begin(struct sl_listing *listing, struct sl_worker *const *workers,
			     uint32_t worker_cnt, char *arguments);

enum sl_listing_step sl_listing_more(struct sl_listing *listing, FILE *out, int answer_fd);

#endif
