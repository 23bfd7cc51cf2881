/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names: a table of host names and wildcards, and which of them a client asks for. One look for the
 * name itself and one for its wildcard, however many there are.
 *
 * RFC 6125, 6.4: names are compared without case; a wildcard stands for the whole leftmost label
 * and for no more than one, so *.example.com is b.example.com, but neither example.com nor
 * a.b.example.com; the name itself goes before a wildcard.
 */
#ifndef SL_TLS_NAMES_H
#define SL_TLS_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

enum { SL_NAME_MAX_BYTES = 253 }; /* RFC 1035, 2.3.4, without the length bytes at both ends */

#define SL_NAMES_NONE UINT32_MAX

struct sl_name {
	uint8_t len_bytes; /* 0: none */
	char text[SL_NAME_MAX_BYTES + 1];
};

/* text in lower case and without a dot at its end. False, and no name, if it is not one: an empty
 * or too long label or name, bytes other than letters, digits, '-' and '_'; also what looks like an
 * IPv4 address, which SNI must not hold (RFC 6066, 3). */
bool sl_name_parse(struct sl_name *name, const void *text, size_t len_bytes);

/* The same, and "*." may stand before it. */
bool sl_name_parse_pattern(struct sl_name *name, const void *text, size_t len_bytes);

struct sl_names_slot;

struct sl_names {
	struct sl_hash_key key; /* the names are strangers', at a hoster's */
	struct sl_names_slot *slots;
	uint32_t slot_cnt; /* a power of two */
	char *texts;
	uint32_t texts_bytes, texts_max_bytes;
	uint32_t cnt, cnt_max;
};

/* For up to cnt_max patterns with text_max_bytes together. Errors: -ENOMEM. Setup only. */
int sl_names_init(struct sl_names *names, uint32_t cnt_max, uint32_t text_max_bytes);
void sl_names_fini(struct sl_names *names);

/* The number of this pattern: [0, cnt), counted from the first; the same as before if it is in the
 * table already. Setup only; BUG beyond what init was told. */
uint32_t sl_names_add(struct sl_names *names, const struct sl_name *pattern);

/* The number of the pattern that stands for name, or SL_NAMES_NONE. */
uint32_t sl_names_find(const struct sl_names *names, const struct sl_name *name);

#endif
