/* SPDX-License-Identifier: BSD-2-Clause */
/* record_size_limit (RFC 8449) and max_fragment_length (RFC 6066, 4): what a client says of the
 * longest record it takes, what it is told, and what its records are like. */
#include <stdio.h>
#include <string.h>

#include "tls_peer.h"

enum { EXTENSION_RECORD_SIZE_LIMIT = 28 };

static struct tls_identity identity;
static struct sl_tls_context *context;
static struct tls_peer peer;

static struct {
	uint8_t data[4]; /* what the client sends */
	size_t len_bytes;
	int got; /* what it got back, or -1 */
} limit;

static int offer(SSL *ssl, unsigned int type, unsigned int where, const unsigned char **data,
		 size_t *len_bytes, X509 *certificate, size_t certificate_idx, int *alert,
		 void *arg)
{
	(void)ssl;
	(void)type;
	(void)where;
	(void)certificate;
	(void)certificate_idx;
	(void)alert;
	(void)arg;
	*data = limit.data;
	*len_bytes = limit.len_bytes;
	return 1;
}

static int take_answer(SSL *ssl, unsigned int type, unsigned int where, const unsigned char *data,
		       size_t len_bytes, X509 *certificate, size_t certificate_idx, int *alert,
		       void *arg)
{
	(void)ssl;
	(void)type;
	(void)where;
	(void)certificate;
	(void)certificate_idx;
	(void)alert;
	(void)arg;
	ck_assert_uint_eq(len_bytes, 2);
	limit.got = data[0] << 8 | data[1];
	return 1;
}

static void context_open(const char *algorithm)
{
	tls_identity_make(&identity, algorithm);
	ck_assert_int_eq(tls_identity_open(&identity, &context), 0);
}

static void setup(void)
{
	context_open("EC");
	tls_peer_init(&peer);
	limit.got = -1;
}

static void teardown(void)
{
	tls_peer_fini(&peer);
	sl_tls_context_close(context);
	tls_identity_remove(&identity);
}

/* fragment_code 0: none; limit_hex "": none. */
static enum sl_handshake_verdict shake(int version, uint8_t fragment_code, const char *limit_hex)
{
	const unsigned int where = SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_2_SERVER_HELLO |
				   SSL_EXT_TLS1_3_ENCRYPTED_EXTENSIONS;

	limit.len_bytes = hex(limit.data, limit_hex);
	SSL_CTX_set_max_proto_version(peer.client_context, version);
	if (limit.len_bytes > 0)
		ck_assert(SSL_CTX_add_custom_ext(peer.client_context, EXTENSION_RECORD_SIZE_LIMIT,
						 where, offer, NULL, NULL, take_answer, NULL));
	if (fragment_code != 0)
		ck_assert(
		    SSL_CTX_set_tlsext_max_fragment_length(peer.client_context, fragment_code));
	ck_assert(tls_peer_connect(&peer, context));
	return tls_peer_shake(&peer);
}

/* The longest protected record of the server's first flight. */
static uint32_t longest_sealed(void)
{
	uint32_t longest_bytes = 0;

	for (uint32_t off = 0, len_bytes; off < peer.first_flight_bytes; off += 5 + len_bytes) {
		const uint8_t *header = peer.first_flight + off;

		len_bytes = (uint32_t)header[3] << 8 | header[4];
		if (header[0] == SL_TLS_APPLICATION_DATA && len_bytes > longest_bytes)
			longest_bytes = len_bytes;
	}
	return longest_bytes;
}

static const struct story {
	int version;
	uint8_t fragment_code; /* RFC 6066: 1 is 512 bytes, 4 is 4096; 0: not sent */
	const char *limit;     /* RFC 8449; "": not sent */
	uint32_t record_max_bytes;
	int answered_limit, answered_code; /* -1, 0: no answer */
} stories[] = {
	{ TLS1_3_VERSION, 0, "", 16384, -1, 0 },
	{ TLS1_2_VERSION, 0, "", 16384, -1, 0 },
	/* In 1.3 the type byte counts. What is more than the protocol allows is not refused. */
	{ TLS1_3_VERSION, 0, "4001", 16384, 16385, 0 },
	{ TLS1_3_VERSION, 0, "4000", 16383, 16385, 0 },
	{ TLS1_3_VERSION, 0, "ffff", 16384, 16385, 0 },
	{ TLS1_3_VERSION, 0, "1001", 4096, 16385, 0 },
	{ TLS1_3_VERSION, 0, "0201", 512, 16385, 0 },
	{ TLS1_2_VERSION, 0, "4000", 16384, 16384, 0 },
	{ TLS1_2_VERSION, 0, "4001", 16384, 16384, 0 },
	{ TLS1_2_VERSION, 0, "ffff", 16384, 16384, 0 },
	{ TLS1_2_VERSION, 0, "3fff", 16383, 16384, 0 },
	{ TLS1_2_VERSION, 0, "0040", 64, 16384, 0 },
	/* OpenSSL's handshake messages in 1.3 do not go below 512. */
	{ TLS1_3_VERSION, 0, "0200", 511, -1, 0 },
	{ TLS1_3_VERSION, 0, "0040", 63, -1, 0 },
	{ TLS1_3_VERSION, 1, "", 512, -1, 1 },
	{ TLS1_3_VERSION, 4, "", 4096, -1, 4 },
	{ TLS1_2_VERSION, 1, "", 512, -1, 1 },
	{ TLS1_2_VERSION, 3, "", 2048, -1, 3 },
	/* Both: never both answers, and records that keep both. */
	{ TLS1_3_VERSION, 4, "4001", 4096, -1, 4 },
	{ TLS1_3_VERSION, 4, "0201", 512, -1, 4 },
	{ TLS1_2_VERSION, 4, "4000", 4096, -1, 4 },
	{ TLS1_2_VERSION, 4, "0080", 128, -1, 4 },
};

START_TEST(what_a_client_takes)
{
	const struct story *story = &stories[_i];
	char plain[1000];

	ck_assert_int_eq(shake(story->version, story->fragment_code, story->limit),
			 SL_HANDSHAKE_DONE);
	ck_assert_uint_eq(sl_handshake_record_max(peer.handshake), story->record_max_bytes);
	ck_assert_int_eq(limit.got, story->answered_limit);
	ck_assert_int_eq(SSL_SESSION_get_max_fragment_length(SSL_get_session(peer.client)),
			 story->answered_code);
	if (limit.got != -1 || story->answered_code != 0)
		ck_assert_uint_le(longest_sealed(), story->record_max_bytes + 17);
	tls_peer_take_over(&peer, NULL);
	memset(plain, 'x', sizeof(plain));
	plain[story->record_max_bytes < 200 ? story->record_max_bytes : 200] = 0;
	tls_peer_server_says(&peer, plain);
}
END_TEST

/* The Certificate does not fit a short record. */
START_TEST(handshake_messages_keep_it_in_tls_1_3)
{
	sl_tls_context_close(context);
	tls_identity_remove(&identity);
	context_open("RSA");
	ck_assert_int_eq(shake(TLS1_3_VERSION, 0, "0201"), SL_HANDSHAKE_DONE);
	ck_assert_uint_eq(longest_sealed(), 512 + 17);
}
END_TEST

START_TEST(what_is_no_limit_is_refused)
{
	static const struct {
		const char *limit;
		uint8_t alert;
	} bad[] = {
		{ "003f", 47 }, /* illegal_parameter: less than 64 */
		{ "0000", 47 },
		{ "40", 50 }, /* decode_error */
		{ "004000", 50 },
	};
	const int version = _i % 2 == 0 ? TLS1_3_VERSION : TLS1_2_VERSION;
	const uint8_t *alert;

	ck_assert_int_eq(shake(version, 0, bad[_i / 2].limit), SL_HANDSHAKE_FAILED);
	alert = peer.first_flight + peer.first_flight_bytes - 7;
	ck_assert_uint_eq(alert[0], 21);
	ck_assert_uint_eq(alert[6], bad[_i / 2].alert);
}
END_TEST
enum { BAD_CNT = 4 };

Suite *suite_record_limit(void)
{
	Suite *suite = suite_create("record_limit");
	TCase *tcase = tcase_create("record_limit");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, what_a_client_takes, 0, sizeof(stories) / sizeof(stories[0]));
	tcase_add_test(tcase, handshake_messages_keep_it_in_tls_1_3);
	tcase_add_loop_test(tcase, what_is_no_limit_is_refused, 0, 2 * BAD_CNT);
	suite_add_tcase(suite, tcase);
	return suite;
}
