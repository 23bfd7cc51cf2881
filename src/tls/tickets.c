/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/tickets.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "base/clock.h"
#include "base/random.h"
#include "tls/problem.h"

enum {
	FILE_KEY_BYTES = 80,
	OLD_FILE_KEY_BYTES = 48,
	FILE_MAX_BYTES = SL_TICKETS_KEYS_MAX * FILE_KEY_BYTES,
	KEY_WORDS = sizeof(struct sl_ticket_key) / sizeof(uint64_t),
};
_Static_assert(sizeof(struct sl_ticket_key) % sizeof(uint64_t) == 0, "a key is whole words");

#define ROTATE_NS (SL_TICKETS_ROTATE_S * SL_NS_PER_S)

struct key_set {
	struct sl_ticket_key keys[SL_TICKETS_KEYS_MAX]; /* the one that seals first */
	uint32_t cnt;
};

struct sl_tickets {
	/* Shared. What is in force is sets[edition % 2]; the main thread writes the other one and
	 * then moves on. So a worker never waits for it, not even if it is preempted while it
	 * writes: it copies again only if the keys were changed twice meanwhile. Word by word, so
	 * that none is ever half of one key and half of another as far as the language is
	 * concerned. */
	_Atomic uint32_t edition;
	struct {
		_Atomic uint32_t cnt;
		_Atomic uint64_t words[SL_TICKETS_KEYS_MAX][KEY_WORDS];
	} sets[2];

	/* The main thread's. */
	const char *const *paths;
	uint32_t path_cnt;
	uint64_t rotate_ns; /* when to make the next key */
	struct key_set set;
};

/* ---- shared ---- */

static void publish(struct sl_tickets *tickets)
{
	const struct key_set *set = &tickets->set;
	uint32_t next = atomic_load_explicit(&tickets->edition, memory_order_relaxed) + 1;

	/* Who sees a word of this also sees that the edition has changed since it was in force. */
	atomic_thread_fence(memory_order_release);
	for (uint32_t key = 0; key < SL_TICKETS_KEYS_MAX; key++) {
		uint64_t words[KEY_WORDS];

		memcpy(words, &set->keys[key], sizeof(words));
		for (uint32_t i = 0; i < KEY_WORDS; i++)
			atomic_store_explicit(&tickets->sets[next % 2].words[key][i], words[i],
					      memory_order_relaxed);
		OPENSSL_cleanse(words, sizeof(words));
	}
	atomic_store_explicit(&tickets->sets[next % 2].cnt, set->cnt, memory_order_relaxed);
	atomic_store_explicit(&tickets->edition, next, memory_order_release);
}

static void copy_key(const struct sl_tickets *tickets, uint32_t edition, uint32_t key_idx,
		     struct sl_ticket_key *key)
{
	uint64_t words[KEY_WORDS];

	for (uint32_t i = 0; i < KEY_WORDS; i++)
		words[i] = atomic_load_explicit(&tickets->sets[edition % 2].words[key_idx][i],
						memory_order_relaxed);
	memcpy(key, words, sizeof(*key));
	OPENSSL_cleanse(words, sizeof(words));
}

/* What was copied since edition was read is of one moment. */
static bool is_whole(const struct sl_tickets *tickets, uint32_t edition)
{
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&tickets->edition, memory_order_relaxed) == edition;
}

void sl_tickets_first(const struct sl_tickets *tickets, struct sl_ticket_key *key)
{
	uint32_t edition;

	do {
		edition = atomic_load_explicit(&tickets->edition, memory_order_acquire);
		copy_key(tickets, edition, 0, key);
	} while (!is_whole(tickets, edition));
}

bool sl_tickets_find(const struct sl_tickets *tickets, const uint8_t name[16],
		     struct sl_ticket_key *key, bool *is_first)
{
	uint32_t edition, cnt, idx;

	do {
		edition = atomic_load_explicit(&tickets->edition, memory_order_acquire);
		cnt = atomic_load_explicit(&tickets->sets[edition % 2].cnt, memory_order_relaxed);
		for (idx = 0; idx < cnt; idx++) {
			copy_key(tickets, edition, idx, key);
			if (memcmp(key->name, name, sizeof(key->name)) == 0)
				break;
		}
	} while (!is_whole(tickets, edition));
	*is_first = idx == 0;
	return idx < cnt;
}

/* ---- files ---- */

static void key_take(struct sl_ticket_key *key, const uint8_t *data)
{
	memcpy(key->name, data, sizeof(key->name));
	memcpy(key->hmac_key, data + 16, 32);
	memcpy(key->aes_key, data + 48, 32);
	key->key_bytes = 32;
}

/* nginx swapped the two when the keys grew. */
static void old_key_take(struct sl_ticket_key *key, const uint8_t *data)
{
	memcpy(key->name, data, sizeof(key->name));
	memcpy(key->aes_key, data + 16, 16);
	memcpy(key->hmac_key, data + 32, 16);
	key->key_bytes = 16;
}

static int set_add(struct key_set *set, const struct sl_ticket_key *key, const char *path)
{
	if (set->cnt == SL_TICKETS_KEYS_MAX)
		return sl_tls_problem(-EINVAL,
				      "ticket keys %s: more than %d keys in all; leave out the "
				      "oldest",
				      path, SL_TICKETS_KEYS_MAX);
	for (uint32_t i = 0; i < set->cnt; i++)
		if (memcmp(set->keys[i].name, key->name, sizeof(key->name)) == 0)
			return sl_tls_problem(-EINVAL,
					      "ticket keys %s: a key of this name (its first 16 "
					      "bytes) was there before; leave one of them out",
					      path);
	set->keys[set->cnt++] = *key;
	return 0;
}

static int keys_take(struct key_set *set, const uint8_t *data, size_t len_bytes, const char *path)
{
	struct sl_ticket_key key = { .key_bytes = 0 };
	int ret = 0;

	if (len_bytes == OLD_FILE_KEY_BYTES) {
		old_key_take(&key, data);
		ret = set_add(set, &key, path);
	} else if (len_bytes == 0 || len_bytes % FILE_KEY_BYTES != 0) {
		ret =
		    sl_tls_problem(-EINVAL,
				   "ticket keys %s: must be keys of %d bytes, or one of %d; make "
				   "it with openssl rand -out %s %d",
				   path, FILE_KEY_BYTES, OLD_FILE_KEY_BYTES, path, FILE_KEY_BYTES);
	}
	for (size_t off = 0; ret == 0 && off + FILE_KEY_BYTES <= len_bytes; off += FILE_KEY_BYTES) {
		key_take(&key, data + off);
		ret = set_add(set, &key, path);
	}
	OPENSSL_cleanse(&key, sizeof(key));
	return ret;
}

static int file_take(struct key_set *set, const char *path)
{
	uint8_t data[FILE_MAX_BYTES + FILE_KEY_BYTES];
	FILE *file = fopen(path, "re");
	size_t len_bytes;
	int ret;

	if (!file)
		return sl_tls_problem_file("ticket keys", path, errno);
	setvbuf(file, NULL, _IONBF, 0); /* no copy of the keys in a buffer of stdio's */
	errno = 0;
	len_bytes = fread(data, 1, sizeof(data), file);
	if (ferror(file))
		ret = sl_tls_problem_file("ticket keys", path, errno);
	else
		ret = keys_take(set, data, len_bytes, path);
	fclose(file);
	OPENSSL_cleanse(data, sizeof(data));
	return ret;
}

static int files_take(struct sl_tickets *tickets)
{
	struct key_set set = { .cnt = 0 };
	int ret = 0;

	for (uint32_t i = 0; i < tickets->path_cnt && ret == 0; i++)
		ret = file_take(&set, tickets->paths[i]);
	if (ret == 0) {
		tickets->set = set;
		publish(tickets);
	}
	OPENSSL_cleanse(&set, sizeof(set));
	return ret;
}

/* ---- random ---- */

static void key_make(struct sl_tickets *tickets, uint64_t now_ns)
{
	struct key_set *set = &tickets->set;
	struct sl_ticket_key *key = &set->keys[0];

	memmove(key + 1, key, (SL_TICKETS_KEPT - 1) * sizeof(*key));
	sl_random_fill(key->name, sizeof(key->name));
	sl_random_fill(key->hmac_key, sizeof(key->hmac_key));
	sl_random_fill(key->aes_key, sizeof(key->aes_key));
	key->key_bytes = 32;
	if (set->cnt < SL_TICKETS_KEPT)
		set->cnt++;
	tickets->rotate_ns = now_ns + ROTATE_NS;
	publish(tickets);
}

uint64_t sl_tickets_rotate(struct sl_tickets *tickets, uint64_t now_ns)
{
	if (tickets->path_cnt > 0)
		return UINT64_MAX;
	if (now_ns >= tickets->rotate_ns)
		key_make(tickets, now_ns);
	return tickets->rotate_ns;
}

/* ---- all ---- */

int sl_tickets_open(struct sl_tickets **out, const char *const paths[], uint32_t path_cnt,
		    uint64_t now_ns, const char **problem)
{
	struct sl_tickets *tickets = sl_alloc(1, sizeof(*tickets));
	int ret = 0;

	*problem = sl_tls_problem_text();
	if (!tickets)
		return sl_tls_problem(-ENOMEM, "ticket keys: out of memory");
	tickets->paths = paths;
	tickets->path_cnt = path_cnt;
	if (path_cnt == 0)
		key_make(tickets, now_ns);
	else
		ret = files_take(tickets);
	if (ret) {
		sl_tickets_close(tickets);
		return ret;
	}
	*out = tickets;
	return 0;
}

void sl_tickets_close(struct sl_tickets *tickets)
{
	if (!tickets)
		return;
	OPENSSL_cleanse(tickets, sizeof(*tickets));
	sl_free(tickets);
}

int sl_tickets_reload(struct sl_tickets *tickets, const char **problem)
{
	*problem = sl_tls_problem_text();
	return tickets->path_cnt == 0 ? 0 : files_take(tickets);
}
