/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/tickets.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "tls_peer.h"

static struct tls_identity identity; /* for its directory */
static struct sl_tickets *tickets;
static const char *problem;
static char paths_text[4][128];
static const char *paths[] = { paths_text[0], paths_text[1], paths_text[2], paths_text[3] };

static void setup(void)
{
	tls_identity_make(&identity, "EC");
	for (int i = 0; i < 4; i++)
		snprintf(paths_text[i], sizeof(paths_text[i]), "%s/keys-%d", identity.directory, i);
}

static void teardown(void)
{
	sl_tickets_close(tickets);
	tls_identity_remove(&identity);
}

/* len_bytes of a file, of which byte n is first + n. */
static void write_keys(int path_idx, uint8_t first, size_t len_bytes)
{
	FILE *file = fopen(paths[path_idx], "w");

	ck_assert_ptr_nonnull(file);
	for (size_t i = 0; i < len_bytes; i++)
		fputc((uint8_t)(first + i), file);
	fclose(file);
}

static bool knows(uint8_t first)
{
	struct sl_ticket_key key;
	uint8_t name[16];
	bool is_first;

	for (uint8_t i = 0; i < 16; i++)
		name[i] = first + i;
	return sl_tickets_find(tickets, name, &key, &is_first);
}

static uint8_t sealing(void)
{
	struct sl_ticket_key key;

	sl_tickets_first(tickets, &key);
	return key.name[0];
}

static void expect_bytes(const uint8_t *data, uint8_t first, size_t len_bytes)
{
	for (size_t i = 0; i < len_bytes; i++)
		ck_assert_uint_eq(data[i], (uint8_t)(first + i));
}

/* nginx's documentation of ssl_session_ticket_key, and its source for the order. */
START_TEST(files_are_as_nginx_has_them)
{
	struct sl_ticket_key key;
	bool is_first;

	write_keys(0, 0, 80);
	write_keys(1, 100, 48);
	ck_assert_int_eq(sl_tickets_open(&tickets, paths, 2, 1, &problem), 0);
	sl_tickets_first(tickets, &key);
	ck_assert_uint_eq(key.key_bytes, 32);
	expect_bytes(key.name, 0, 16);
	expect_bytes(key.hmac_key, 16, 32);
	expect_bytes(key.aes_key, 48, 32);

	memset(&key, 0, sizeof(key));
	ck_assert(sl_tickets_find(tickets, (const uint8_t *)"defghijklmnopqrs", &key, &is_first));
	ck_assert(!is_first);
	ck_assert_uint_eq(key.key_bytes, 16);
	expect_bytes(key.aes_key, 116, 16);
	expect_bytes(key.hmac_key, 132, 16);
}
END_TEST

START_TEST(the_first_seals_all_open)
{
	write_keys(0, 1, 80);
	write_keys(1, 100, 160); /* two: the second starts with 180 */
	ck_assert_int_eq(sl_tickets_open(&tickets, paths, 2, 1, &problem), 0);
	ck_assert_uint_eq(sealing(), 1);
	ck_assert(knows(1) && knows(100) && knows(180));
	ck_assert(!knows(2));
	/* Keys of files do not change by themselves. */
	ck_assert_uint_eq(sl_tickets_rotate(tickets, UINT64_MAX - 1), UINT64_MAX);
	ck_assert_uint_eq(sealing(), 1);
}
END_TEST

START_TEST(a_file_that_changed_is_read_again)
{
	write_keys(0, 1, 80);
	ck_assert_int_eq(sl_tickets_open(&tickets, paths, 1, 1, &problem), 0);
	write_keys(0, 50, 160);
	ck_assert(knows(1) && !knows(50));
	ck_assert_int_eq(sl_tickets_reload(tickets, &problem), 0);
	ck_assert_uint_eq(sealing(), 50);
	ck_assert(!knows(1) && knows(50) && knows(130));

	/* What is wrong leaves everything as it is. */
	write_keys(0, 60, 79);
	ck_assert_int_eq(sl_tickets_reload(tickets, &problem), -EINVAL);
	ck_assert_uint_eq(sealing(), 50);
	unlink(paths[0]);
	ck_assert_int_eq(sl_tickets_reload(tickets, &problem), -ENOENT);
	ck_assert_uint_eq(sealing(), 50);
}
END_TEST

static const struct {
	size_t first_bytes, second_bytes;
	uint8_t second_start;
	int ret;
	const char *words;
} bad[] = {
	{ 0, 80, 100, -EINVAL, "must be keys of 80 bytes, or one of 48" },
	{ 47, 80, 100, -EINVAL, "openssl rand -out" },
	{ 81, 80, 100, -EINVAL, "must be keys of 80 bytes" },
	{ 96, 80, 100, -EINVAL, "must be keys of 80 bytes" }, /* two of 48: one a file */
	{ 80, 80, 0, -EINVAL, "a key of this name" },
	{ 17 * 80, 80, 100, -EINVAL, "more than 16 keys" },
	{ 100 * 80, 80, 100, -EINVAL, "more than 16 keys" },
};

START_TEST(what_is_wrong_with_a_file_is_said)
{
	write_keys(0, 0, bad[_i].first_bytes);
	write_keys(1, bad[_i].second_start, bad[_i].second_bytes);
	ck_assert_int_eq(sl_tickets_open(&tickets, paths, 2, 1, &problem), bad[_i].ret);
	ck_assert_msg(strstr(problem, bad[_i].words) != NULL, "%s", problem);
	ck_assert_msg(strstr(problem, identity.directory) != NULL, "%s", problem);
	tickets = NULL;
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_named)
{
	ck_assert_int_eq(sl_tickets_open(&tickets, paths, 1, 1, &problem), -ENOENT);
	ck_assert_msg(strstr(problem, paths[0]) != NULL, "%s", problem);
	paths[0] = identity.directory;
	ck_assert_int_eq(sl_tickets_open(&tickets, paths, 1, 1, &problem), -EISDIR);
	tickets = NULL;
}
END_TEST

#define HOURS(n) ((n)*3600 * SL_NS_PER_S)

/* A ticket that is made in the last moment of a key's time is good for a day. */
START_TEST(random_keys_change_with_time)
{
	struct sl_ticket_key keys[4], found;
	uint64_t now_ns = 5;
	bool is_first;

	ck_assert_int_eq(sl_tickets_open(&tickets, NULL, 0, now_ns, &problem), 0);
	sl_tickets_first(tickets, &keys[0]);
	ck_assert_uint_eq(keys[0].key_bytes, 32);
	ck_assert_uint_eq(sl_tickets_rotate(tickets, now_ns), now_ns + HOURS(12));
	sl_tickets_first(tickets, &found);
	ck_assert_mem_eq(&found, &keys[0], sizeof(found)); /* not yet */

	for (int turn = 1; turn < 4; turn++) {
		now_ns += HOURS(12);
		ck_assert_uint_eq(sl_tickets_rotate(tickets, now_ns), now_ns + HOURS(12));
		sl_tickets_first(tickets, &keys[turn]);
		ck_assert_mem_ne(keys[turn].name, keys[turn - 1].name, 16);
		ck_assert_mem_ne(keys[turn].aes_key, keys[turn - 1].aes_key, 32);
		ck_assert_mem_ne(keys[turn].hmac_key, keys[turn - 1].hmac_key, 32);
	}
	ck_assert(sl_tickets_find(tickets, keys[3].name, &found, &is_first) && is_first);
	ck_assert(sl_tickets_find(tickets, keys[2].name, &found, &is_first) && !is_first);
	ck_assert(sl_tickets_find(tickets, keys[1].name, &found, &is_first) && !is_first);
	ck_assert_mem_eq(&found, &keys[1], sizeof(found));
	ck_assert(!sl_tickets_find(tickets, keys[0].name, &found, &is_first));
	ck_assert_int_eq(SL_TICKETS_LIFETIME_S, 24 * 3600);
}
END_TEST

static atomic_bool reader_ends;

/* Keys of which each byte is the same: a copy of two halves would show. */
static void *read_keys(void *arg)
{
	uint64_t *copies_cnt = arg;

	while (!atomic_load(&reader_ends)) {
		struct sl_ticket_key key;

		sl_tickets_first(tickets, &key);
		for (int i = 0; i < 32; i++)
			if (key.hmac_key[i] != key.name[0] || key.aes_key[i] != key.name[0])
				return NULL; /* with no copies to show */
		++*copies_cnt;
	}
	return copies_cnt;
}

static void write_same(uint8_t byte)
{
	FILE *file = fopen(paths[0], "w");

	for (int i = 0; i < 80; i++)
		fputc(byte, file);
	fclose(file);
}

START_TEST(a_reader_never_sees_half_a_key)
{
	uint64_t copies_cnt = 0;
	pthread_t thread;
	void *result;

	write_same(1);
	ck_assert_int_eq(sl_tickets_open(&tickets, paths, 1, 1, &problem), 0);
	atomic_store(&reader_ends, false);
	ck_assert_int_eq(pthread_create(&thread, NULL, read_keys, &copies_cnt), 0);
	for (int i = 0; i < 2000; i++) {
		write_same((uint8_t)i);
		ck_assert_int_eq(sl_tickets_reload(tickets, &problem), 0);
	}
	atomic_store(&reader_ends, true);
	ck_assert_int_eq(pthread_join(thread, &result), 0);
	ck_assert_ptr_eq(result, &copies_cnt);
	ck_assert_uint_gt(copies_cnt, 0);
}
END_TEST

Suite *suite_tickets(void)
{
	Suite *suite = suite_create("tickets");
	TCase *tcase = tcase_create("tickets");

	tcase_set_timeout(tcase, 30);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, files_are_as_nginx_has_them);
	tcase_add_test(tcase, the_first_seals_all_open);
	tcase_add_test(tcase, a_file_that_changed_is_read_again);
	tcase_add_loop_test(tcase, what_is_wrong_with_a_file_is_said, 0,
			    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tcase, a_file_that_cannot_be_read_is_named);
	tcase_add_test(tcase, random_keys_change_with_time);
	tcase_add_test(tcase, a_reader_never_sees_half_a_key);
	suite_add_tcase(suite, tcase);
	return suite;
}
