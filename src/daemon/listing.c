/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/listing.h"

#include <string.h>

static bool take_shape(struct sl_listing *listing, const char *word)
{
	static const char *const shapes[] = { "text", "json", "summary" };

	for (int shape = SL_LISTING_TEXT; shape <= SL_LISTING_SUM; shape++) {
		if (strcmp(word, shapes[shape]) != 0)
			continue;
		listing->shape = (enum sl_listing_shape)shape;
		return true;
	}
	return false;
}

static const char *take_word(struct sl_listing *listing, const char *word)
{
	static const char state[] = "state=", peer[] = "peer=";

	if (take_shape(listing, word))
		return NULL;
	if (strncmp(word, state, sizeof(state) - 1) == 0)
		return sl_connection_filter_state(&listing->filter, word + sizeof(state) - 1)
			   ? NULL
			   : "there is no such state";
	if (strncmp(word, peer, sizeof(peer) - 1) == 0)
		return sl_connection_filter_peer(&listing->filter, word + sizeof(peer) - 1)
			   ? NULL
			   : "the peer is no address";
	return "connections takes text, json or summary, state=STATE and peer=ADDRESS";
}

const char *sl_listing_begin(struct sl_listing *listing, struct sl_worker *const *workers,
			     uint32_t worker_cnt, char *arguments)
{
	const char *problem = NULL;
	char *rest = NULL;

	*listing = (struct sl_listing){ .workers = workers, .worker_cnt = worker_cnt };
	for (char *word = strtok_r(arguments, " ", &rest); word && !problem;
	     word = strtok_r(NULL, " ", &rest))
		problem = take_word(listing, word);
	return problem;
}

static void print_row(struct sl_listing *listing, const struct sl_snapshot_row *row, FILE *out)
{
	if (!sl_connection_wanted(&listing->filter, row))
		return;
	switch (listing->shape) {
	case SL_LISTING_TEXT:
		sl_connection_text(out, listing->worker_idx, row);
		break;
	case SL_LISTING_JSON:
		sl_connection_json(out, listing->worker_idx, row);
		break;
	case SL_LISTING_SUM:
		sl_connection_add(&listing->sum, row);
		break;
	}
}

static void next_worker(struct sl_listing *listing)
{
	listing->worker_idx++;
	listing->next_idx = 0;
	listing->asked = false;
}

static void take_rows(struct sl_listing *listing, const struct sl_snapshot *snapshot, FILE *out)
{
	for (uint32_t row = 0; row < snapshot->row_cnt; row++)
		print_row(listing, &snapshot->rows[row], out);
	listing->next_idx = snapshot->next_idx;
	listing->asked = false;
	if (listing->next_idx == SL_SNAPSHOT_END)
		next_worker(listing);
}

enum sl_listing_step sl_listing_more(struct sl_listing *listing, FILE *out, int answer_fd)
{
	struct sl_worker *worker;

	if (listing->worker_idx == listing->worker_cnt) {
		if (listing->shape == SL_LISTING_SUM)
			sl_connection_sum(out, &listing->sum);
		return SL_LISTING_DONE;
	}
	worker = listing->workers[listing->worker_idx];
	switch (sl_snapshot_state(worker)) {
	case SL_SNAPSHOT_ASKED:
		return SL_LISTING_WAIT;
	case SL_SNAPSHOT_READY:
		if (listing->asked) {
			take_rows(listing, sl_snapshot_rows(worker), out);
			return SL_LISTING_MORE;
		}
		listing->asked = sl_snapshot_ask(worker, listing->next_idx, answer_fd);
		if (listing->asked)
			return SL_LISTING_WAIT;
		break;
	case SL_SNAPSHOT_ENDED:
		break;
	}
	next_worker(listing);
	return SL_LISTING_MORE;
}
