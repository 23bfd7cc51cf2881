/* SPDX-License-Identifier: BSD-2-Clause */
/* Open addressing, at most half full, so that a look that finds nothing ends soon. Patterns are
 * kept as they are written, "*." included: the wildcard of a name is "*" and what follows its first
 * label. */
#include "tls/names.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "base/random.h"

enum { LABEL_MAX_BYTES = 63 };

struct sl_names_slot {
	uint32_t text_off;
	uint32_t pattern_idx; /* SL_NAMES_NONE: empty */
	uint8_t text_bytes;
};

/* ---- one name ---- */

static bool is_label_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Letters make a top-level domain: digits and dots alone are an address. */
static bool has_letter(const char *text, size_t len_bytes)
{
	for (size_t i = 0; i < len_bytes; i++)
		if (text[i] >= 'a' && text[i] <= 'z')
			return true;
	return false;
}

static bool labels_are_good(const char *text, size_t len_bytes)
{
	size_t label_bytes = 0;

	for (size_t i = 0; i < len_bytes; i++) {
		if (text[i] != '.') {
			if (!is_label_byte(text[i]) || ++label_bytes > LABEL_MAX_BYTES)
				return false;
			continue;
		}
		if (label_bytes == 0)
			return false;
		label_bytes = 0;
	}
	return label_bytes > 0;
}

static bool parse(struct sl_name *name, const char *text, size_t len_bytes, bool may_be_wild)
{
	size_t skip_bytes = 0;

	name->len_bytes = 0;
	if (len_bytes > 0 && text[len_bytes - 1] == '.')
		len_bytes--;
	if (len_bytes == 0 || len_bytes > SL_NAME_MAX_BYTES)
		return false;
	for (size_t i = 0; i < len_bytes; i++)
		name->text[i] = lower(text[i]);
	name->text[len_bytes] = '\0';
	if (may_be_wild && len_bytes > 2 && memcmp(text, "*.", 2) == 0)
		skip_bytes = 2;
	if (!labels_are_good(name->text + skip_bytes, len_bytes - skip_bytes) ||
	    !has_letter(name->text, len_bytes))
		return false;
	name->len_bytes = (uint8_t)len_bytes;
	return true;
}

bool sl_name_parse(struct sl_name *name, const void *text, size_t len_bytes)
{
	return parse(name, text, len_bytes, false);
}

bool sl_name_parse_pattern(struct sl_name *name, const void *text, size_t len_bytes)
{
	return parse(name, text, len_bytes, true);
}

/* ---- the table ---- */

int sl_names_init(struct sl_names *names, uint32_t cnt_max, uint32_t text_max_bytes)
{
	uint32_t slot_cnt = 16;

	while (slot_cnt < 2 * cnt_max)
		slot_cnt *= 2;
	*names = (struct sl_names){
		.slots = sl_alloc(slot_cnt, sizeof(*names->slots)),
		.slot_cnt = slot_cnt,
		.texts = sl_alloc(1, text_max_bytes),
		.texts_max_bytes = text_max_bytes,
		.cnt_max = cnt_max,
	};
	sl_random_fill(&names->key, sizeof(names->key));
	if (!names->slots || !names->texts) {
		sl_names_fini(names);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < slot_cnt; i++)
		names->slots[i].pattern_idx = SL_NAMES_NONE;
	return 0;
}

void sl_names_fini(struct sl_names *names)
{
	sl_free(names->slots);
	sl_free(names->texts);
	*names = (struct sl_names){ .slots = NULL };
}

/* The slot that holds text, or the empty one where it would be. */
static struct sl_names_slot *slot_of(const struct sl_names *names, const char *text,
				     uint8_t text_bytes)
{
	for (uint64_t i = sl_hash(&names->key, text, text_bytes);; i++) {
		struct sl_names_slot *slot = &names->slots[i & (names->slot_cnt - 1)];

		if (slot->pattern_idx == SL_NAMES_NONE ||
		    (slot->text_bytes == text_bytes &&
		     memcmp(names->texts + slot->text_off, text, text_bytes) == 0))
			return slot;
	}
}

uint32_t sl_names_add(struct sl_names *names, const struct sl_name *pattern)
{
	struct sl_names_slot *slot = slot_of(names, pattern->text, pattern->len_bytes);

	if (slot->pattern_idx != SL_NAMES_NONE)
		return slot->pattern_idx;
	BUG_ON(names->cnt == names->cnt_max);
	BUG_ON(names->texts_max_bytes - names->texts_bytes < pattern->len_bytes);
	slot->text_off = names->texts_bytes;
	slot->text_bytes = pattern->len_bytes;
	slot->pattern_idx = names->cnt++;
	memcpy(names->texts + slot->text_off, pattern->text, pattern->len_bytes);
	names->texts_bytes += pattern->len_bytes;
	return slot->pattern_idx;
}

uint32_t sl_names_find(const struct sl_names *names, const struct sl_name *name)
{
	const char *dot = memchr(name->text, '.', name->len_bytes);
	struct sl_name wild;
	uint32_t pattern_idx;

	if (name->len_bytes == 0)
		return SL_NAMES_NONE;
	pattern_idx = slot_of(names, name->text, name->len_bytes)->pattern_idx;
	if (pattern_idx != SL_NAMES_NONE || !dot)
		return pattern_idx;
	wild.len_bytes = (uint8_t)(name->len_bytes - (dot - name->text) + 1);
	wild.text[0] = '*';
	memcpy(wild.text + 1, dot, wild.len_bytes - 1u);
	return slot_of(names, wild.text, wild.len_bytes)->pattern_idx;
}
