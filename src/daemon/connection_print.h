/* SPDX-License-Identifier: BSD-2-Clause */
/* Connection print: rows of a snapshot as text. Writes to out, checks nothing: the caller looks at
 * ferror. */
#ifndef SL_DAEMON_CONNECTION_PRINT_H
#define SL_DAEMON_CONNECTION_PRINT_H

#include <stdio.h>

#include "serve/snapshot.h"

/* No row takes more, in either shape. */
enum { SL_CONNECTION_TEXT_BYTES = 2048 };

/* RFC 9293's names, in the spelling of ss: "established", "syn-received", "fin-wait-1"… */
const char *sl_connection_state(enum sl_tcp_state state);
enum { SL_CONNECTION_STATES = SL_TCP_TIME_WAIT + 1 };

/* "opening", "handshake", "idle", "request", "lookup", "response" or "closing". */
const char *sl_connection_doing(enum sl_snapshot_doing doing);

/* For people: two lines in the manner of `ss -ti`. Times in milliseconds, cwnd and ssthresh in
 * segments, rates in bits; whatever else is a number of bytes says so. */
void sl_connection_text(FILE *out, uint32_t worker_idx, const struct sl_snapshot_row *row);

/* For programs: one JSON object on one line (RFC 8259), plain numbers with their unit in the name;
 * null where a number is not known. */
void sl_connection_json(FILE *out, uint32_t worker_idx, const struct sl_snapshot_row *row);

/* Many of them, added up. */
struct sl_connection_sum {
	uint64_t cnt, tls_cnt, recovering_cnt;
	uint64_t state_cnt[SL_CONNECTION_STATES];
	uint64_t doing_cnt[SL_DOING_CLOSING + 1];
	uint64_t congestion_cnt[SL_CONGESTION_NEWRENO + 1];
	uint64_t in_flight_bytes, unacked_bytes, left_bytes;
	uint64_t sent_bytes, resent_bytes, acked_bytes, lost_bytes;
	uint64_t pacing_rate, delivery_rate;
};
void sl_connection_add(struct sl_connection_sum *sum, const struct sl_snapshot_row *row);
void sl_connection_sum(FILE *out, const struct sl_connection_sum *sum);

#endif
