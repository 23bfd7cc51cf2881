/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls_peer.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

static EVP_PKEY *key_make(const char *algorithm)
{
	EVP_PKEY *key = strcmp(algorithm, "RSA") == 0 ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");

	ck_assert_ptr_nonnull(key);
	return key;
}

static void names_add(X509 *certificate, const char *names)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);

	ck_assert_ptr_nonnull(extension);
	X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
}

static X509 *certificate_make(EVP_PKEY *key, const char *names)
{
	X509 *certificate = X509_new();
	X509_NAME *name = X509_get_subject_name(certificate);

	X509_set_version(certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"localhost", -1, -1,
				   0);
	X509_set_issuer_name(certificate, name);
	X509_set_pubkey(certificate, key);
	if (names)
		names_add(certificate, names);
	ck_assert_int_gt(X509_sign(certificate, key, EVP_sha256()), 0);
	return certificate;
}

void tls_identity_make(struct tls_identity *identity, const char *algorithm)
{
	tls_identity_make_for(identity, algorithm, NULL);
}

void tls_identity_make_for(struct tls_identity *identity, const char *algorithm, const char *names)
{
	EVP_PKEY *key = key_make(algorithm);
	X509 *certificate = certificate_make(key, names);
	FILE *file;

	snprintf(identity->directory, sizeof(identity->directory), "/tmp/sl-tls-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(identity->directory));
	snprintf(identity->certificate_path, sizeof(identity->certificate_path), "%s/certificate",
		 identity->directory);
	snprintf(identity->key_path, sizeof(identity->key_path), "%s/key", identity->directory);

	file = fopen(identity->certificate_path, "w");
	ck_assert_int_eq(PEM_write_X509(file, certificate), 1);
	fclose(file);
	file = fopen(identity->key_path, "w");
	ck_assert_int_eq(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(file);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

void tls_identity_remove(struct tls_identity *identity)
{
	DIR *directory = opendir(identity->directory);
	struct dirent *entry;
	char path[sizeof(identity->directory) + sizeof(entry->d_name) + 1];

	ck_assert_ptr_nonnull(directory);
	while ((entry = readdir(directory))) {
		snprintf(path, sizeof(path), "%s/%s", identity->directory, entry->d_name);
		if (entry->d_name[0] != '.')
			unlink(path);
	}
	closedir(directory);
	rmdir(identity->directory);
}

const char *tls_identity_file(struct tls_identity *identity, const char *name, const char *text)
{
	static char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", identity->directory, name);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	fclose(file);
	return path;
}

/* ---- contexts of them ---- */

const char *tls_problem;

struct sl_tickets *tls_tickets(void)
{
	static struct sl_tickets *tickets;

	if (!tickets)
		ck_assert_int_eq(sl_tickets_open(&tickets, NULL, 0, 1, &tls_problem), 0);
	return tickets;
}

static int pairs_open(const struct sl_tls_pair *pairs, uint32_t cnt,
		      struct sl_tls_context **context)
{
	const struct sl_tls_config config = {
		.pairs = pairs,
		.pair_cnt = cnt,
		.tickets = tls_tickets(),
	};

	return sl_tls_context_open(context, &config, &tls_problem);
}

int tls_identities_open(const struct tls_identity *const identities[], uint32_t cnt,
			struct sl_tls_context **context)
{
	struct sl_tls_pair pairs[8];

	ck_assert_uint_le(cnt, 8);
	for (uint32_t i = 0; i < cnt; i++)
		pairs[i] = (struct sl_tls_pair){
			.certificate_path = identities[i]->certificate_path,
			.key_path = identities[i]->key_path,
		};
	return pairs_open(pairs, cnt, context);
}

int tls_identity_open(const struct tls_identity *identity, struct sl_tls_context **context)
{
	return tls_identities_open(&identity, 1, context);
}

int tls_pair_open(const char *certificate_path, const char *key_path,
		  struct sl_tls_context **context)
{
	const struct sl_tls_pair pair = { certificate_path, key_path };

	return pairs_open(&pair, 1, context);
}
