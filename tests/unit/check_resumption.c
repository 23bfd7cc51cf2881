/* SPDX-License-Identifier: BSD-2-Clause */
/* Tickets: stateless, good on every worker, one use after the other. In TLS 1.3 and in 1.2. */
#include <string.h>

#include "tls_peer.h"

static struct tls_identity identity;
static struct sl_tls_context *here, *elsewhere;

static struct sl_tls_context *context_open(void)
{
	struct sl_tls_context *context;

	ck_assert_int_eq(tls_identity_open(&identity, &context), 0);
	return context;
}

static void setup(void)
{
	tls_identity_make(&identity, "EC");
	here = context_open();
	elsewhere = context_open();
}

static void teardown(void)
{
	sl_tls_context_close(here);
	sl_tls_context_close(elsewhere);
	tls_identity_remove(&identity);
}

static const int versions[] = { TLS1_3_VERSION, TLS1_2_VERSION };
enum { VERSION_CNT = 2 };
static int version;

/* Connects, with the session if there is one; returns the session its last ticket holds. */
static SSL_SESSION *visit(struct sl_tls_context *context, SSL_SESSION *session, bool is_resumed,
			  bool early)
{
	struct tls_peer peer;
	SSL_SESSION *next;

	tls_peer_init(&peer);
	SSL_CTX_set_max_proto_version(peer.client_context, version);
	ck_assert(tls_peer_connect(&peer, context));
	if (session)
		ck_assert_int_eq(SSL_set_session(peer.client, session), 1);
	if (early) {
		size_t written_bytes;

		ck_assert_int_eq(SSL_write_early_data(peer.client, "early", 5, &written_bytes), 0);
	}
	ck_assert_int_eq(tls_peer_shake(&peer), SL_HANDSHAKE_DONE);
	ck_assert_int_eq(SSL_session_reused(peer.client), is_resumed);
	next = SSL_get1_session(peer.client);
	ck_assert(SSL_SESSION_is_resumable(next));
	ck_assert_uint_eq(SSL_SESSION_get_max_early_data(next), 0);

	/* One ticket now instead of two: the record number follows. In TLS 1.2 tickets come before
	 * there are keys, and only Finished has a number. */
	tls_peer_take_over(&peer, NULL);
	ck_assert_uint_eq(peer.write_keys.record_no,
			  is_resumed || version == TLS1_2_VERSION ? 1 : 2);
	tls_peer_client_says(&peer, "GET / HTTP/1.1\r\n\r\n");
	tls_peer_expect_text(&peer, "GET / HTTP/1.1\r\n\r\n");
	tls_peer_server_says(&peer, "HTTP/1.1 200 OK\r\n\r\n");
	tls_peer_fini(&peer);
	SSL_SESSION_free(session);
	return next;
}

START_TEST(a_ticket_resumes_and_brings_the_next_one)
{
	SSL_SESSION *session;

	version = versions[_i];
	session = visit(here, NULL, false, false);
	session = visit(here, session, true, false);
	session = visit(here, session, true, false);
	SSL_SESSION_free(session);
}
END_TEST

START_TEST(another_worker_opens_it)
{
	SSL_SESSION *session;

	version = versions[_i];
	session = visit(here, NULL, false, false);
	session = visit(elsewhere, session, true, false);
	session = visit(here, session, true, false);
	SSL_SESSION_free(session);
}
END_TEST

/* Another process without the keys, or a ticket that is older than they are: a full handshake, no
 * failure. */
START_TEST(without_its_key_it_is_no_ticket)
{
	const struct sl_tls_pair pair = { identity.certificate_path, identity.key_path };
	struct sl_tls_config config = { .pairs = &pair, .pair_cnt = 1 };
	struct sl_tls_context *stranger;
	struct sl_tickets *tickets;
	SSL_SESSION *session;
	uint64_t now_ns = 1;

	version = versions[_i];
	session = visit(here, NULL, false, false);
	ck_assert_int_eq(sl_tickets_open(&tickets, NULL, 0, now_ns, &tls_problem), 0);
	config.tickets = tickets;
	ck_assert_int_eq(sl_tls_context_open(&stranger, &config, &tls_problem), 0);
	session = visit(stranger, session, false, false);
	for (int turn = 1; turn < SL_TICKETS_KEPT; turn++) {
		SSL_SESSION_up_ref(session);
		now_ns = sl_tickets_rotate(tickets, now_ns);
		SSL_SESSION_free(visit(stranger, session, true, false));
	}
	sl_tickets_rotate(tickets, sl_tickets_rotate(tickets, now_ns));
	SSL_SESSION_free(visit(stranger, session, false, false));
	sl_tls_context_close(stranger);
	sl_tickets_close(tickets);
}
END_TEST

START_TEST(early_data_is_not_offered)
{
	SSL_SESSION *session;

	version = TLS1_3_VERSION;
	session = visit(here, NULL, false, false);
	session = visit(here, session, true, true); /* the client's library refuses to send any */
	SSL_SESSION_free(session);
}
END_TEST

/* In a resumed handshake of TLS 1.2 the client's Finished is the last, with the first request
 * behind it; ours, whose nonce must not come again, has long left. */
START_TEST(a_request_glued_behind_finished_stays_ours_in_tls_1_2)
{
	enum { FINISHED_BYTES = 5 + 8 + 16 + 16 };
	struct tls_peer peer;
	SSL_SESSION *session;

	version = TLS1_2_VERSION;
	session = visit(here, NULL, false, false);
	tls_peer_init(&peer);
	SSL_CTX_set_max_proto_version(peer.client_context, version);
	ck_assert(tls_peer_connect(&peer, here));
	ck_assert_int_eq(SSL_set_session(peer.client, session), 1);
	tls_peer_client_turn(&peer);
	tls_peer_server_turn(&peer, peer.to_server_bytes);
	tls_peer_client_turn(&peer); /* change_cipher_spec, Finished */
	tls_peer_client_says(&peer, "GET / HTTP/1.1\r\n\r\n");
	tls_peer_client_says(&peer, "GET /again HTTP/1.1\r\n\r\n");
	tls_peer_server_turn(&peer, peer.to_server_bytes);
	ck_assert_int_eq(SSL_session_reused(peer.client), 1);
	tls_peer_take_over(&peer, NULL);
	ck_assert_int_eq(peer.write_keys.kind, SL_AEAD_AES_128_GCM);
	ck_assert_mem_eq(peer.write_keys.iv + 4,
			 peer.first_flight + peer.first_flight_bytes - FINISHED_BYTES + 5, 8);
	tls_peer_expect_text(&peer, "GET / HTTP/1.1\r\n\r\n");
	tls_peer_server_says(&peer, "HTTP/1.1 200 OK\r\n\r\n");
	tls_peer_expect_text(&peer, "GET /again HTTP/1.1\r\n\r\n");
	tls_peer_fini(&peer);
	SSL_SESSION_free(session);
}
END_TEST

Suite *suite_resumption(void)
{
	Suite *suite = suite_create("resumption");
	TCase *tcase = tcase_create("resumption");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, a_ticket_resumes_and_brings_the_next_one, 0, VERSION_CNT);
	tcase_add_loop_test(tcase, another_worker_opens_it, 0, VERSION_CNT);
	tcase_add_loop_test(tcase, without_its_key_it_is_no_ticket, 0, VERSION_CNT);
	tcase_add_test(tcase, early_data_is_not_offered);
	tcase_add_test(tcase, a_request_glued_behind_finished_stays_ours_in_tls_1_2);
	suite_add_tcase(suite, tcase);
	return suite;
}
