/* SPDX-License-Identifier: BSD-2-Clause */
/* Responses as an authority's responder signs them: here each certificate is its own authority. */
#include "tls/staple.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ocsp.h>
#include <openssl/pem.h>

#include "base/clock.h"
#include "tls_peer.h"

enum { HOUR_S = 3600 };

static struct tls_identity identity, other;
static struct sl_tls_context *context;

static void setup(void)
{
	context = NULL;
	tls_identity_make(&identity, "EC");
	tls_identity_make(&other, "EC");
}

static void teardown(void)
{
	sl_tls_context_close(context);
	tls_identity_remove(&identity);
	tls_identity_remove(&other);
}

/* ---- the responder ---- */

static X509 *certificate_of(const struct tls_identity *from)
{
	BIO *bio = BIO_new_file(from->certificate_path, "r");
	X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	ck_assert_ptr_nonnull(certificate);
	BIO_free(bio);
	return certificate;
}

static EVP_PKEY *key_of(const struct tls_identity *from)
{
	BIO *bio = BIO_new_file(from->key_path, "r");
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

	ck_assert_ptr_nonnull(key);
	BIO_free(bio);
	return key;
}

struct answer {
	const char *name;
	bool is_about_other;
	int response_status; /* V_OCSP: successful is 0 */
	int status;
	int from_s, until_s; /* from now; until 0: not said */
	const char *digest;  /* of the certificate's id */
	const char *words;   /* of the problem; NULL: it is good */
};

static ASN1_GENERALIZEDTIME *time_from_now(int after_s)
{
	ASN1_GENERALIZEDTIME *time = ASN1_GENERALIZEDTIME_set(NULL, sl_clock_wall_s() + after_s);

	ck_assert_ptr_nonnull(time);
	return time;
}

static void status_add(OCSP_BASICRESP *basic, const struct answer *answer)
{
	X509 *about = certificate_of(answer->is_about_other ? &other : &identity);
	ASN1_GENERALIZEDTIME *from = time_from_now(answer->from_s);
	ASN1_GENERALIZEDTIME *until = time_from_now(answer->until_s);
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_get_digestbyname(answer->digest), about, about);
	bool is_revoked = answer->status == V_OCSP_CERTSTATUS_REVOKED;

	ck_assert_ptr_nonnull(OCSP_basic_add1_status(basic, id, answer->status, 0,
						     is_revoked ? from : NULL, from,
						     answer->until_s ? until : NULL));
	OCSP_CERTID_free(id);
	ASN1_GENERALIZEDTIME_free(from);
	ASN1_GENERALIZEDTIME_free(until);
	X509_free(about);
}

static OCSP_RESPONSE *respond(const struct answer *answer)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	X509 *signer = certificate_of(&identity);
	EVP_PKEY *key = key_of(&identity);
	OCSP_RESPONSE *response;

	status_add(basic, answer);
	ck_assert(OCSP_basic_sign(basic, signer, key, EVP_sha256(), NULL, 0));
	response =
	    OCSP_response_create(answer->response_status, answer->response_status ? NULL : basic);
	OCSP_BASICRESP_free(basic);
	X509_free(signer);
	EVP_PKEY_free(key);
	return response;
}

static void write_response(OCSP_RESPONSE *response)
{
	char path[128];
	BIO *bio;

	snprintf(path, sizeof(path), "%s.ocsp", identity.certificate_path);
	bio = BIO_new_file(path, "w");
	ck_assert(i2d_OCSP_RESPONSE_bio(bio, response));
	BIO_free(bio);
}

/* ---- */

static const struct answer answers[] = {
	/* 0: good ones */
	{ "good", false, 0, V_OCSP_CERTSTATUS_GOOD, -HOUR_S, HOUR_S, "SHA1", NULL },
	{ "id with SHA-256", false, 0, V_OCSP_CERTSTATUS_GOOD, -HOUR_S, HOUR_S, "SHA256", NULL },
	{ "for ever", false, 0, V_OCSP_CERTSTATUS_GOOD, -HOUR_S, 0, "SHA1", NULL },
	{ "a fast clock", false, 0, V_OCSP_CERTSTATUS_GOOD, 60, HOUR_S, "SHA1", NULL },
	/* 4: and not */
	{ "revoked", false, 0, V_OCSP_CERTSTATUS_REVOKED, -HOUR_S, HOUR_S, "SHA1", "revoked" },
	{ "unknown", false, 0, V_OCSP_CERTSTATUS_UNKNOWN, -HOUR_S, HOUR_S, "SHA1", "unknown" },
	{ "old", false, 0, V_OCSP_CERTSTATUS_GOOD, -2 * HOUR_S, -HOUR_S, "SHA1", "out of date" },
	{ "of tomorrow", false, 0, V_OCSP_CERTSTATUS_GOOD, HOUR_S, 2 * HOUR_S, "SHA1", "future" },
	{ "another's", true, 0, V_OCSP_CERTSTATUS_GOOD, -HOUR_S, HOUR_S, "SHA1",
	  "about another certificate" },
	{ "a refusal", false, OCSP_RESPONSE_STATUS_TRYLATER, V_OCSP_CERTSTATUS_GOOD, -HOUR_S,
	  HOUR_S, "SHA1", "trylater" },
};

static void connect_and_look(const struct answer *answer, const OCSP_RESPONSE *expected)
{
	uint8_t *der = NULL;
	const uint8_t *got;
	struct tls_peer peer;
	long got_bytes;

	tls_peer_init(&peer);
	SSL_CTX_set_tlsext_status_type(peer.client_context, TLSEXT_STATUSTYPE_ocsp);
	ck_assert(tls_peer_connect(&peer, context));
	ck_assert_int_eq(tls_peer_shake(&peer), SL_HANDSHAKE_DONE);
	got_bytes = SSL_get_tlsext_status_ocsp_resp(peer.client, &got);
	if (answer->words) {
		ck_assert_int_le(got_bytes, 0);
	} else {
		ck_assert_int_eq(i2d_OCSP_RESPONSE((OCSP_RESPONSE *)expected, &der), got_bytes);
		ck_assert_mem_eq(got, der, (size_t)got_bytes);
	}
	OPENSSL_free(der);
	tls_peer_fini(&peer);
}

START_TEST(a_good_one_is_sent_a_bad_one_left_out)
{
	const struct answer *answer = &answers[_i];
	OCSP_RESPONSE *response = respond(answer);
	struct sl_tls_certificate_info info;

	write_response(response);
	ck_assert_int_eq(tls_identity_open(&identity, &context), 0);
	sl_tls_context_info(context, 0, &info);
	if (answer->words) {
		ck_assert_msg(strstr(info.staple_problem, answer->words) != NULL, "%s: %s",
			      answer->name, info.staple_problem);
		ck_assert_ptr_nonnull(strstr(info.staple_problem, identity.certificate_path));
		ck_assert_int_eq(info.staple_until_s, 0);
	} else {
		ck_assert_msg(info.staple_problem[0] == '\0', "%s: %s", answer->name,
			      info.staple_problem);
		ck_assert_int_gt(info.staple_until_s, sl_clock_wall_s());
	}
	connect_and_look(answer, response);
	OCSP_RESPONSE_free(response);
}
END_TEST

/* It was good when it was read: its last second passes meanwhile. */
START_TEST(one_that_goes_out_of_date_is_sent_no_more)
{
	struct answer answer = answers[0];
	struct sl_tls_certificate_info info = { .staple_until_s = 0 };
	OCSP_RESPONSE *response = NULL;

	/* Long enough that this machine reads it in time. */
	for (answer.until_s = 2; info.staple_until_s == 0; answer.until_s *= 2) {
		OCSP_RESPONSE_free(response);
		sl_tls_context_close(context);
		response = respond(&answer);
		write_response(response);
		ck_assert_int_eq(tls_identity_open(&identity, &context), 0);
		sl_tls_context_info(context, 0, &info);
	}
	while (sl_clock_wall_s() < info.staple_until_s)
		usleep(50000);
	answer.words = "out of date";
	connect_and_look(&answer, response);
	OCSP_RESPONSE_free(response);
}
END_TEST

START_TEST(without_a_file_there_is_none_and_no_complaint)
{
	struct sl_tls_certificate_info info;

	ck_assert_int_eq(tls_identity_open(&identity, &context), 0);
	sl_tls_context_info(context, 0, &info);
	ck_assert_str_eq(info.staple_problem, "");
	ck_assert_int_eq(info.staple_until_s, 0);
	connect_and_look(&answers[4], NULL);
}
END_TEST

START_TEST(what_is_no_response_is_left_out)
{
	struct sl_tls_certificate_info info;

	tls_identity_file(&identity, "certificate.ocsp", _i == 0 ? "no DER" : "");
	ck_assert_int_eq(tls_identity_open(&identity, &context), 0);
	sl_tls_context_info(context, 0, &info);
	ck_assert_ptr_nonnull(strstr(info.staple_problem, "no OCSP response in DER"));
}
END_TEST

/* Who does not ask does not get it. */
START_TEST(it_is_for_those_who_ask)
{
	OCSP_RESPONSE *response = respond(&answers[0]);
	const uint8_t *got;
	struct tls_peer peer;

	write_response(response);
	ck_assert_int_eq(tls_identity_open(&identity, &context), 0);
	tls_peer_init(&peer);
	ck_assert(tls_peer_connect(&peer, context));
	ck_assert_int_eq(tls_peer_shake(&peer), SL_HANDSHAKE_DONE);
	ck_assert_int_le(SSL_get_tlsext_status_ocsp_resp(peer.client, &got), 0);
	tls_peer_fini(&peer);
	OCSP_RESPONSE_free(response);
}
END_TEST

Suite *suite_staple(void)
{
	Suite *suite = suite_create("staple");
	TCase *tcase = tcase_create("staple");

	tcase_set_timeout(tcase, 30);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, a_good_one_is_sent_a_bad_one_left_out, 0,
			    sizeof(answers) / sizeof(answers[0]));
	tcase_add_test(tcase, one_that_goes_out_of_date_is_sent_no_more);
	tcase_add_test(tcase, without_a_file_there_is_none_and_no_complaint);
	tcase_add_loop_test(tcase, what_is_no_response_is_left_out, 0, 2);
	tcase_add_test(tcase, it_is_for_those_who_ask);
	suite_add_tcase(suite, tcase);
	return suite;
}
