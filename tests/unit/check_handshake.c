/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/handshake.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "tls/control.h"
#include "tls_peer.h"

static struct tls_identity identity;
static struct sl_tls_context *context;
static struct tls_peer peer;

static void context_open(const char *algorithm)
{
	tls_identity_make(&identity, algorithm);
	ck_assert_int_eq(tls_identity_open(&identity, &context), 0);
}

static void setup(void)
{
	context_open("EC");
	tls_peer_init(&peer);
}

static void teardown(void)
{
	tls_peer_fini(&peer);
	sl_tls_context_close(context);
	tls_identity_remove(&identity);
}

static void connect_and_shake(void)
{
	ck_assert(tls_peer_connect(&peer, context));
	ck_assert_int_eq(tls_peer_shake(&peer), SL_HANDSHAKE_DONE);
}

static void expect_talk_both_ways(void)
{
	tls_peer_client_says(&peer, "GET /1 HTTP/1.1\r\n\r\n");
	tls_peer_expect_text(&peer, "GET /1 HTTP/1.1\r\n\r\n");
	tls_peer_server_says(&peer, "HTTP/1.1 200 OK\r\n\r\n");
	tls_peer_client_says(&peer, "GET /2 HTTP/1.1\r\n\r\n");
	tls_peer_expect_text(&peer, "GET /2 HTTP/1.1\r\n\r\n");
	tls_peer_server_says(&peer, "HTTP/1.1 404 Not Found\r\n\r\n");
	ck_assert_uint_eq(peer.to_server_bytes, 0);
}

/* An alert in the clear: the last record of what the server sent. */
static void expect_clear_alert(uint8_t alert)
{
	const uint8_t *record = peer.first_flight + peer.first_flight_bytes - 7;

	ck_assert_uint_ge(peer.first_flight_bytes, 7);
	ck_assert_uint_eq(record[0], 21);
	ck_assert_uint_eq(record[5], 2);
	ck_assert_uint_eq(record[6], alert);
}

static const struct suite {
	const char *name, *rsa_name; /* NULL: the same; in TLS 1.2 the certificate is part of it */
	int version;
	enum sl_aead_kind kind;
	uint8_t secret_bytes;
	uint64_t read_no, write_no; /* of the first records that are ours */
} suites[] = {
	{ "TLS_AES_128_GCM_SHA256", NULL, TLS1_3_VERSION, SL_AEAD_AES_128_GCM, 32, 0, 2 },
	{ "TLS_AES_256_GCM_SHA384", NULL, TLS1_3_VERSION, SL_AEAD_AES_256_GCM, 48, 0, 2 },
	{ "TLS_CHACHA20_POLY1305_SHA256", NULL, TLS1_3_VERSION, SL_AEAD_CHACHA20_POLY1305, 32, 0,
	  2 },
	{ "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", TLS1_2_VERSION,
	  SL_AEAD_AES_128_GCM, 16, 1, 1 },
	{ "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384", TLS1_2_VERSION,
	  SL_AEAD_AES_256_GCM, 32, 1, 1 },
	{ "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305", TLS1_2_VERSION,
	  SL_AEAD_CHACHA20_POLY1305, 32, 1, 1 },
};
enum { SUITE_CNT = 6, SUITE_13_CNT = 3 };

/* The client offers that suite and no other. */
static void offer(const struct suite *suite, bool rsa)
{
	const char *name = rsa && suite->rsa_name ? suite->rsa_name : suite->name;

	ck_assert(SSL_CTX_set_min_proto_version(peer.client_context, suite->version));
	ck_assert(SSL_CTX_set_max_proto_version(peer.client_context, suite->version));
	if (suite->version == TLS1_3_VERSION)
		ck_assert(SSL_CTX_set_ciphersuites(peer.client_context, name));
	else
		ck_assert(SSL_CTX_set_cipher_list(peer.client_context, name));
}

/* What we seal after the handshake is opened by the client, so keys and record numbers are right:
 * the server's first one follows the two tickets, in TLS 1.2 the Finished. */
START_TEST(talks_with_every_suite_certificate_and_engine)
{
	const struct suite *suite = &suites[_i % SUITE_CNT];
	bool rsa = _i / SUITE_CNT % 2 == 1;

	if (rsa) {
		sl_tls_context_close(context);
		tls_identity_remove(&identity);
		context_open("RSA");
	}
	offer(suite, rsa);
	connect_and_shake();
	tls_peer_take_over(&peer, tls_engines[_i / SUITE_CNT / 2]);
	ck_assert_int_eq(peer.write_keys.kind, suite->kind);
	ck_assert_uint_eq(peer.write_keys.secret_bytes, suite->secret_bytes);
	ck_assert_uint_eq(peer.write_keys.record_no, suite->write_no);
	ck_assert_uint_eq(peer.read_keys.record_no, suite->read_no);
	expect_talk_both_ways();
}
END_TEST

/* With TLS 1.2 and AES-GCM the nonce of a record is in it. OpenSSL's choice for its Finished, which
 * is the last of its records, is random; ours go on from there, none twice. */
START_TEST(explicit_nonces_go_on_from_openssls)
{
	enum { FINISHED_BYTES = 5 + 8 + 16 + 16 };
	const uint8_t *finished;
	uint8_t nonce[12];

	offer(&suites[3], false);
	connect_and_shake();
	tls_peer_take_over(&peer, NULL);
	finished = peer.first_flight + peer.first_flight_bytes - FINISHED_BYTES;
	expect_hex(finished, 5, "16 03 03 00 28");
	sl_tls_nonce(&peer.write_keys, 0, nonce);
	ck_assert_mem_eq(finished + 5, nonce + 4, 8);
	sl_tls_nonce(&peer.write_keys, 1, nonce);
	ck_assert_mem_ne(finished + 5, nonce + 4, 8);
}
END_TEST

START_TEST(tls_1_2_has_what_makes_it_safe)
{
	offer(&suites[3], false);
	connect_and_shake();
	ck_assert_int_eq(SSL_get_extms_support(peer.client), 1);
	ck_assert_int_eq(SSL_get_secure_renegotiation_support(peer.client), 1);
	ck_assert_str_eq(SSL_get_version(peer.client), "TLSv1.2");
}
END_TEST

/* CBC, and RSA without forward secrecy. */
START_TEST(a_weak_suite_is_not_agreed_on)
{
	static const char *const weak[] = { "ECDHE-ECDSA-AES128-SHA256", "AES128-GCM-SHA256",
					    "DHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-CCM" };

	SSL_CTX_set_max_proto_version(peer.client_context, TLS1_2_VERSION);
	ck_assert_int_eq(SSL_CTX_set_cipher_list(peer.client_context, weak[_i]), 1);
	ck_assert(tls_peer_connect(&peer, context));
	ck_assert_int_eq(tls_peer_shake(&peer), SL_HANDSHAKE_FAILED);
	expect_clear_alert(40); /* handshake_failure */
}
END_TEST
enum { WEAK_CNT = 4 };

/* Which is told so, in a warning, and here gives up. */
START_TEST(a_client_that_renegotiates)
{
	uint8_t plain[SL_ALERT_BYTES];
	struct sl_opened opened;
	enum sl_alert alert;
	char byte;

	offer(&suites[SUITE_13_CNT + _i], false);
	connect_and_shake();
	tls_peer_take_over(&peer, NULL);
	expect_talk_both_ways();
	ck_assert_int_eq(SSL_renegotiate(peer.client), 1);
	ck_assert_int_le(SSL_do_handshake(peer.client), 0);
	peer.to_server_bytes = BIO_read(peer.from_client, peer.to_server, TLS_WIRE_MAX_BYTES);
	ck_assert_int_eq(tls_peer_open(&peer, &opened), SL_OPEN_OK);
	ck_assert_int_eq(opened.type, SL_TLS_HANDSHAKE);
	ck_assert_int_eq(sl_control_handshake(opened.plain, opened.plain_bytes, &peer.read_keys,
					      peer.aead, peer.read_table, &alert),
			 SL_CONTROL_RENEGOTIATION);
	tls_peer_consume(&peer, opened.wire_bytes);
	sl_control_encode_alert(SL_ALERT_NO_RENEGOTIATION, plain);
	tls_peer_seal(&peer, SL_TLS_ALERT, plain, sizeof(plain));
	ck_assert_int_le(SSL_read(peer.client, &byte, 1), 0);
	ck_assert_int_eq(ERR_GET_REASON(ERR_peek_last_error()), SSL_R_NO_RENEGOTIATION);

	/* OpenSSL's client ends the connection then. */
	peer.to_server_bytes = BIO_read(peer.from_client, peer.to_server, TLS_WIRE_MAX_BYTES);
	ck_assert_int_eq(tls_peer_open(&peer, &opened), SL_OPEN_OK);
	ck_assert_int_eq(opened.type, SL_TLS_ALERT);
	ck_assert_int_eq(
	    sl_control_alert(&peer.read_keys, opened.plain, opened.plain_bytes, &alert),
	    SL_CONTROL_ABORTED);
}
END_TEST

static const struct {
	int version;
	const char *offered, *chosen;
} preferences[] = {
	{ TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256",
	  "TLS_AES_128_GCM_SHA256" },
	{ TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
	  "TLS_AES_256_GCM_SHA384" },
	/* no instructions for AES */
	{ TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256",
	  "TLS_CHACHA20_POLY1305_SHA256" },
	{ TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256",
	  "ECDHE-ECDSA-AES128-GCM-SHA256" },
	{ TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305",
	  "ECDHE-ECDSA-AES256-GCM-SHA384" },
	{ TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256",
	  "ECDHE-ECDSA-CHACHA20-POLY1305" },
};

START_TEST(what_seals_fastest_is_chosen_but_for_clients_without_aes)
{
	SSL_CTX_set_max_proto_version(peer.client_context, preferences[_i].version);
	SSL_CTX_set_min_proto_version(peer.client_context, preferences[_i].version);
	if (preferences[_i].version == TLS1_3_VERSION)
		SSL_CTX_set_ciphersuites(peer.client_context, preferences[_i].offered);
	else
		SSL_CTX_set_cipher_list(peer.client_context, preferences[_i].offered);
	connect_and_shake();
	ck_assert_str_eq(SSL_get_cipher_name(peer.client), preferences[_i].chosen);
}
END_TEST

START_TEST(a_request_glued_behind_finished_stays_ours)
{
	offer(&suites[_i], false);
	ck_assert(tls_peer_connect(&peer, context));
	tls_peer_client_turn(&peer);
	tls_peer_server_turn(&peer, peer.to_server_bytes);
	tls_peer_client_turn(&peer); /* change_cipher_spec, Finished */
	tls_peer_client_says(&peer, "GET / HTTP/1.1\r\n\r\n");
	tls_peer_client_says(&peer, "GET /again HTTP/1.1\r\n\r\n");
	tls_peer_server_turn(&peer, peer.to_server_bytes);
	tls_peer_take_over(&peer, NULL);
	tls_peer_expect_text(&peer, "GET / HTTP/1.1\r\n\r\n");
	tls_peer_expect_text(&peer, "GET /again HTTP/1.1\r\n\r\n");
	expect_talk_both_ways();
}
END_TEST

START_TEST(bytes_may_come_and_go_one_by_one)
{
	peer.output_max_bytes = 1;
	offer(&suites[_i], false);
	ck_assert(tls_peer_connect(&peer, context));
	for (int turn = 0; turn < 2; turn++) {
		tls_peer_client_turn(&peer);
		for (uint32_t len_bytes = 1; peer.to_server_bytes != 0;) {
			uint32_t before_bytes = peer.to_server_bytes;

			ck_assert_uint_le(len_bytes, before_bytes);
			tls_peer_server_turn(&peer, len_bytes);
			len_bytes = peer.to_server_bytes == before_bytes ? len_bytes + 1 : 1;
		}
	}
	ck_assert_int_eq(peer.verdict, SL_HANDSHAKE_DONE);
	tls_peer_take_over(&peer, NULL);
	expect_talk_both_ways();
}
END_TEST

/* The random of a ServerHello that is a HelloRetryRequest (RFC 8446, 4.1.3), behind record header,
 * message header and version. */
START_TEST(a_client_with_the_wrong_key_share_tries_again)
{
	ck_assert_int_eq(SSL_CTX_set1_groups_list(peer.client_context, "P-521:P-384"), 1);
	connect_and_shake();
	expect_hex(peer.first_flight + 5 + 4 + 2, 32,
		   "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c");
	tls_peer_take_over(&peer, NULL);
	ck_assert_uint_eq(peer.write_keys.record_no, 2);
	expect_talk_both_ways();
}
END_TEST

START_TEST(works_without_middlebox_compatibility)
{
	SSL_CTX_clear_options(peer.client_context, SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
	connect_and_shake();
	tls_peer_take_over(&peer, NULL);
	expect_talk_both_ways();
}
END_TEST

START_TEST(a_client_that_stops_at_tls_1_1_is_told_so)
{
	SSL_CTX_set_security_level(peer.client_context, 0);
	SSL_CTX_set_min_proto_version(peer.client_context, TLS1_1_VERSION);
	SSL_CTX_set_max_proto_version(peer.client_context, TLS1_1_VERSION);
	ck_assert(tls_peer_connect(&peer, context));
	ck_assert_int_eq(tls_peer_shake(&peer), SL_HANDSHAKE_FAILED);
	expect_clear_alert(70); /* protocol_version */
}
END_TEST

START_TEST(a_server_may_want_tls_1_3)
{
	const struct sl_tls_pair pair = { identity.certificate_path, identity.key_path };
	const struct sl_tls_config config = {
		.pairs = &pair,
		.pair_cnt = 1,
		.tickets = tls_tickets(),
		.only_13 = true,
	};

	sl_tls_context_close(context);
	ck_assert_int_eq(sl_tls_context_open(&context, &config, &tls_problem), 0);
	if (_i == 0) {
		connect_and_shake();
		return;
	}
	SSL_CTX_set_max_proto_version(peer.client_context, TLS1_2_VERSION);
	ck_assert(tls_peer_connect(&peer, context));
	ck_assert_int_eq(tls_peer_shake(&peer), SL_HANDSHAKE_FAILED);
	expect_clear_alert(70); /* protocol_version */
}
END_TEST

START_TEST(no_group_in_common_is_a_handshake_failure)
{
	ck_assert_int_eq(SSL_CTX_set1_groups_list(peer.client_context, "ffdhe2048"), 1);
	ck_assert(tls_peer_connect(&peer, context));
	ck_assert_int_eq(tls_peer_shake(&peer), SL_HANDSHAKE_FAILED);
	expect_clear_alert(40);
}
END_TEST

START_TEST(alpn)
{
	static const struct {
		const char *offered; /* lengths in front of the names */
		bool ok;
	} stories[] = {
		{ "\x08http/1.1", true },
		{ "\x02h2\x08http/1.1", true },
		{ "\x02h2", false },
		{ "\x08http/1.0\x09http/1.10", false },
	};
	const unsigned char *selected;
	unsigned int selected_bytes;

	SSL_CTX_set_alpn_protos(peer.client_context, (const uint8_t *)stories[_i].offered,
				strlen(stories[_i].offered));
	ck_assert(tls_peer_connect(&peer, context));
	if (!stories[_i].ok) {
		ck_assert_int_eq(tls_peer_shake(&peer), SL_HANDSHAKE_FAILED);
		expect_clear_alert(120); /* no_application_protocol */
		return;
	}
	ck_assert_int_eq(tls_peer_shake(&peer), SL_HANDSHAKE_DONE);
	SSL_get0_alpn_selected(peer.client, &selected, &selected_bytes);
	ck_assert_uint_eq(selected_bytes, 8);
	ck_assert_mem_eq(selected, "http/1.1", 8);
}
END_TEST
enum { ALPN_STORY_CNT = 4 };

/* It must fail with what is there, not wait for the length that the garbage names. */
START_TEST(garbage_fails_at_once)
{
	static const char *const garbage[] = {
		"474554202f20485454502f312e310d0a0d0a", /* GET / HTTP/1.1 */
		"0000000000",
		"ffffffffff",
		"16030141 01",            /* a record of 2^14 + 257 bytes */
		"1603010004 ff000000",    /* a message that does not exist */
		"1703030001 ff",          /* data before any hello */
		"150301000202 28",        /* a fatal alert */
		"16030100 04 01000000",   /* an empty ClientHello */
		"802e010301001500000010", /* SSLv2 */
	};
	ck_assert_int_lt(_i, (int)(sizeof(garbage) / sizeof(garbage[0])));
	ck_assert(tls_peer_connect(&peer, context));
	peer.to_server_bytes = hex(peer.to_server, garbage[_i]);
	tls_peer_server_turn(&peer, peer.to_server_bytes);
	ck_assert_int_eq(peer.verdict, SL_HANDSHAKE_FAILED);

	/* It stays so, and eats no more. */
	peer.to_server_bytes = 100;
	tls_peer_server_turn(&peer, 100);
	ck_assert_int_eq(peer.verdict, SL_HANDSHAKE_FAILED);
	ck_assert_uint_eq(peer.to_server_bytes, 100);
}
END_TEST
enum { GARBAGE_CNT = 9 };

START_TEST(an_overlong_record_is_answered_without_waiting_for_it)
{
	ck_assert(tls_peer_connect(&peer, context));
	peer.to_server_bytes = hex(peer.to_server, "160301ffff");
	tls_peer_server_turn(&peer, peer.to_server_bytes);
	ck_assert_int_eq(peer.verdict, SL_HANDSHAKE_FAILED);
	expect_clear_alert(22); /* record_overflow */
}
END_TEST

START_TEST(a_forged_finished_fails)
{
	ck_assert(tls_peer_connect(&peer, context));
	tls_peer_client_turn(&peer);
	tls_peer_server_turn(&peer, peer.to_server_bytes);
	tls_peer_client_turn(&peer);
	peer.to_server[peer.to_server_bytes - 1] ^= 1;
	tls_peer_server_turn(&peer, peer.to_server_bytes);
	ck_assert_int_eq(peer.verdict, SL_HANDSHAKE_FAILED);
}
END_TEST

static int on_certificate_request(SSL *ssl, X509 **certificate, EVP_PKEY **key)
{
	(void)ssl;
	(void)certificate;
	(void)key;
	ck_abort_msg("asked for a certificate");
	return 0;
}

START_TEST(no_certificate_is_asked_of_the_client)
{
	SSL_CTX_set_client_cert_cb(peer.client_context, on_certificate_request);
	connect_and_shake();
}
END_TEST

/* The lines, joined by newlines. */
static char keylog[4096];

static void on_keylog(const char *line, void *arg)
{
	size_t used_bytes = strlen(keylog);

	ck_assert_ptr_eq(arg, &peer);
	snprintf(keylog + used_bytes, sizeof(keylog) - used_bytes, "%s\n", line);
}

START_TEST(a_key_log_gets_every_secret)
{
	static const char *const labels[] = {
		"CLIENT_HANDSHAKE_TRAFFIC_SECRET ",
		"SERVER_HANDSHAKE_TRAFFIC_SECRET ",
		"CLIENT_TRAFFIC_SECRET_0 ",
		"SERVER_TRAFFIC_SECRET_0 ",
	};

	sl_tls_context_keylog(context, on_keylog, &peer);
	connect_and_shake();
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		ck_assert_ptr_nonnull(strstr(keylog, labels[i]));
}
END_TEST

/* The client changes its keys, and asks for ours; then we change them, and talk goes on. */
START_TEST(key_update_both_ways)
{
	uint8_t plain[SL_KEY_UPDATE_BYTES];
	struct sl_opened opened;
	enum sl_alert alert;

	offer(&suites[_i], false);
	connect_and_shake();
	tls_peer_take_over(&peer, NULL);
	for (int round = 0; round < 3; round++) {
		expect_talk_both_ways();
		ck_assert_int_eq(SSL_key_update(peer.client, SSL_KEY_UPDATE_REQUESTED), 1);
		tls_peer_client_says(&peer, "under new keys");
		ck_assert_int_eq(tls_peer_open(&peer, &opened), SL_OPEN_OK);
		ck_assert_int_eq(opened.type, SL_TLS_HANDSHAKE);
		ck_assert_int_eq(sl_control_handshake(opened.plain, opened.plain_bytes,
						      &peer.read_keys, peer.aead, peer.read_table,
						      &alert),
				 SL_CONTROL_KEY_UPDATE_ASKED);
		tls_peer_consume(&peer, opened.wire_bytes);
		tls_peer_expect_text(&peer, "under new keys");

		sl_control_encode_key_update(plain);
		tls_peer_seal(&peer, SL_TLS_HANDSHAKE, plain, sizeof(plain));
		sl_tls_keys_update(&peer.write_keys, peer.aead, peer.write_table);
		tls_peer_server_says(&peer, "as are ours");
	}
}
END_TEST

START_TEST(both_sides_close)
{
	uint8_t plain[SL_ALERT_BYTES];
	struct sl_opened opened;
	enum sl_alert alert;
	char byte;

	offer(&suites[_i], false);
	connect_and_shake();
	tls_peer_take_over(&peer, NULL);
	sl_control_encode_alert(SL_ALERT_CLOSE_NOTIFY, plain);
	tls_peer_seal(&peer, SL_TLS_ALERT, plain, sizeof(plain));
	ck_assert_int_le(SSL_read(peer.client, &byte, 1), 0);
	ck_assert_int_eq(SSL_get_shutdown(peer.client), SSL_RECEIVED_SHUTDOWN);

	SSL_shutdown(peer.client);
	peer.to_server_bytes = BIO_read(peer.from_client, peer.to_server, TLS_WIRE_MAX_BYTES);
	ck_assert_int_eq(tls_peer_open(&peer, &opened), SL_OPEN_OK);
	ck_assert_int_eq(opened.type, SL_TLS_ALERT);
	ck_assert_int_eq(
	    sl_control_alert(&peer.read_keys, opened.plain, opened.plain_bytes, &alert),
	    SL_CONTROL_CLOSED);
}
END_TEST

START_TEST(the_client_takes_a_full_record_and_an_empty_one)
{
	static uint8_t plain[16384], read[16385];

	offer(&suites[_i % SUITE_CNT], false);
	connect_and_shake();
	tls_peer_take_over(&peer, tls_engines[_i / SUITE_CNT]);
	fill(plain, sizeof(plain), 2);
	tls_peer_seal(&peer, SL_TLS_APPLICATION_DATA, plain, sizeof(plain));
	tls_peer_seal(&peer, SL_TLS_APPLICATION_DATA, plain, 0);
	ck_assert_int_eq(SSL_read(peer.client, read, sizeof(read)), sizeof(plain));
	ck_assert_mem_eq(read, plain, sizeof(plain));
	tls_peer_server_says(&peer, "and the next");
}
END_TEST

Suite *suite_handshake(void)
{
	Suite *suite = suite_create("handshake");
	TCase *tcase = tcase_create("handshake");

	tcase_set_timeout(tcase, 30); /* RSA keys take their time under sanitizers */
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, talks_with_every_suite_certificate_and_engine, 0,
			    SUITE_CNT * 2 * tls_engine_cnt);
	tcase_add_test(tcase, explicit_nonces_go_on_from_openssls);
	tcase_add_test(tcase, tls_1_2_has_what_makes_it_safe);
	tcase_add_loop_test(tcase, a_weak_suite_is_not_agreed_on, 0, WEAK_CNT);
	tcase_add_loop_test(tcase, a_client_that_renegotiates, 0, SUITE_CNT - SUITE_13_CNT);
	tcase_add_loop_test(tcase, what_seals_fastest_is_chosen_but_for_clients_without_aes, 0,
			    sizeof(preferences) / sizeof(preferences[0]));
	tcase_add_loop_test(tcase, a_request_glued_behind_finished_stays_ours, 0, SUITE_13_CNT);
	tcase_add_loop_test(tcase, bytes_may_come_and_go_one_by_one, 0, SUITE_CNT);
	tcase_add_test(tcase, a_client_with_the_wrong_key_share_tries_again);
	tcase_add_test(tcase, works_without_middlebox_compatibility);
	tcase_add_test(tcase, a_client_that_stops_at_tls_1_1_is_told_so);
	tcase_add_loop_test(tcase, a_server_may_want_tls_1_3, 0, 2);
	tcase_add_test(tcase, no_group_in_common_is_a_handshake_failure);
	tcase_add_loop_test(tcase, alpn, 0, ALPN_STORY_CNT);
	tcase_add_loop_test(tcase, garbage_fails_at_once, 0, GARBAGE_CNT);
	tcase_add_test(tcase, an_overlong_record_is_answered_without_waiting_for_it);
	tcase_add_test(tcase, a_forged_finished_fails);
	tcase_add_test(tcase, no_certificate_is_asked_of_the_client);
	tcase_add_test(tcase, a_key_log_gets_every_secret);
	tcase_add_loop_test(tcase, key_update_both_ways, 0, SUITE_13_CNT);
	tcase_add_loop_test(tcase, both_sides_close, 0, SUITE_CNT);
	tcase_add_loop_test(tcase, the_client_takes_a_full_record_and_an_empty_one, 0,
			    SUITE_CNT * tls_engine_cnt);
	suite_add_tcase(suite, tcase);
	return suite;
}
