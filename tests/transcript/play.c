/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One transcript, line by line. Time is the transcript's: the stack is moved on to where a line
 * says, and what leaves on the way has to have been expected by a line before.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "transcript.h"

/* The wheel is up to one tick late, 66 us, and so may two timers be of which one arms the other. */
#define TOLERANCE_NS (SL_NS_PER_MS / 2)
#define START_NS     (1000 * SL_NS_PER_S)
#define PATIENCE_NS  (10000 * SL_NS_PER_S)

/* RFC 6528's clock ticks every 4 us in ours. */
enum { ISN_TICK_NS = 4000, FIRST_PEER_PORT = 40000, LINE_MAX_BYTES = 512 };

bool sl_play_fail(const struct sl_play *play, const char *format, ...)
{
	va_list arguments;

	printf("%s:%d: ", play->path, play->line);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
	return false;
}

/* ---- Beginning ----------------------------------------------------------------------- */

static void begin(struct sl_play *play)
{
	play->world = (struct sl_world){ .vlan = -1, .port = 443 };
	for (int i = 0; i < SL_PEERS_MAX; i++) {
		play->world.peers[i].port = (uint16_t)(FIRST_PEER_PORT + i);
		play->world.peers[i].isn = 100000U * (uint32_t)(i + 1);
		play->world.peers[i].win = 65535;
	}
	play->config.start_ns = START_NS;
	play->config.unpaced = true;
	play->tolerance_ns = TOLERANCE_NS;
	play->listener = -1;
}

static bool open_stack(struct sl_play *play)
{
	if (sl_test_open(&play->stack, &play->config) != 0)
		return sl_play_fail(play, "the stack cannot be made so");
	play->world.start_ns = play->config.start_ns;
	play->world.now_ns = play->config.start_ns;
	play->at_ns = play->config.start_ns;
	return true;
}

/* Numbers and timestamps start from secrets and the time, so there is a time at which they start
 * where the transcript wants them: one handshake is tried to learn how far off it is. */
static bool shift_start(struct sl_play *play)
{
	static const char syn[] = "S 0:0(0) win 1000 <mss 1000,TS>";
	struct sl_world world = play->world;
	struct sl_packet_line line;
	struct sl_seen seen;
	uint8_t frame[SL_FRAME_MAX_BYTES];
	const char *at = syn, *problem;
	uint64_t left_ns;
	uint32_t bytes;

	if (!play->has_isn && !play->has_stamp)
		return true;
	if (!open_stack(play))
		return false;
	world.start_ns = world.now_ns = play->config.start_ns;
	if (!sl_play_call(play, "listen()"))
		return false;
	sl_packet_read(&at, &line);
	bytes = sl_frame_build(&world, &line, frame);
	sl_test_input(play->stack, frame, bytes);
	bytes = (uint32_t)sl_test_output(play->stack, frame, sizeof(frame), &left_ns);
	if (!sl_frame_read(&world, frame, bytes, &seen, &problem))
		return sl_play_fail(play, "no SYN-ACK to learn from: %s", problem);
	if (play->has_isn)
		play->config.start_ns += (uint64_t)(play->isn - seen.segment.seq) * ISN_TICK_NS;
	else
		play->config.start_ns +=
		    (uint64_t)(play->stamp - seen.segment.ts_value) * SL_NS_PER_MS;
	sl_test_free(play->stack);
	play->stack = NULL;
	play->listener = -1;
	return true;
}

/* ---- set ----------------------------------------------------------------------------- */

static bool set_number(struct sl_play *play, const char *name, int64_t number)
{
	struct sl_test_config *config = &play->config;

	if (strcmp(name, "mtu") == 0)
		config->mtu_bytes = (uint32_t)number;
	else if (strcmp(name, "connections") == 0)
		config->connections_max = (uint32_t)number;
	else if (strcmp(name, "embryonic") == 0)
		config->backlog_max = (uint32_t)number;
	else if (strcmp(name, "receive") == 0)
		config->receive_bytes = (uint32_t)number;
	else if (strcmp(name, "keepalive") == 0)
		config->keepalive_ns = (uint64_t)number * SL_NS_PER_S;
	else if (strcmp(name, "stall") == 0)
		config->stall_ns = (uint64_t)number * SL_NS_PER_S;
	else if (strcmp(name, "port") == 0)
		play->world.port = (uint16_t)number;
	else if (strcmp(name, "vlan") == 0)
		play->world.vlan = (int)number;
	else if (strcmp(name, "peer_isn") == 0)
		play->world.peers[0].isn = (uint32_t)number;
	else if (strcmp(name, "isn") == 0)
		play->isn = (uint32_t)number, play->has_isn = true;
	else if (strcmp(name, "timestamp") == 0)
		play->stamp = (uint32_t)number, play->has_stamp = true;
	else
		return false;
	return true;
}

static bool set(struct sl_play *play, const char *at)
{
	char name[32];
	int64_t number;
	bool known;

	if (play->stack)
		return sl_play_fail(play, "set stands before the first event");
	if (sl_text_word(&at, "ipv6")) {
		play->world.ipv6 = true;
		known = true;
	} else if (sl_text_word(&at, "paced")) {
		play->config.unpaced = false;
		known = true;
	} else if (sl_text_word(&at, "tolerance")) {
		known = sl_text_seconds(&at, &play->tolerance_ns);
	} else {
		known = sl_text_name(&at, name, sizeof(name)) && sl_text_number(&at, &number) &&
			set_number(play, name, number);
	}
	return (known && sl_text_end(&at)) || sl_play_fail(play, "nothing that can be set so");
}

/* ---- Time ---------------------------------------------------------------------------- */

struct span { /* when a line happens; equal: a point */
	uint64_t first_ns, last_ns;
	bool any; /* "*" */
};

static bool read_time(const struct sl_play *play, const char **at, struct span *span)
{
	uint64_t base_ns = play->world.start_ns;

	*span = (struct span){ 0 };
	if (sl_text_mark(at, "*")) {
		span->any = true;
		span->first_ns = play->at_ns;
		span->last_ns = play->at_ns + PATIENCE_NS;
		return true;
	}
	if (sl_text_mark(at, "+"))
		base_ns = play->at_ns;
	if (!sl_text_seconds(at, &span->first_ns))
		return false;
	span->last_ns = span->first_ns;
	if (sl_text_mark(at, "~")) {
		sl_text_mark(at, "+");
		if (!sl_text_seconds(at, &span->last_ns))
			return false;
	}
	span->first_ns += base_ns;
	span->last_ns += base_ns;
	return span->first_ns >= play->at_ns && span->first_ns <= span->last_ns;
}

static double seconds(const struct sl_play *play, uint64_t at_ns)
{
	return (double)((int64_t)(at_ns - play->world.start_ns)) / 1e9;
}

/* ---- What leaves --------------------------------------------------------------------- */

/* True if one waits. */
static bool fetch(struct sl_play *play)
{
	if (play->packet_bytes == 0)
		play->packet_bytes = (uint32_t)sl_test_output(
		    play->stack, play->packet, sizeof(play->packet), &play->packet_ns);
	return play->packet_bytes;
}

/* Takes what fetch found. */
static bool read_packet(struct sl_play *play, struct sl_seen *seen, char *text, size_t room_bytes)
{
	uint32_t bytes = play->packet_bytes;
	const char *problem;

	play->packet_bytes = 0;
	if (!sl_frame_read(&play->world, play->packet, bytes, seen, &problem))
		return sl_play_fail(play, "a packet left at %.6f, but %s",
				    seconds(play, play->packet_ns), problem);
	sl_frame_print(seen, text, room_bytes);
	if (play->show)
		printf("%s:%d: %.6f > %s\n", play->path, play->line, seconds(play, play->packet_ns),
		       text);
	return true;
}

static bool nobody_waits(struct sl_play *play, uint64_t before_ns)
{
	char text[LINE_MAX_BYTES];
	struct sl_seen seen;

	if (!fetch(play) || play->packet_ns >= before_ns)
		return true;
	return read_packet(play, &seen, text, sizeof(text)) &&
	       sl_play_fail(play, "before this line there left at %.6f, and no line expects it: %s",
			    seconds(play, play->packet_ns), text);
}

/* Time moves on to at_ns; nothing may be left over from before. */
static bool move_to(struct sl_play *play, uint64_t at_ns)
{
	sl_test_advance(play->stack, at_ns);
	play->at_ns = at_ns;
	play->world.now_ns = sl_test_now_ns(play->stack);
	return nobody_waits(play, at_ns > play->tolerance_ns ? at_ns - play->tolerance_ns : 0);
}

static bool expect_nothing(struct sl_play *play, const struct span *span)
{
	sl_test_advance(play->stack, span->last_ns);
	play->at_ns = span->last_ns;
	return nobody_waits(play, UINT64_MAX);
}

static bool ignore_all(struct sl_play *play, const struct span *span)
{
	char text[LINE_MAX_BYTES];
	struct sl_seen seen;

	sl_test_advance(play->stack, span->first_ns);
	play->at_ns = span->first_ns;
	while (fetch(play)) {
		if (!read_packet(play, &seen, text, sizeof(text)))
			return false;
	}
	return true;
}

static bool expect_packet(struct sl_play *play, struct span *span, const char *at)
{
	bool point = span->first_ns == span->last_ns;
	uint64_t slack_ns = point ? play->tolerance_ns : 0;
	const char *wanted = at, *problem;
	struct sl_packet_line line;
	struct sl_seen seen;
	char text[LINE_MAX_BYTES];

	problem = sl_packet_read(&at, &line);
	if (problem)
		return sl_play_fail(play, "not a packet: %s", problem);
	if (!play->packet_bytes)
		sl_test_run(play->stack, span->last_ns + slack_ns);
	if (!fetch(play))
		return sl_play_fail(play, "expected until %.6f: %s; nothing left",
				    seconds(play, span->last_ns), wanted);
	if (!read_packet(play, &seen, text, sizeof(text)))
		return false;
	if (!sl_frame_matches(&play->world, &line, &seen, &problem))
		return sl_play_fail(play, "expected %s\n    there left at %.6f %s\n    not so: %s",
				    wanted, seconds(play, play->packet_ns), text, problem);
	if (play->packet_ns + slack_ns < span->first_ns ||
	    play->packet_ns > span->last_ns + slack_ns)
		return sl_play_fail(play, "expected at %.6f, left at %.6f: %s",
				    seconds(play, span->first_ns), seconds(play, play->packet_ns),
				    text);
	play->at_ns = point ? span->first_ns : play->packet_ns;
	return true;
}

static bool inject_icmp(struct sl_play *play, const struct span *span, const char *at)
{
	struct sl_icmp_line line;
	uint8_t frame[SL_FRAME_MAX_BYTES];

	if (!sl_icmp_line_read(&at, &line))
		return sl_play_fail(play, "icmp toobig|unreachable|expired [mtu N] about NUMBER");
	if (!move_to(play, span->first_ns))
		return false;
	return sl_test_input(play->stack, frame, sl_icmp_build(&play->world, &line, frame)) == 0 ||
	       sl_play_fail(play, "the stack does not understand the ICMP error");
}

static bool inject(struct sl_play *play, const struct span *span, const char *at)
{
	struct sl_packet_line line;
	const char *problem = sl_packet_read(&at, &line);
	uint8_t frame[SL_FRAME_MAX_BYTES];
	uint32_t bytes;

	if (problem)
		return sl_play_fail(play, "not a packet: %s", problem);
	if (!move_to(play, span->first_ns))
		return false;
	bytes = sl_frame_build(&play->world, &line, frame);
	if (sl_test_input(play->stack, frame, bytes) != 0 && !line.bad_checksum)
		return sl_play_fail(play, "the stack does not understand the packet");
	return true;
}

/* ---- Lines --------------------------------------------------------------------------- */

static bool play_event(struct sl_play *play, const char *at)
{
	struct span span;

	if (!play->stack && (!shift_start(play) || !open_stack(play)))
		return false;
	if (!read_time(play, &at, &span))
		return sl_play_fail(play,
				    "a time comes first: SECONDS, +SECONDS, a range A~B or *");
	if (sl_text_mark(&at, ">")) {
		if (sl_text_word(&at, "nothing"))
			return expect_nothing(play, &span);
		if (sl_text_word(&at, "any"))
			return ignore_all(play, &span);
		while (*at == ' ')
			at++;
		return expect_packet(play, &span, at);
	}
	if (span.first_ns != span.last_ns)
		return sl_play_fail(play, "only what leaves may have a range of times");
	if (sl_text_mark(&at, "<"))
		return sl_text_word(&at, "icmp") ? inject_icmp(play, &span, at)
						 : inject(play, &span, at);
	return move_to(play, span.first_ns) && sl_play_call(play, at);
}

static bool play_line(struct sl_play *play, const char *text)
{
	const char *at = text;

	if (sl_text_end(&at))
		return true;
	if (sl_text_word(&at, "set"))
		return set(play, at);
	return play_event(play, at);
}

static bool play_lines(struct sl_play *play, FILE *file)
{
	char text[LINE_MAX_BYTES];

	while (fgets(text, sizeof(text), file)) {
		play->line++;
		text[strcspn(text, "\n")] = '\0';
		if (!play_line(play, text))
			return false;
	}
	return !play->stack ? sl_play_fail(play, "nothing happens")
			    : nobody_waits(play, UINT64_MAX);
}

bool sl_play_file(const char *path, bool show)
{
	struct sl_play *play = calloc(1, sizeof(*play));
	FILE *file = fopen(path, "r");
	bool passed = false;

	if (!play || !file) {
		printf("%s: cannot be read\n", path);
		goto out;
	}
	play->path = path;
	play->show = show;
	begin(play);
	passed = play_lines(play, file);
out:
	if (play)
		sl_test_free(play->stack);
	free(play);
	if (file)
		fclose(file);
	return passed;
}
