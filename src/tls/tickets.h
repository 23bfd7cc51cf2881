/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tickets: the keys that session tickets are sealed with, AES-CBC and HMAC-SHA256 as RFC 5077, 4,
 * recommends. A ticket holds all there is to a session, so nothing is remembered, and whoever has
 * the key may resume it: every worker, since they share these, and every server that is given the
 * same key files.
 *
 * The first key seals, all of them open. Without files keys are random and change every
 * SL_TICKETS_ROTATE_S; the last SL_TICKETS_KEPT open, so a ticket is good for at least
 * SL_TICKETS_LIFETIME_S, which is what clients are told, and whoever learns the keys can read no
 * more than a day and a half of what was said before.
 *
 * The main thread writes, a few times a day, and workers read whenever a ticket comes: each takes a
 * copy, and never waits for the main thread.
 */
#ifndef SL_TLS_TICKETS_H
#define SL_TLS_TICKETS_H

#include <stdbool.h>
#include <stdint.h>

enum {
	SL_TICKETS_KEYS_MAX = 16, /* of all files */
	SL_TICKETS_KEPT = 3,
	SL_TICKETS_ROTATE_S = 12 * 3600,
	SL_TICKETS_LIFETIME_S = (SL_TICKETS_KEPT - 1) * SL_TICKETS_ROTATE_S,
};

struct sl_tickets;

struct sl_ticket_key {
	uint8_t name[16]; /* stands in the ticket in the clear */
	uint8_t hmac_key[32], aes_key[32];
	uint64_t key_bytes; /* of each of them: 32, or 16 as in old files */
};

/* Files as nginx's ssl_session_ticket_key has them: 80 bytes (name 16, HMAC key 32, AES-256 key 32)
 * or 48 (name 16, AES-128 key 16, HMAC key 16); a file may hold several of 80 bytes, one after the
 * other. path_cnt 0: random keys. The paths outlive the tickets. Errors: -ENOENT, -EACCES, -EINVAL
 * (not that many bytes, too many keys, the same name twice), -ENOMEM, what else reading says, each
 * with its line in *problem. Main thread. */
int sl_tickets_open(struct sl_tickets **tickets, const char *const paths[], uint32_t path_cnt,
		    uint64_t now_ns, const char **problem);
void sl_tickets_close(struct sl_tickets *tickets);

/* Reads the files again, if there are any. Errors: as open; then the keys stay as they are. Main
 * thread. */
int sl_tickets_reload(struct sl_tickets *tickets, const char **problem);

/* Random keys: makes a new one if the time has come. Returns when to call again, UINT64_MAX for
 * never. Main thread. */
uint64_t sl_tickets_rotate(struct sl_tickets *tickets, uint64_t now_ns);

/* The key that seals, or the one of that name; false if there is none. The copy is the caller's to
 * cleanse. Any thread. */
void sl_tickets_first(const struct sl_tickets *tickets, struct sl_ticket_key *key);
bool sl_tickets_find(const struct sl_tickets *tickets, const uint8_t name[16],
		     struct sl_ticket_key *key, bool *is_first);

#endif
