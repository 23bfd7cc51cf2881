/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/bug.h"

static FILE *create(char *path, size_t path_bytes, const char *what)
{
	int fd;

	snprintf(path, path_bytes, "/tmp/sluice-sim-%s-XXXXXX", what);
	fd = mkstemp(path);
	BUG_ON(fd < 0);
	return fdopen(fd, "w");
}

void sl_sim_certificate_make(struct sl_sim_certificate *certificate)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x509 = X509_new();
	X509_NAME *name = X509_get_subject_name(x509);
	FILE *file;

	X509_set_version(x509, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
	/* Not by the wall clock: a run is the same whenever it is. */
	ASN1_TIME_set_string_X509(X509_getm_notBefore(x509), "20200101000000Z");
	ASN1_TIME_set_string_X509(X509_getm_notAfter(x509), "20491231235959Z");
	X509_set_pubkey(x509, key);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"sim", -1, -1,
				   0);
	X509_set_issuer_name(x509, name);
	BUG_ON(!X509_sign(x509, key, EVP_sha256()));

	file = create(certificate->certificate_path, sizeof(certificate->certificate_path), "cert");
	BUG_ON(!PEM_write_X509(file, x509));
	fclose(file);
	file = create(certificate->key_path, sizeof(certificate->key_path), "key");
	BUG_ON(!PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL));
	fclose(file);
	X509_free(x509);
	EVP_PKEY_free(key);
}

void sl_sim_certificate_remove(struct sl_sim_certificate *certificate)
{
	unlink(certificate->certificate_path);
	unlink(certificate->key_path);
}
