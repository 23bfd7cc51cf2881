/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of the TLS room share: vectors in hex, engines, keys that are not secret. */
#ifndef SL_TESTS_UNIT_ROOM_TLS_H
#define SL_TESTS_UNIT_ROOM_TLS_H

#include <check.h>
#include <stddef.h>
#include <stdint.h>

#include "tls/keys.h"

Suite *suite_aead(void);
Suite *suite_certificate(void);
Suite *suite_context(void);
Suite *suite_control(void);
Suite *suite_handshake(void);
Suite *suite_heap(void);
Suite *suite_hmac(void);
Suite *suite_keys(void);
Suite *suite_names(void);
Suite *suite_open(void);
Suite *suite_prf(void);
Suite *suite_record_limit(void);
Suite *suite_record_log(void);
Suite *suite_resumption(void);
Suite *suite_seal(void);
Suite *suite_seat(void);
Suite *suite_selection(void);
Suite *suite_staple(void);
Suite *suite_tickets(void);

/* Names of the engines built in. */
extern const char *const tls_engines[];
extern const int tls_engine_cnt;

/* Digits of text to bytes, blanks skipped; returns how many. */
size_t hex(uint8_t *out, const char *text);

/* data is what text says in hex. */
void expect_hex(const uint8_t *data, size_t len_bytes, const char *text);

/* Bytes that look like anything but a pattern, the same every time for the same seed. */
void fill(uint8_t *out, size_t len_bytes, uint32_t seed);

/* An engine with one table, and one direction's keys derived into it. */
struct tls_side {
	struct sl_aead *aead;
	void *table;
	struct sl_tls_keys keys;
};

/* All that a connection's records may look like: each kind in TLS 1.3, and in TLS 1.2. */
enum { TLS_SHAPE_CNT = 2 * SL_AEAD_KINDS };
extern const struct tls_shape {
	enum sl_aead_kind kind;
	enum sl_tls_format format;
} tls_shapes[TLS_SHAPE_CNT];

/* Engine by name; kind's keys, for TLS 1.3 or of that shape, from a secret of bytes seed, seed + 1,
 * ... */
void tls_side_init(struct tls_side *side, const char *engine, enum sl_aead_kind kind, uint8_t seed);
void tls_side_init_shape(struct tls_side *side, const char *engine, int shape_idx, uint8_t seed);
void tls_side_fini(struct tls_side *side);

#endif
