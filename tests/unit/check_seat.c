/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/seat.h"

#include <pthread.h>
#include <semaphore.h>
#include <string.h>

#include "tls_peer.h"

enum { TOTAL_BYTES = 4 * 1024 * 1024 };

static struct tls_identity old, new;
static struct sl_tls_heap *heap;
static struct sl_tls_seat seat;

static struct sl_tls_context *open_context(const struct tls_identity *identity)
{
	struct sl_tls_context *context;

	ck_assert_int_eq(tls_identity_open(identity, &context), 0);
	return context;
}

static void setup(void)
{
	tls_identity_make(&old, "RSA");
	tls_identity_make(&new, "EC");
	ck_assert_int_eq(sl_tls_heap_init(&heap, TOTAL_BYTES), 0);
	sl_tls_seat_init(&seat, open_context(&old));
}

static void teardown(void)
{
	sl_tls_seat_fini(&seat);
	sl_tls_heap_fini(heap);
	tls_identity_remove(&old);
	tls_identity_remove(&new);
}

static void turn(void)
{
	struct sl_tls_heap *before = sl_tls_heap_enter(heap);

	sl_tls_seat_turn(&seat);
	sl_tls_heap_enter(before);
}

static void begin(struct tls_peer *peer)
{
	tls_peer_init(peer);
	peer->heap = heap;
	ck_assert(tls_peer_connect(peer, seat.current));
	tls_peer_client_turn(peer);
	tls_peer_server_turn(peer, peer->to_server_bytes);
	ck_assert_int_eq(peer->verdict, SL_HANDSHAKE_MORE);
}

static void end(struct tls_peer *peer, int key_id)
{
	EVP_PKEY *key;
	X509 *certificate;

	ck_assert_int_eq(tls_peer_shake(peer), SL_HANDSHAKE_DONE);
	certificate = SSL_get1_peer_certificate(peer->client);
	key = X509_get0_pubkey(certificate);
	ck_assert_int_eq(EVP_PKEY_get_base_id(key), key_id);
	X509_free(certificate);
	tls_peer_fini(peer);
}

START_TEST(a_handshake_ends_with_the_context_it_began_with)
{
	static struct tls_peer first, second;

	begin(&first);
	sl_tls_seat_offer(&seat, open_context(&new));
	ck_assert(sl_tls_seat_collect(&seat));
	turn();
	begin(&second);
	ck_assert(sl_tls_seat_collect(&seat)); /* the old one is in use */
	end(&second, EVP_PKEY_EC);
	turn();
	ck_assert(sl_tls_seat_collect(&seat));
	end(&first, EVP_PKEY_RSA);
	ck_assert(sl_tls_seat_collect(&seat)); /* nobody has noticed yet */
	turn();
	ck_assert(!sl_tls_seat_collect(&seat));
}
END_TEST

/* Several reloads within the time of one handshake. */
START_TEST(each_generation_leaves_when_its_time_has_come)
{
	static struct tls_peer peers[4];

	for (int i = 0; i < 4; i++) {
		begin(&peers[i]);
		sl_tls_seat_offer(&seat, open_context(i % 2 ? &old : &new));
		turn();
	}
	ck_assert_uint_eq(seat.old_cnt, 4);
	end(&peers[1], EVP_PKEY_EC);
	end(&peers[2], EVP_PKEY_RSA);
	turn();
	ck_assert(sl_tls_seat_collect(&seat));
	ck_assert_uint_eq(seat.old_cnt, 2);
	end(&peers[3], EVP_PKEY_EC);
	end(&peers[0], EVP_PKEY_RSA);
	turn();
	ck_assert(!sl_tls_seat_collect(&seat));
}
END_TEST

/* The thread slept: the second offer takes the first one's place. */
START_TEST(what_was_never_taken_is_closed)
{
	static struct tls_peer peer;

	sl_tls_seat_offer(&seat, open_context(&old));
	sl_tls_seat_offer(&seat, open_context(&new));
	ck_assert_uint_eq(seat.old_cnt, 1);
	turn();
	begin(&peer);
	end(&peer, EVP_PKEY_EC);
	ck_assert(!sl_tls_seat_collect(&seat));
}
END_TEST

START_TEST(whatever_is_left_is_closed_at_the_end)
{
	static struct tls_peer peer;

	begin(&peer);
	sl_tls_seat_offer(&seat, open_context(&new)); /* leaves, and is not collected */
	turn();
	tls_peer_fini(&peer);
	turn();
	sl_tls_seat_offer(&seat, open_context(&old));
	turn();
	sl_tls_seat_offer(&seat, open_context(&old)); /* is offered */
}
END_TEST

/* ---- two threads, as a worker lives ---- */

static sem_t go_on, has_done;

static void *worker_life(void *arg)
{
	static struct tls_peer peer;

	(void)arg;
	for (int round = 0; round < 12; round++) {
		sem_wait(&go_on);
		turn();
		begin(&peer);
		end(&peer, round % 2 ? EVP_PKEY_EC : EVP_PKEY_RSA);
		turn();
		sem_post(&has_done);
	}
	return NULL;
}

static uint64_t used_bytes(void)
{
	struct sl_tls_heap_usage usage;

	sl_tls_heap_usage(heap, &usage);
	return usage.used_bytes;
}

/* All that the thread's handshakes added to the contexts comes back to its heap, though the main
 * thread closes them. */
START_TEST(a_worker_lives_through_many_reloads)
{
	uint64_t level_bytes[2] = { 0, 0 };
	pthread_t thread;

	sem_init(&go_on, 0, 0);
	sem_init(&has_done, 0, 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, worker_life, NULL), 0);
	for (int round = 0; round < 12; round++) {
		if (round > 0)
			sl_tls_seat_offer(&seat, open_context(round % 2 ? &new : &old));
		sem_post(&go_on);
		sem_wait(&has_done);
		ck_assert(!sl_tls_seat_collect(&seat));
		if (round < 2)
			level_bytes[round % 2] = used_bytes();
		/* Give or take what is too small to be split off a block. */
		ck_assert_uint_le(used_bytes(), level_bytes[round % 2] + 512);
	}
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	sl_tls_seat_fini(&seat);
	ck_assert_uint_eq(used_bytes(), 0);
	sl_tls_seat_init(&seat, open_context(&old));
}
END_TEST

Suite *suite_seat(void)
{
	Suite *suite = suite_create("seat");
	TCase *tcase = tcase_create("seat");

	tcase_set_timeout(tcase, 60); /* RSA keys take their time under sanitizers */
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_handshake_ends_with_the_context_it_began_with);
	tcase_add_test(tcase, each_generation_leaves_when_its_time_has_come);
	tcase_add_test(tcase, what_was_never_taken_is_closed);
	tcase_add_test(tcase, whatever_is_left_is_closed_at_the_end);
	tcase_add_test(tcase, a_worker_lives_through_many_reloads);
	suite_add_tcase(suite, tcase);
	return suite;
}
