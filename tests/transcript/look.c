/* SPDX-License-Identifier: BSD-2-Clause */
/* What a transcript asserts of a connection's or the whole stack's inside. */
#include <stdio.h>
#include <string.h>

#include "transcript.h"

struct field {
	const char *name;
	int64_t value;
};

/* "5", "50ms", "20us", "2s", "10mss". */
static bool quantity(const char **at, const struct sl_test_info *info, int64_t *value)
{
	static const struct {
		const char *name;
		int64_t factor;
	} units[] = { { "ms", 1000000 }, { "us", 1000 }, { "s", 1000000000 } };

	if (!sl_text_number(at, value))
		return false;
	if (info && sl_text_word(at, "mss")) {
		*value *= info->mss_bytes;
		return true;
	}
	for (size_t i = 0; i < 3; i++) {
		if (sl_text_word(at, units[i].name)) {
			*value *= units[i].factor;
			return true;
		}
	}
	return true;
}

/* Longer marks first. */
static bool compare(const char **at, int64_t value, const struct sl_test_info *info, bool *holds,
		    int64_t *wanted)
{
	static const char *const marks[] = { "==", "!=", "<=", ">=", "<", ">" };
	int mark = 0;

	while (mark < 6 && !sl_text_mark(at, marks[mark]))
		mark++;
	if (mark == 6 || !quantity(at, info, wanted))
		return false;
	switch (mark) {
	case 0:
		*holds = value == *wanted;
		break;
	case 1:
		*holds = value != *wanted;
		break;
	case 2:
		*holds = value <= *wanted;
		break;
	case 3:
		*holds = value >= *wanted;
		break;
	case 4:
		*holds = value < *wanted;
		break;
	default:
		*holds = value > *wanted;
		break;
	}
	return true;
}

static bool look(struct sl_play *play, const char **at, const struct field *fields, size_t cnt,
		 const struct sl_test_info *info)
{
	int64_t wanted;
	bool holds;

	for (size_t i = 0; i < cnt; i++) {
		if (!sl_text_word(at, fields[i].name))
			continue;
		if (!compare(at, fields[i].value, info, &holds, &wanted))
			return sl_play_fail(play, "%s ==, !=, <, <=, > or >= NUMBER",
					    fields[i].name);
		return holds || sl_play_fail(play, "%s is %lld, compared with %lld", fields[i].name,
					     (long long)fields[i].value, (long long)wanted);
	}
	return sl_play_fail(play, "no such field: %s", *at);
}

static bool look_state(struct sl_play *play, const char **at, const char *state)
{
	char wanted[32];

	if (!sl_text_mark(at, "==") || !sl_text_name(at, wanted, sizeof(wanted)))
		return sl_play_fail(play, "state == NAME");
	return strcmp(wanted, state) == 0 ||
	       sl_play_fail(play, "the state is %s, not %s", state, wanted);
}

bool sl_play_info(struct sl_play *play, const char *at)
{
	struct sl_test_info info;
	int64_t fd;

	if (!sl_text_number(&at, &fd) || !sl_text_mark(&at, ")"))
		return sl_play_fail(play, "info(FD) FIELD == NUMBER, …");
	if (sl_test_info(play->stack, (int)fd, &info) != 0)
		return sl_play_fail(play, "no connection");
	do {
		const struct field fields[] = {
			{ "mss", info.mss_bytes },
			{ "cwnd", info.cwnd_bytes },
			{ "ssthresh", info.ssthresh_bytes },
			{ "peer_window", info.peer_window_bytes },
			{ "in_flight", info.in_flight_bytes },
			{ "unread", info.unread_bytes },
			{ "unsent", info.unsent_bytes },
			{ "unacked", info.unacked_bytes },
			{ "srtt", (int64_t)info.srtt_ns },
			{ "rttvar", (int64_t)info.rttvar_ns },
			{ "rto", (int64_t)info.rto_ns },
			{ "min_rtt", (int64_t)info.min_rtt_ns },
			{ "pacing_rate", (int64_t)info.pacing_rate },
			{ "delivery_rate", (int64_t)info.delivery_rate },
			{ "sent", (int64_t)info.sent_bytes },
			{ "resent", (int64_t)info.resent_bytes },
			{ "lost", (int64_t)info.lost_bytes },
			{ "rtos", info.rto_cnt },
		};

		if (sl_text_word(&at, "state")) {
			if (!look_state(play, &at, info.state))
				return false;
		} else if (!look(play, &at, fields, sizeof(fields) / sizeof(fields[0]), &info)) {
			return false;
		}
	} while (sl_text_mark(&at, ","));
	return sl_text_end(&at) || sl_play_fail(play, "something behind the look");
}

bool sl_play_counters(struct sl_play *play, const char *at)
{
	struct sl_test_counters counters;

	if (!sl_text_mark(&at, ")"))
		return sl_play_fail(play, "counters() FIELD == NUMBER, …");
	sl_test_counters(play->stack, &counters);
	do {
		const struct field fields[] = {
			{ "segments_in", (int64_t)counters.segments_in },
			{ "bad_in", (int64_t)counters.bad_in },
			{ "no_connection", (int64_t)counters.no_connection_in },
			{ "out_of_window", (int64_t)counters.out_of_window_in },
			{ "out_of_order", (int64_t)counters.out_of_order_in },
			{ "dup_acks", (int64_t)counters.dup_acks_in },
			{ "resent", (int64_t)counters.resent_segments_out },
			{ "resets", (int64_t)counters.resets_out },
			{ "recoveries", (int64_t)counters.recoveries },
			{ "rtos", (int64_t)counters.rtos },
			{ "timed_out", (int64_t)counters.timed_out },
			{ "stalled", (int64_t)counters.stalled },
			{ "backlog_full", (int64_t)counters.backlog_full },
			{ "table_full", (int64_t)counters.table_full },
			{ "open", counters.open_cnt },
			{ "embryonic", counters.embryonic_cnt },
			{ "time_wait", counters.time_wait_cnt },
		};

		if (!look(play, &at, fields, sizeof(fields) / sizeof(fields[0]), NULL))
			return false;
	} while (sl_text_mark(&at, ","));
	return sl_text_end(&at) || sl_play_fail(play, "something behind the look");
}
