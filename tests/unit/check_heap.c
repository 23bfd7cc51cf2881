/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/heap.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "tls_peer.h"

enum { TOTAL_BYTES = 2 * 1024 * 1024, MANY = 50000 };

static struct sl_tls_heap *heap;

static void setup(void)
{
	ck_assert_int_eq(sl_tls_heap_init(&heap, TOTAL_BYTES), 0);
}

static void teardown(void)
{
	sl_tls_heap_fini(heap);
}

static struct sl_tls_heap_usage usage(void)
{
	struct sl_tls_heap_usage usage;

	sl_tls_heap_usage(heap, &usage);
	return usage;
}

START_TEST(sizes_are_checked)
{
	struct sl_tls_heap *other;

	ck_assert_int_eq(sl_tls_heap_init(&other, SL_TLS_HEAP_MIN_BYTES - 1), -EINVAL);
	ck_assert_int_eq(sl_tls_heap_init(&other, (UINT64_C(1) << 31) + 1), -EINVAL);
}
END_TEST

START_TEST(openssl_allocates_from_the_current_heap_only)
{
	void *before = OPENSSL_malloc(1000);
	void *within, *after;

	ck_assert_ptr_null(sl_tls_heap_enter(heap));
	within = OPENSSL_malloc(1000);
	ck_assert_uint_ge(usage().used_bytes, 1000);
	ck_assert_uint_eq((uintptr_t)within % 16, 0);
	OPENSSL_free(before); /* back to malloc */
	ck_assert_uint_ge(usage().used_bytes, 1000);

	ck_assert_ptr_eq(sl_tls_heap_enter(NULL), heap);
	after = OPENSSL_malloc(1000);
	ck_assert_uint_eq(usage().taken_cnt, 1);
	OPENSSL_free(within); /* back to the heap, though it is not current */
	ck_assert_uint_eq(usage().used_bytes, 0);
	OPENSSL_free(after);
}
END_TEST

static void *enter_and_look(void *arg)
{
	(void)arg;
	sl_tls_heap_enter(heap);
	ck_assert_uint_eq(ERR_peek_error(), 0); /* makes the queue, if there is none */
	return NULL;
}

/* It outlives the heap. */
START_TEST(a_threads_error_queue_comes_from_malloc)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, enter_and_look, NULL), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_eq(usage().taken_cnt, 0);
}
END_TEST

START_TEST(a_block_grows_and_shrinks_with_its_bytes)
{
	uint8_t expected[3000], *block;

	sl_tls_heap_enter(heap);
	fill(expected, sizeof(expected), 1);
	block = OPENSSL_realloc(NULL, 100);
	memcpy(block, expected, 100);
	block = OPENSSL_realloc(block, 3000);
	ck_assert_mem_eq(block, expected, 100);
	memcpy(block, expected, 3000);
	block = OPENSSL_realloc(block, 2900);
	block = OPENSSL_realloc(block, 20);
	ck_assert_mem_eq(block, expected, 20);
	ck_assert_uint_le(usage().used_bytes, 64);
	ck_assert_ptr_null(OPENSSL_realloc(block, 0));
	ck_assert_ptr_null(OPENSSL_malloc(0));
	OPENSSL_free(NULL);
	sl_tls_heap_enter(NULL);
	ck_assert_uint_eq(usage().used_bytes, 0);
}
END_TEST

START_TEST(free_neighbours_become_one_again)
{
	static void *blocks[MANY];
	int cnt = 0;
	void *large;

	sl_tls_heap_enter(heap);
	large = OPENSSL_malloc(TOTAL_BYTES / 2);
	ck_assert_ptr_nonnull(large);
	OPENSSL_free(large);
	while (cnt < MANY && (blocks[cnt] = OPENSSL_malloc(16 + cnt % 300)))
		cnt++;
	ck_assert_int_lt(cnt, MANY);
	ck_assert_uint_ge(usage().used_bytes, TOTAL_BYTES - 1024);
	ck_assert_uint_eq(usage().refused_cnt, 1);
	ck_assert_ptr_null(OPENSSL_malloc(TOTAL_BYTES / 2));

	for (int i = 0; i < cnt; i += 2) /* every other one, then the rest: all three joins */
		OPENSSL_free(blocks[i]);
	for (int i = 1; i < cnt; i += 2)
		OPENSSL_free(blocks[i]);
	ck_assert_uint_eq(usage().used_bytes, 0);
	large = OPENSSL_malloc(TOTAL_BYTES / 2);
	ck_assert_ptr_nonnull(large);
	OPENSSL_free(large);
	sl_tls_heap_enter(NULL);
}
END_TEST

static void expect_all(const uint8_t *data, size_t len_bytes, uint8_t mark)
{
	uint8_t wrong_bits = 0;

	for (size_t i = 0; i < len_bytes; i++)
		wrong_bits |= data[i] ^ mark;
	ck_assert_uint_eq(wrong_bits, 0);
}

/* Blocks of all sizes come and go; each keeps the bytes written to it. */
START_TEST(no_two_blocks_overlap)
{
	enum { SLOT_CNT = 400, STEPS = 40000 };
	static struct {
		uint8_t *data;
		size_t len_bytes;
		uint8_t mark;
	} slots[SLOT_CNT];
	uint32_t random[2];

	sl_tls_heap_enter(heap);
	for (uint32_t step = 0; step < STEPS; step++) {
		fill((uint8_t *)random, sizeof(random), step);
		uint32_t slot = random[0] % SLOT_CNT;
		size_t len_bytes = 1 + random[1] % (step % 7 == 0 ? 20000 : 600);

		if (slots[slot].data)
			expect_all(slots[slot].data, slots[slot].len_bytes, slots[slot].mark);
		OPENSSL_free(slots[slot].data);
		slots[slot].data = OPENSSL_malloc(len_bytes);
		slots[slot].len_bytes = len_bytes;
		slots[slot].mark = step;
		if (slots[slot].data)
			memset(slots[slot].data, slots[slot].mark, len_bytes);
	}
	for (int slot = 0; slot < SLOT_CNT; slot++)
		OPENSSL_free(slots[slot].data);
	sl_tls_heap_enter(NULL);
	ck_assert_uint_eq(usage().used_bytes, 0);
}
END_TEST

/* ---- under handshakes ---- */

static struct tls_identity identity;
static struct sl_tls_context *context;

static void setup_handshakes(void)
{
	setup();
	tls_identity_make(&identity, "RSA");
	ck_assert_int_eq(tls_identity_open(&identity, &context), 0);
}

static void teardown_handshakes(void)
{
	sl_tls_context_close(context);
	tls_identity_remove(&identity);
	teardown();
}

/* What a whole handshake comes to: MORE if it did not even start. */
static int version_max; /* of the client; 0: any */

static enum sl_handshake_verdict shake_once(void)
{
	enum sl_handshake_verdict verdict = SL_HANDSHAKE_MORE;
	struct tls_peer peer;

	tls_peer_init(&peer);
	SSL_CTX_set_max_proto_version(peer.client_context, version_max);
	peer.heap = heap;
	if (tls_peer_connect(&peer, context))
		verdict = tls_peer_shake(&peer);
	tls_peer_fini(&peer);
	return verdict;
}

START_TEST(a_handshake_gives_back_all_it_took)
{
	uint64_t level_bytes;

	version_max = _i == 0 ? TLS1_3_VERSION : TLS1_2_VERSION;
	ck_assert_int_eq(shake_once(), SL_HANDSHAKE_DONE); /* fetches what OpenSSL then keeps */
	level_bytes = usage().used_bytes;
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(shake_once(), SL_HANDSHAKE_DONE);
		ck_assert_uint_eq(usage().used_bytes, level_bytes);
	}
	ck_assert_uint_gt(usage().taken_cnt, 100); /* it did allocate here */
	ck_assert_uint_eq(usage().refused_cnt, 0);
	ck_assert_uint_le(usage().high_bytes - level_bytes, SL_TLS_HEAP_HANDSHAKE_BYTES);
	ck_assert_uint_le(level_bytes + 3 * SL_TLS_HEAP_HANDSHAKE_BYTES, SL_TLS_HEAP_MIN_BYTES);
}
END_TEST

/* Freed where it stands after the hello, or failed by an alert, whose number OpenSSL notes in a
 * text of the thread's error queue. */
static void broken_handshake(bool by_alert)
{
	struct tls_peer peer;

	tls_peer_init(&peer);
	peer.heap = heap;
	ck_assert(tls_peer_connect(&peer, context));
	tls_peer_client_turn(&peer);
	tls_peer_server_turn(&peer, peer.to_server_bytes);
	if (by_alert) {
		peer.to_server_bytes = hex(peer.to_server, "15030300020228");
		tls_peer_server_turn(&peer, peer.to_server_bytes);
		ck_assert_int_eq(peer.verdict, SL_HANDSHAKE_FAILED);
	}
	tls_peer_fini(&peer);
}

START_TEST(so_does_one_that_fails_or_is_given_up)
{
	uint64_t level_bytes;

	ck_assert_int_eq(shake_once(), SL_HANDSHAKE_DONE);
	level_bytes = usage().used_bytes;
	for (int i = 0; i < 20; i++) {
		broken_handshake(i % 2 == 0);
		ck_assert_uint_eq(usage().used_bytes, level_bytes);
	}
}
END_TEST

/* Leaves about left_bytes free in the heap, in one piece or in crumbs. */
static int hog(void **blocks, uint64_t left_bytes)
{
	struct sl_tls_heap *before = sl_tls_heap_enter(heap);
	int cnt = 0;

	while (cnt < MANY && usage().used_bytes + left_bytes + 8192 < TOTAL_BYTES)
		blocks[cnt++] = OPENSSL_malloc(4000);
	while (cnt < MANY && usage().used_bytes + left_bytes + 128 < TOTAL_BYTES)
		blocks[cnt++] = OPENSSL_malloc(100);
	sl_tls_heap_enter(before);
	return cnt;
}

/* The heap runs out at every point of a handshake in turn: it fails, nothing crashes, nothing is
 * lost, and the next one with room goes through. */
START_TEST(exhaustion_fails_one_handshake_cleanly)
{
	static void *blocks[MANY];
	int verdict_cnt[3] = { 0 };
	uint64_t level_bytes;

	ck_assert_int_eq(shake_once(), SL_HANDSHAKE_DONE);
	level_bytes = usage().used_bytes;
	for (uint64_t left_bytes = 0; left_bytes < SL_TLS_HEAP_HANDSHAKE_BYTES; left_bytes += 384) {
		int cnt = hog(blocks, left_bytes);

		verdict_cnt[shake_once()]++;
		while (cnt > 0)
			OPENSSL_free(blocks[--cnt]);
		/* Numbers that OpenSSL keeps with the key may grow by a word, once in a while. */
		ck_assert_uint_le(usage().used_bytes, level_bytes + 64);
	}
	ck_assert_int_gt(verdict_cnt[SL_HANDSHAKE_MORE], 0);
	ck_assert_int_gt(verdict_cnt[SL_HANDSHAKE_FAILED], 0);
	ck_assert_int_gt(verdict_cnt[SL_HANDSHAKE_DONE], 0);
	ck_assert_uint_gt(usage().refused_cnt, 0);
	ck_assert_int_eq(shake_once(), SL_HANDSHAKE_DONE);
}
END_TEST

/* As a worker lives: its thread shakes hands and ends, then the main thread closes. Nothing that
 * OpenSSL shares between threads may have come from the heap. */
static void *worker_life(void *arg)
{
	*(enum sl_handshake_verdict *)arg = shake_once();
	return NULL;
}

START_TEST(when_thread_and_context_are_gone_nothing_is_left)
{
	enum sl_handshake_verdict verdict = SL_HANDSHAKE_MORE;
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, worker_life, &verdict), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(verdict, SL_HANDSHAKE_DONE);
	sl_tls_context_close(context);
	context = NULL;
	ck_assert_uint_eq(usage().used_bytes, 0);
}
END_TEST

static void *free_blocks(void *arg)
{
	void **blocks = arg;

	for (int i = 0; i < MANY / 100; i++)
		OPENSSL_free(blocks[i]);
	return NULL;
}

/* The main thread closes a context, to which handshakes of a worker's thread have added. */
START_TEST(another_thread_hands_blocks_back)
{
	static void *blocks[MANY / 100];
	pthread_t thread;
	void *large;

	sl_tls_heap_enter(heap);
	for (int i = 0; i < MANY / 100; i++)
		blocks[i] = OPENSSL_malloc(100);
	ck_assert_int_eq(pthread_create(&thread, NULL, free_blocks, blocks), 0);
	/* Meanwhile the heap's own thread goes on. */
	for (int i = 0; i < MANY / 10; i++)
		OPENSSL_free(OPENSSL_malloc(1000));
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	sl_tls_heap_enter(NULL);
	sl_tls_heap_enter(heap);
	large = OPENSSL_malloc(TOTAL_BYTES / 2); /* they are joined as ever */
	ck_assert_ptr_nonnull(large);
	OPENSSL_free(large);
	sl_tls_heap_enter(NULL);
	ck_assert_uint_eq(usage().used_bytes, 0);
}
END_TEST

/* Each RSA key that was used once leaves something behind, until its context is closed. */
START_TEST(a_key_leaves_no_more_than_it_may)
{
	static struct tls_identity identities[4];
	const struct tls_identity *all[4];
	uint64_t level_bytes = 0;
	struct tls_peer peer;
	char name[32];

	sl_tls_context_close(context);
	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "DNS:%d.example", i);
		tls_identity_make_for(&identities[i], "RSA", name);
		all[i] = &identities[i];
	}
	ck_assert_int_eq(tls_identities_open(all, 4, &context), 0);
	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "%d.example", i);
		tls_peer_init(&peer);
		peer.heap = heap;
		ck_assert(tls_peer_connect(&peer, context));
		SSL_set_tlsext_host_name(peer.client, name);
		ck_assert_int_eq(tls_peer_shake(&peer), SL_HANDSHAKE_DONE);
		tls_peer_fini(&peer);
		if (i > 0)
			ck_assert_uint_le(usage().used_bytes - level_bytes, SL_TLS_HEAP_KEY_BYTES);
		level_bytes = usage().used_bytes;
		tls_identity_remove(&identities[i]);
	}
}
END_TEST

START_TEST(records_and_keys_allocate_nothing)
{
	struct sl_opened opened;
	struct tls_side side;
	uint8_t wire[1000 + SL_RECORD_OVERHEAD_MAX_BYTES], tag[16];

	tls_side_init(&side, tls_engines[_i / SL_AEAD_KINDS], _i % SL_AEAD_KINDS, 4);
	sl_tls_heap_enter(heap);
	sl_tls_keys_derive(&side.keys, side.aead, side.table);
	sl_tls_keys_update(&side.keys, side.aead, side.table);
	sl_seal_record(side.aead, side.table, &side.keys, 0, SL_TLS_APPLICATION_DATA,
		       (uint8_t[1000]){ 0 }, 1000, wire, tag);
	ck_assert_int_eq(
	    sl_open_record(side.aead, side.table, &side.keys, wire, sizeof(wire), &opened),
	    SL_OPEN_OK);
	ck_assert_int_eq(
	    sl_open_record(side.aead, side.table, &side.keys, wire, sizeof(wire), &opened),
	    SL_OPEN_BAD_MAC);
	ck_assert_uint_eq(usage().taken_cnt, 0);
	sl_tls_heap_enter(NULL);
	tls_side_fini(&side);
}
END_TEST

Suite *suite_heap(void)
{
	Suite *suite = suite_create("heap");
	TCase *blocks = tcase_create("blocks");
	TCase *handshakes = tcase_create("handshakes");

	/* Before check or another suite makes OpenSSL allocate. */
	sl_tls_heap_install();

	tcase_add_checked_fixture(blocks, setup, teardown);
	tcase_add_test(blocks, sizes_are_checked);
	tcase_add_test(blocks, openssl_allocates_from_the_current_heap_only);
	tcase_add_test(blocks, a_threads_error_queue_comes_from_malloc);
	tcase_add_test(blocks, a_block_grows_and_shrinks_with_its_bytes);
	tcase_add_test(blocks, free_neighbours_become_one_again);
	tcase_add_test(blocks, no_two_blocks_overlap);
	tcase_add_test(blocks, another_thread_hands_blocks_back);
	tcase_add_loop_test(blocks, records_and_keys_allocate_nothing, 0,
			    tls_engine_cnt * SL_AEAD_KINDS);
	suite_add_tcase(suite, blocks);

	tcase_set_timeout(handshakes, 60); /* hundreds of them */
	tcase_add_checked_fixture(handshakes, setup_handshakes, teardown_handshakes);
	tcase_add_loop_test(handshakes, a_handshake_gives_back_all_it_took, 0, 2);
	tcase_add_test(handshakes, so_does_one_that_fails_or_is_given_up);
	tcase_add_test(handshakes, a_key_leaves_no_more_than_it_may);
	tcase_add_test(handshakes, exhaustion_fails_one_handshake_cleanly);
	tcase_add_test(handshakes, when_thread_and_context_are_gone_nothing_is_left);
	suite_add_tcase(suite, handshakes);
	return suite;
}
