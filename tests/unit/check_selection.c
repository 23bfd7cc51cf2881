/* SPDX-License-Identifier: BSD-2-Clause */
/* Which certificate a client gets, and under which name a session is resumed. */
#include <string.h>

#include <openssl/x509.h>

#include "tls_peer.h"

/* In the order of the command line. */
static const struct {
	const char *algorithm, *names;
} given[] = {
	{ "EC", "DNS:first.example" },  { "RSA", "DNS:both.example,DNS:first-too.example" },
	{ "EC", "DNS:both.example" },   { "EC", "DNS:*.wild.example" },
	{ "EC", "DNS:a.wild.example" }, { "EC", "DNS:both.example" }, /* never gets its turn */
};
enum { GIVEN = sizeof(given) / sizeof(given[0]) };

static struct tls_identity identities[GIVEN];
static struct sl_tls_context *context;

static void setup(void)
{
	const struct tls_identity *in_order[GIVEN];

	for (int i = 0; i < GIVEN; i++) {
		tls_identity_make_for(&identities[i], given[i].algorithm, given[i].names);
		in_order[i] = &identities[i];
	}
	ck_assert_int_eq(tls_identities_open(in_order, GIVEN, &context), 0);
}

static void teardown(void)
{
	sl_tls_context_close(context);
	for (int i = 0; i < GIVEN; i++)
		tls_identity_remove(&identities[i]);
}

static X509 *certificate_of(int idx)
{
	BIO *bio = BIO_new_file(identities[idx].certificate_path, "r");
	X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	ck_assert_ptr_nonnull(certificate);
	BIO_free(bio);
	return certificate;
}

/* Connects with this name and these algorithms, each NULL for OpenSSL's own choice. */
static void shake(struct tls_peer *peer, const char *name, const char *algorithms,
		  SSL_SESSION *session)
{
	tls_peer_init(peer);
	ck_assert(tls_peer_connect(peer, context));
	if (name)
		SSL_set_tlsext_host_name(peer->client, name);
	if (algorithms)
		ck_assert(SSL_set1_sigalgs_list(peer->client, algorithms));
	if (session)
		ck_assert(SSL_set_session(peer->client, session));
	tls_peer_shake(peer);
}

static const struct {
	const char *name, *algorithms;
	int idx; /* of given; -1: the handshake fails */
} choices[] = {
	/* 0: by name, whatever the case */
	{ "first.example", NULL, 0 },
	{ "FIRST.example", NULL, 0 },
	{ "first-too.example", NULL, 1 },
	/* 3: wildcards come after names */
	{ "b.wild.example", NULL, 3 },
	{ "a.wild.example", NULL, 4 },
	/* 5: nobody's name, and no name */
	{ "wild.example", NULL, 0 },
	{ "c.a.wild.example", NULL, 0 },
	{ "nobody.example", NULL, 0 },
	{ "*.wild.example", NULL, 0 },
	{ NULL, NULL, 0 },
	/* 10: two kinds of keys for one name: ECDSA signs at a tenth of the price */
	{ "both.example", "ECDSA+SHA256:RSA-PSS+SHA256", 2 },
	{ "both.example", "RSA-PSS+SHA256:ECDSA+SHA256", 2 },
	{ "both.example", "ECDSA+SHA256", 2 },
	{ "both.example", "RSA-PSS+SHA256", 1 },
	{ "first.example", "RSA-PSS+SHA256", -1 },
};

START_TEST(the_certificate_is_that_of_the_name)
{
	struct tls_peer peer;

	shake(&peer, choices[_i].name, choices[_i].algorithms, NULL);
	if (choices[_i].idx < 0) {
		ck_assert_int_eq(peer.verdict, SL_HANDSHAKE_FAILED);
	} else {
		X509 *expected = certificate_of(choices[_i].idx);
		X509 *got = SSL_get1_peer_certificate(peer.client);

		ck_assert_int_eq(peer.verdict, SL_HANDSHAKE_DONE);
		ck_assert_int_eq(X509_cmp(got, expected), 0);
		X509_free(got);
		X509_free(expected);
	}
	tls_peer_fini(&peer);
}
END_TEST

static SSL_SESSION *session_for(const char *name)
{
	SSL_SESSION *session;
	struct tls_peer peer;

	shake(&peer, name, NULL, NULL);
	ck_assert_int_eq(peer.verdict, SL_HANDSHAKE_DONE);
	session = SSL_get1_session(peer.client);
	ck_assert(SSL_SESSION_is_resumable(session));
	tls_peer_fini(&peer);
	/* What the client's library knows of the name would keep it from trying. */
	SSL_SESSION_set1_hostname(session, NULL);
	return session;
}

static const struct {
	const char *given_for, *used_for;
	bool is_resumed;
} tickets[] = {
	{ "first.example", "first.example", true },
	{ "first.example", "FIRST.EXAMPLE.", true },
	{ NULL, NULL, true },
	{ "nobody.example", "nobody.example", true },
	{ "b.wild.example", "b.wild.example", true },
	/* 5: another certificate */
	{ "first.example", "a.wild.example", false },
	{ "first.example", NULL, false },
	{ NULL, "first.example", false },
	/* 8: the same certificate, another name */
	{ "b.wild.example", "c.wild.example", false },
	{ "nobody.example", "somebody.example", false },
	{ "first-too.example", "both.example", false },
};

START_TEST(a_session_is_resumed_under_its_own_name_only)
{
	SSL_SESSION *session = session_for(tickets[_i].given_for);
	struct tls_peer peer;

	shake(&peer, tickets[_i].used_for, NULL, session);
	ck_assert_int_eq(peer.verdict, SL_HANDSHAKE_DONE); /* if not resumed, then in full */
	ck_assert_int_eq(SSL_session_reused(peer.client), tickets[_i].is_resumed);
	tls_peer_fini(&peer);
	SSL_SESSION_free(session);
}
END_TEST

/* One byte of the extension is another, counted from the name back: it tells lies about lengths, or
 * has another type. We must not read beyond it; OpenSSL then refuses it by itself. */
static const struct {
	uint32_t before;
	uint8_t byte;
} lies[] = {
	{ 1, 0xff },                                /* length of the name */
	{ 2, 0xff }, { 1, 0 }, { 1, 13 }, { 3, 1 }, /* type of the name */
	{ 4, 0xff },                                /* length of the list */
	{ 4, 0 },    { 6, 5 },                      /* length of the extension */
	{ 6, 4 },    { 6, 0 },
};

START_TEST(a_hello_that_lies_does_no_harm)
{
	struct tls_peer peer;
	uint32_t off = 0;

	tls_peer_init(&peer);
	ck_assert(tls_peer_connect(&peer, context));
	SSL_set_tlsext_host_name(peer.client, "nobody.example");
	tls_peer_client_turn(&peer);
	while (memcmp(peer.to_server + off, "nobody.example", 14) != 0)
		ck_assert_uint_lt(off++, peer.to_server_bytes);
	peer.to_server[off - lies[_i].before] = lies[_i].byte;
	tls_peer_server_turn(&peer, peer.to_server_bytes);
	ck_assert_int_eq(peer.verdict, SL_HANDSHAKE_FAILED);
	tls_peer_fini(&peer);
}
END_TEST

#define CNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

Suite *suite_selection(void)
{
	Suite *suite = suite_create("selection");
	TCase *tcase = tcase_create("selection");

	tcase_set_timeout(tcase, 30); /* RSA keys take their time under sanitizers */
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, the_certificate_is_that_of_the_name, 0, CNT(choices));
	tcase_add_loop_test(tcase, a_session_is_resumed_under_its_own_name_only, 0, CNT(tickets));
	tcase_add_loop_test(tcase, a_hello_that_lies_does_no_harm, 0, CNT(lies));
	suite_add_tcase(suite, tcase);
	return suite;
}
