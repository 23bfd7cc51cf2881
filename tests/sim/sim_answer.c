/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "sim_clock.h"
#include "sim_violation.h"

enum { PART_BYTES = 16384 };

/* How old an answer may be: content/content.c. */
#define FRESH_NS SL_NS_PER_S

void sl_sim_answer_expect(struct sl_sim_answer *answer, const struct sl_sim_question *question)
{
	answer->question = *question;
	answer->head_bytes = 0;
	answer->head_done = answer->closes = answer->failed = false;
	answer->left_bytes = answer->body_bytes = 0;
	answer->versions = 0;
}

bool sl_sim_answer_whole(const struct sl_sim_answer *answer)
{
	return answer->head_done && answer->left_bytes == 0;
}

static bool is_missing(const struct sl_sim_answer *answer)
{
	return answer->question.file_idx == SL_SIM_PLAN_FILES;
}

static bool may_be_cut(const struct sl_sim_plan *plan, uint32_t file_idx)
{
	for (uint32_t i = 0; i < plan->mishap_cnt; i++)
		if (plan->mishaps[i].kind == SL_SIM_CUT && plan->mishaps[i].file_idx == file_idx)
			return true;
	return false;
}

/* What of the question's answer would have had another length in that version. */
static uint64_t wanted_bytes(const struct sl_sim_question *question,
			     const struct sl_sim_version *version)
{
	return question->whole ? version->size_bytes : question->len_bytes;
}

/* Versions that were the file's at some time from a second before the question on. */
static uint32_t versions_of(const struct sl_sim_answer *answer, const struct sl_sim_plan *plan)
{
	const struct sl_sim_file *file = &plan->files[answer->question.file_idx];
	uint64_t since_ns = answer->question.asked_ns - FRESH_NS;
	uint32_t versions = 0;

	for (uint32_t i = 0; i < file->version_cnt; i++) {
		bool was_there = SL_SIM_START_NS + file->versions[i].at_ns <= sl_clock_now_ns();
		bool was_followed = i + 1 < file->version_cnt &&
				    SL_SIM_START_NS + file->versions[i + 1].at_ns < since_ns;

		if (was_there && !was_followed &&
		    answer->left_bytes == wanted_bytes(&answer->question, &file->versions[i]))
			versions |= UINT32_C(1) << i;
	}
	return versions;
}

static void check_head(struct sl_sim_answer *answer, const struct sl_sim_plan *plan, uint32_t place)
{
	const struct sl_sim_question *question = &answer->question;
	int wanted = is_missing(answer) ? 404 : question->whole ? 200 : 206;
	const char *length = strstr(answer->head, "\r\nContent-Length: ");
	int status;

	answer->head_done = true;
	if (strncmp(answer->head, "HTTP/1.1 ", 9) != 0)
		sl_sim_violation(place, "what came is no response");
	status = (int)strtol(answer->head + 9, NULL, 10);
	answer->closes = strstr(answer->head, "\r\nConnection: close\r\n") != NULL;
	answer->left_bytes = length ? strtoull(length + 18, NULL, 10) : 0;
	if (status >= 500 && plan->faults)
		answer->failed = true;
	else if (status != wanted)
		sl_sim_violation(place, "status %d instead of %d", status, wanted);
	else if (!is_missing(answer))
		answer->versions = versions_of(answer, plan);
	if (!answer->failed && !is_missing(answer) && !answer->versions &&
	    !may_be_cut(plan, question->file_idx))
		sl_sim_violation(place, "%llu bytes are announced instead of %llu",
				 (unsigned long long)answer->left_bytes,
				 (unsigned long long)question->len_bytes);
	if (question->head_only)
		answer->left_bytes = 0;
}

static size_t take_head(struct sl_sim_answer *answer, const struct sl_sim_plan *plan,
			uint32_t place, const uint8_t *data, size_t len_bytes)
{
	for (size_t i = 0; i < len_bytes; i++) {
		if (answer->head_bytes == SL_SIM_HEAD_MAX_BYTES - 1)
			sl_sim_violation(place, "a head without end");
		answer->head[answer->head_bytes++] = (char)data[i];
		answer->head[answer->head_bytes] = '\0';
		if (answer->head_bytes < 4 ||
		    memcmp(answer->head + answer->head_bytes - 4, "\r\n\r\n", 4) != 0)
			continue;
		check_head(answer, plan, place);
		return i + 1;
	}
	return len_bytes;
}

/* Each overwriting turns another bit: bits of those that have happened may differ. */
static uint8_t may_differ(const struct sl_sim_plan *plan, uint32_t file_idx)
{
	uint8_t mask = 0, bit = 1;

	for (uint32_t i = 0; i < plan->mishap_cnt; i++) {
		if (plan->mishaps[i].kind != SL_SIM_OVERWRITE ||
		    plan->mishaps[i].file_idx != file_idx)
			continue;
		mask |= bit;
		bit = (uint8_t)(bit << 1);
	}
	return mask;
}

static void check_versions(struct sl_sim_answer *answer, const struct sl_sim_file *file,
			   uint32_t place, const uint8_t *data, size_t len_bytes)
{
	uint64_t off_bytes = answer->question.off_bytes + answer->body_bytes;
	uint32_t versions = answer->versions;
	uint8_t wanted[PART_BYTES];

	for (uint32_t i = 0; i < file->version_cnt; i++) {
		if (!(versions >> i & 1))
			continue;
		sl_sim_disk_content(file->versions[i].seed, off_bytes, wanted, len_bytes);
		if (memcmp(data, wanted, len_bytes) != 0)
			answer->versions &= ~(UINT32_C(1) << i);
	}
	if (!answer->versions)
		sl_sim_violation(place, "from byte %llu on it is of no version that it may be of",
				 (unsigned long long)off_bytes);
}

static void check_body(struct sl_sim_answer *answer, const struct sl_sim_plan *plan, uint32_t place,
		       const uint8_t *data, size_t len_bytes)
{
	uint64_t off_bytes = answer->question.off_bytes + answer->body_bytes;
	uint8_t wanted[PART_BYTES], mask;

	if (is_missing(answer) || answer->failed)
		return;
	if (plan->files[answer->question.file_idx].version_cnt > 1) {
		check_versions(answer, &plan->files[answer->question.file_idx], place, data,
			       len_bytes);
		return;
	}
	sl_sim_disk_content(plan->files[answer->question.file_idx].seed, off_bytes, wanted,
			    len_bytes);
	if (memcmp(data, wanted, len_bytes) == 0)
		return;
	mask = may_differ(plan, answer->question.file_idx);
	for (size_t i = 0; i < len_bytes; i++)
		if ((data[i] ^ wanted[i]) & ~mask)
			sl_sim_violation(place, "byte %llu is not the file's",
					 (unsigned long long)(off_bytes + i));
}

size_t sl_sim_answer_take(struct sl_sim_answer *answer, const struct sl_sim_plan *plan,
			  uint32_t place, const uint8_t *data, size_t len_bytes)
{
	size_t took_bytes = 0;

	if (!answer->head_done)
		took_bytes = take_head(answer, plan, place, data, len_bytes);
	while (took_bytes < len_bytes && answer->left_bytes > 0) {
		size_t part_bytes = len_bytes - took_bytes;

		if (part_bytes > answer->left_bytes)
			part_bytes = answer->left_bytes;
		if (part_bytes > PART_BYTES)
			part_bytes = PART_BYTES;
		check_body(answer, plan, place, data + took_bytes, part_bytes);
		took_bytes += part_bytes;
		answer->left_bytes -= part_bytes;
		answer->body_bytes += part_bytes;
	}
	return took_bytes;
}

int sl_sim_question_write(const struct sl_sim_question *question, const struct sl_sim_plan *plan,
			  bool last, char *out, size_t max_bytes)
{
	const char *name = question->file_idx == SL_SIM_PLAN_FILES
			       ? "nothing"
			       : plan->files[question->file_idx].name;
	char range[80] = "";

	if (!question->whole)
		snprintf(range, sizeof(range), "Range: bytes=%llu-%llu\r\n",
			 (unsigned long long)question->off_bytes,
			 (unsigned long long)(question->off_bytes + question->len_bytes - 1));
	return snprintf(out, max_bytes, "%s /%s HTTP/1.1\r\nHost: sim\r\n%s%s\r\n",
			question->head_only ? "HEAD" : "GET", name, range,
			last ? "Connection: close\r\n" : "");
}
