/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answer: a checker of HTTP responses, byte by byte as they come. Every body byte must be the
 * file's, as it is or as it was before it was overwritten; status and length must be what was asked
 * for. Of a file that grows or is replaced, all of a response must be of one version, which was the
 * file's while the answer was on its way, or not longer ago than a second before.
 */
#ifndef SL_TESTS_SIM_ANSWER_H
#define SL_TESTS_SIM_ANSWER_H

#include "sim_plan.h"

enum { SL_SIM_HEAD_MAX_BYTES = 1024 };

struct sl_sim_question {
	uint32_t file_idx; /* SL_SIM_PLAN_FILES: a name that does not exist */
	uint64_t off_bytes, len_bytes;
	uint64_t asked_ns;
	bool head_only, whole;
};

struct sl_sim_answer {
	struct sl_sim_question question;
	char head[SL_SIM_HEAD_MAX_BYTES];
	uint32_t head_bytes;
	bool head_done, closes, failed; /* failed: the server said 5xx */
	uint64_t left_bytes, body_bytes;
	uint32_t versions; /* a bit for each that it may be of */
};

void sl_sim_answer_expect(struct sl_sim_answer *answer, const struct sl_sim_question *question);

/* Bytes that came for it; returns how many are its own, the rest belong to the next answer. A
 * violation if they are wrong. */
size_t sl_sim_answer_take(struct sl_sim_answer *answer, const struct sl_sim_plan *plan,
			  uint32_t place, const uint8_t *data, size_t len_bytes);
bool sl_sim_answer_whole(const struct sl_sim_answer *answer);

/* The request itself; returns its length. */
int sl_sim_question_write(const struct sl_sim_question *question, const struct sl_sim_plan *plan,
			  bool last, char *out, size_t max_bytes);

#endif
