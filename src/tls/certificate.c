/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/certificate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/alloc.h"
#include "tls/problem.h"

/* ---- certificate ---- */

static bool at_end_of_pem(void)
{
	unsigned long error = ERR_peek_last_error();
	bool is_end =
	    ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;

	if (is_end)
		ERR_clear_error();
	return is_end;
}

static int chain_read(struct sl_certificate *certificate, OSSL_LIB_CTX *library, BIO *bio,
		      const char *path)
{
	certificate->chain = sk_X509_new_null();
	if (!certificate->chain)
		return sl_tls_problem(-ENOMEM, "certificate %s: out of memory", path);
	for (;;) {
		X509 *issuer = X509_new_ex(library, NULL);

		if (!issuer)
			return sl_tls_problem(-ENOMEM, "certificate %s: out of memory", path);
		if (!PEM_read_bio_X509(bio, &issuer, NULL, NULL)) {
			X509_free(issuer);
			if (at_end_of_pem())
				return 0;
			return sl_tls_problem(
			    -EINVAL,
			    "certificate %s: the chain after the first certificate is damaged "
			    "(%s); use the full chain as the authority issued it",
			    path, sl_tls_openssl_reason());
		}
		if (!sk_X509_push(certificate->chain, issuer)) {
			X509_free(issuer);
			return sl_tls_problem(-ENOMEM, "certificate %s: out of memory", path);
		}
		X509_check_purpose(issuer, -1, 0); /* see own_read */
	}
}

static int own_read(struct sl_certificate *certificate, OSSL_LIB_CTX *library, BIO *bio,
		    const char *path)
{
	certificate->own = X509_new_ex(library, NULL);
	if (!certificate->own)
		return sl_tls_problem(-ENOMEM, "certificate %s: out of memory", path);
	if (!PEM_read_bio_X509_AUX(bio, &certificate->own, NULL, NULL))
		return sl_tls_problem(
		    -EINVAL,
		    "certificate %s: no certificate in PEM form (%s); it must hold "
		    "-----BEGIN CERTIFICATE-----, convert DER with openssl x509 -inform DER",
		    path, sl_tls_openssl_reason());
	/* Has OpenSSL understand the extensions now, and not in the first handshake. */
	X509_check_purpose(certificate->own, -1, 0);
	return 0;
}

static int certificate_read(struct sl_certificate *certificate, OSSL_LIB_CTX *library,
			    const char *path)
{
	int error;
	BIO *bio = sl_tls_file_open(path, &error);
	int ret;

	if (!bio)
		return sl_tls_problem_file("certificate", path, error);
	ret = own_read(certificate, library, bio, path);
	if (ret == 0)
		ret = chain_read(certificate, library, bio, path);
	BIO_free(bio);
	return ret;
}

/* ---- key ---- */

/* Called if the key is encrypted. There is nobody to type a passphrase. */
static int refuse_passphrase(char *buffer, int size, int is_writing, void *was_asked)
{
	(void)buffer;
	(void)size;
	(void)is_writing;
	*(bool *)was_asked = true;
	return -1;
}

static int key_parse(struct sl_certificate *certificate, OSSL_LIB_CTX *library, BIO *bio,
		     const char *path)
{
	bool was_asked = false;

	certificate->key =
	    PEM_read_bio_PrivateKey_ex(bio, NULL, refuse_passphrase, &was_asked, library, NULL);
	if (certificate->key)
		return 0;
	if (was_asked)
		return sl_tls_problem(
		    -EINVAL,
		    "key %s is encrypted; decrypt it with openssl pkey -in %s -out FILE and keep "
		    "FILE readable by the server only",
		    path, path);
	return sl_tls_problem(
	    -EINVAL,
	    "key %s: no private key in PEM form (%s); it must hold -----BEGIN PRIVATE KEY-----, "
	    "convert DER with openssl pkey -inform DER",
	    path, sl_tls_openssl_reason());
}

static int key_read(struct sl_certificate *certificate, OSSL_LIB_CTX *library, const char *path)
{
	int error;
	BIO *bio = sl_tls_file_open(path, &error);
	int ret;

	if (!bio)
		return sl_tls_problem_file("key", path, error);
	ret = key_parse(certificate, library, bio, path);
	BIO_free(bio);
	return ret;
}

static bool kind_of(EVP_PKEY *key, enum sl_key_kind *kind)
{
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
		*kind = SL_KEY_RSA;
		return true;
	case EVP_PKEY_RSA_PSS:
		*kind = SL_KEY_RSA_PSS;
		return true;
	case EVP_PKEY_EC:
		*kind = SL_KEY_EC;
		return true;
	case EVP_PKEY_ED25519:
		*kind = SL_KEY_ED25519;
		return true;
	case EVP_PKEY_ED448:
		*kind = SL_KEY_ED448;
		return true;
	default:
		return false;
	}
}

static int check_fit(struct sl_certificate *certificate, const struct sl_tls_pair *pair)
{
	const char *key_path = pair->key_path ? pair->key_path : pair->certificate_path;

	if (!X509_check_private_key(certificate->own, certificate->key))
		return sl_tls_problem(
		    -EKEYREJECTED,
		    "key %s does not belong to certificate %s; give the key that the certificate "
		    "was requested with, and the server's certificate first",
		    key_path, pair->certificate_path);
	if (!kind_of(certificate->key, &certificate->kind))
		return sl_tls_problem(
		    -EINVAL,
		    "key %s: is %s, which TLS cannot use; have one issued for ECDSA or RSA",
		    key_path, EVP_PKEY_get0_type_name(certificate->key));
	return 0;
}

int sl_certificate_load(struct sl_certificate *certificate, OSSL_LIB_CTX *library,
			const struct sl_tls_pair *pair)
{
	size_t path_bytes = strlen(pair->certificate_path) + 1;
	int ret;

	*certificate = (struct sl_certificate){ .path = sl_alloc(1, path_bytes) };
	if (!certificate->path)
		return sl_tls_problem(-ENOMEM, "certificate %s: out of memory",
				      pair->certificate_path);
	memcpy(certificate->path, pair->certificate_path, path_bytes);
	ret = certificate_read(certificate, library, pair->certificate_path);
	if (ret == 0)
		ret = key_read(certificate, library,
			       pair->key_path ? pair->key_path : pair->certificate_path);
	if (ret == 0)
		ret = check_fit(certificate, pair);
	if (ret == 0 && sl_staple_load(&certificate->staple, pair->certificate_path,
				       certificate->own, certificate->chain))
		snprintf(certificate->staple_problem, sizeof(certificate->staple_problem), "%s",
			 sl_tls_problem_text());
	return ret;
}

void sl_certificate_fini(struct sl_certificate *certificate)
{
	X509_free(certificate->own);
	sk_X509_pop_free(certificate->chain, X509_free);
	EVP_PKEY_free(certificate->key);
	sl_staple_fini(&certificate->staple);
	sl_free(certificate->path);
	*certificate = (struct sl_certificate){ .path = NULL };
}

/* ---- names ---- */

struct visitor {
	void (*visit)(void *arg, const struct sl_name *name);
	void *arg;
	uint32_t cnt;
};

static void visit_text(struct visitor *visitor, const ASN1_STRING *text)
{
	struct sl_name name;

	if (!sl_name_parse_pattern(&name, ASN1_STRING_get0_data(text),
				   (size_t)ASN1_STRING_length(text)))
		return;
	visitor->cnt++;
	if (visitor->visit)
		visitor->visit(visitor->arg, &name);
}

static void visit_common_name(struct visitor *visitor, const X509 *own)
{
	const X509_NAME *subject = X509_get_subject_name(own);
	int idx = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

	if (idx >= 0)
		visit_text(visitor, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, idx)));
}

uint32_t sl_certificate_names(const struct sl_certificate *certificate,
			      void (*visit)(void *arg, const struct sl_name *name), void *arg)
{
	struct visitor visitor = { .visit = visit, .arg = arg };
	GENERAL_NAMES *alternatives =
	    X509_get_ext_d2i(certificate->own, NID_subject_alt_name, NULL, NULL);

	if (!alternatives) {
		visit_common_name(&visitor, certificate->own);
		return visitor.cnt;
	}
	for (int i = 0; i < sk_GENERAL_NAME_num(alternatives); i++) {
		const GENERAL_NAME *alternative = sk_GENERAL_NAME_value(alternatives, i);

		if (alternative->type == GEN_DNS)
			visit_text(&visitor, alternative->d.dNSName);
	}
	GENERAL_NAMES_free(alternatives);
	return visitor.cnt;
}

/* ---- for the operator ---- */

static void add_name(void *arg, const struct sl_name *name)
{
	struct sl_tls_certificate_info *info = arg;
	size_t used_bytes = strlen(info->names);
	size_t room_bytes = sizeof(info->names) - used_bytes;

	if (name->len_bytes + sizeof(", ...") < room_bytes)
		snprintf(info->names + used_bytes, room_bytes, "%s%s", used_bytes ? ", " : "",
			 name->text);
	else if (room_bytes >= sizeof(", ...") && !strstr(info->names, "..."))
		snprintf(info->names + used_bytes, room_bytes, ", ...");
}

static int64_t seconds_of(const ASN1_TIME *time)
{
	struct tm parts;

	if (!ASN1_TIME_to_tm(time, &parts))
		return 0;
	return timegm(&parts);
}

void sl_certificate_describe(const struct sl_certificate *certificate,
			     struct sl_tls_certificate_info *info)
{
	static const char *const kinds[] = { "RSA", "RSA-PSS", "ECDSA", "Ed25519", "Ed448" };

	info->kind = kinds[certificate->kind];
	snprintf(info->path, sizeof(info->path), "%s", certificate->path);
	info->names[0] = '\0';
	info->name_cnt = sl_certificate_names(certificate, add_name, info);
	info->not_before_s = seconds_of(X509_get0_notBefore(certificate->own));
	info->not_after_s = seconds_of(X509_get0_notAfter(certificate->own));
	info->staple_until_s = certificate->staple.data ? certificate->staple.until_s : 0;
	snprintf(info->staple_problem, sizeof(info->staple_problem), "%s",
		 certificate->staple_problem);
}
