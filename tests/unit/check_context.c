/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "tls_peer.h"

static struct tls_identity identity, other;
static struct sl_tls_context *context;

static void setup(void)
{
	tls_identity_make(&identity, "EC");
	tls_identity_make(&other, "EC");
}

static void teardown(void)
{
	tls_identity_remove(&identity);
	tls_identity_remove(&other);
}

/* The error, and a line that names the file and holds the words. */
static void expect_refusal(const char *certificate_path, const char *key_path, int ret,
			   const char *culprit_path, const char *words)
{
	ck_assert_int_eq(tls_pair_open(certificate_path, key_path, &context), ret);
	ck_assert_msg(strstr(tls_problem, culprit_path) != NULL, "%s", tls_problem);
	ck_assert_msg(strstr(tls_problem, words) != NULL, "%s", tls_problem);
	ck_assert_ptr_null(strchr(tls_problem, '\n'));
}

START_TEST(a_pair_that_fits_is_taken)
{
	ck_assert_int_eq(tls_identity_open(&identity, &context), 0);
	sl_tls_context_close(context);
}
END_TEST

START_TEST(a_missing_file_is_named)
{
	expect_refusal("/nowhere/cert.pem", identity.key_path, -ENOENT, "/nowhere/cert.pem",
		       "check the path");
	expect_refusal(identity.certificate_path, "/nowhere/key.pem", -ENOENT, "/nowhere/key.pem",
		       "check the path");
}
END_TEST

START_TEST(an_unreadable_file_is_named)
{
	chmod(identity.key_path, 0);
	chmod(identity.directory, 0711);
	if (geteuid() == 0)
		ck_assert_int_eq(seteuid(65534), 0); /* root may read everything */
	expect_refusal(identity.certificate_path, identity.key_path, -EACCES, identity.key_path,
		       "permission denied");
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

START_TEST(what_is_not_pem_is_refused)
{
	const char *path = tls_identity_file(&identity, "text", "This is not PEM.\n");

	expect_refusal(path, identity.key_path, -EINVAL, path, "BEGIN CERTIFICATE");
	expect_refusal(identity.certificate_path, path, -EINVAL, path, "BEGIN PRIVATE KEY");
	path = tls_identity_file(&identity, "empty", "");
	expect_refusal(path, identity.key_path, -EINVAL, path, "BEGIN CERTIFICATE");
	/* The two mixed up. */
	expect_refusal(identity.key_path, identity.certificate_path, -EINVAL, identity.key_path,
		       "BEGIN CERTIFICATE");
	/* A directory. */
	expect_refusal(identity.directory, identity.key_path, -EINVAL, identity.directory, "PEM");
}
END_TEST

START_TEST(an_encrypted_key_is_refused_without_asking)
{
	FILE *file = fopen(identity.key_path, "r");
	EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);

	fclose(file);
	file = fopen(identity.key_path, "w");
	ck_assert_int_eq(
	    PEM_write_PKCS8PrivateKey(file, key, EVP_aes_128_cbc(), "secret", 6, NULL, NULL), 1);
	fclose(file);
	EVP_PKEY_free(key);
	expect_refusal(identity.certificate_path, identity.key_path, -EINVAL, identity.key_path,
		       "encrypted");
}
END_TEST

START_TEST(a_key_of_another_certificate_is_refused)
{
	expect_refusal(identity.certificate_path, other.key_path, -EKEYREJECTED, other.key_path,
		       identity.certificate_path);
	tls_identity_remove(&other);
	tls_identity_make(&other, "RSA");
	expect_refusal(identity.certificate_path, other.key_path, -EKEYREJECTED, other.key_path,
		       identity.certificate_path);
}
END_TEST

static void append_file(const char *path, const char *from_path)
{
	FILE *to = fopen(path, "a");
	FILE *from = fopen(from_path, "r");
	int c;

	while ((c = fgetc(from)) != EOF)
		fputc(c, to);
	fclose(from);
	fclose(to);
}

START_TEST(the_whole_chain_is_read)
{
	struct tls_peer peer;

	append_file(identity.certificate_path, other.certificate_path);
	ck_assert_int_eq(tls_identity_open(&identity, &context), 0);
	tls_peer_init(&peer);
	ck_assert(tls_peer_connect(&peer, context));
	ck_assert_int_eq(tls_peer_shake(&peer), SL_HANDSHAKE_DONE);
	ck_assert_int_eq(sk_X509_num(SSL_get_peer_cert_chain(peer.client)), 2);
	tls_peer_fini(&peer);
	sl_tls_context_close(context);
}
END_TEST

START_TEST(a_damaged_chain_is_refused)
{
	const char *path = tls_identity_file(
	    &identity, "damage", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");

	append_file(identity.certificate_path, path);
	expect_refusal(identity.certificate_path, identity.key_path, -EINVAL,
		       identity.certificate_path, "chain");
}
END_TEST

START_TEST(key_and_certificate_may_share_a_file)
{
	append_file(identity.certificate_path, identity.key_path);
	ck_assert_int_eq(
	    tls_pair_open(identity.certificate_path, identity.certificate_path, &context), 0);
	sl_tls_context_close(context);
	ck_assert_int_eq(tls_pair_open(identity.certificate_path, NULL, &context), 0);
	sl_tls_context_close(context);
}
END_TEST

Suite *suite_context(void)
{
	Suite *suite = suite_create("context");
	TCase *tcase = tcase_create("context");

	tcase_set_timeout(tcase, 30); /* RSA keys take their time under sanitizers */
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_pair_that_fits_is_taken);
	tcase_add_test(tcase, a_missing_file_is_named);
	tcase_add_test(tcase, an_unreadable_file_is_named);
	tcase_add_test(tcase, what_is_not_pem_is_refused);
	tcase_add_test(tcase, an_encrypted_key_is_refused_without_asking);
	tcase_add_test(tcase, a_key_of_another_certificate_is_refused);
	tcase_add_test(tcase, the_whole_chain_is_read);
	tcase_add_test(tcase, a_damaged_chain_is_refused);
	tcase_add_test(tcase, key_and_certificate_may_share_a_file);
	suite_add_tcase(suite, tcase);
	return suite;
}
