/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/context.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/alloc.h"
#include "tls/heap.h"

enum { PROBLEM_MAX_BYTES = 1024, TICKET_KEYS_MAX_BYTES = 128 };

static const char suites[] =
    "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";

/* Of TLS 1.2 those with forward secrecy and an AEAD that TLS 1.3 has, too. */
static const char suites_12[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
				"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
				"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

/* What browsers and libraries offer. The rest of OpenSSL's list (finite fields up to 8192 bits)
 * costs the worker milliseconds of every client that asks for it. */
static const char groups[] = "X25519:P-256:P-384";

static _Thread_local char problem_text[PROBLEM_MAX_BYTES];

__attribute__((format(printf, 2, 3))) static int refuse(int ret, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(problem_text, sizeof(problem_text), format, args);
	va_end(args);
	return ret;
}

/* What OpenSSL said first: the cause, not what became of it. */
static const char *openssl_reason(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	return reason ? reason : "no reason given";
}

static int refuse_file(const char *what, const char *path, int error)
{
	switch (error) {
	case ENOENT:
		return refuse(-ENOENT, "%s %s: no such file; check the path", what, path);
	case EACCES:
		return refuse(
		    -EACCES,
		    "%s %s: permission denied; let the user that starts the server read it", what,
		    path);
	default:
		return refuse(-error, "%s %s: %s", what, path, strerror(error));
	}
}

static BIO *file_open(const char *path, int *error)
{
	FILE *file = fopen(path, "re");
	BIO *bio;

	*error = errno;
	if (!file)
		return NULL;
	bio = BIO_new_fp(file, BIO_CLOSE);
	*error = ENOMEM;
	if (!bio)
		fclose(file);
	return bio;
}

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

static int chain_read(struct sl_tls_context *context, BIO *bio, const char *path)
{
	for (;;) {
		X509 *issuer = X509_new_ex(context->library, NULL);

		if (!issuer)
			return refuse(-ENOMEM, "certificate %s: out of memory", path);
		if (!PEM_read_bio_X509(bio, &issuer, NULL, NULL)) {
			X509_free(issuer);
			if (at_end_of_pem())
				return 0;
			return refuse(-EINVAL,
				      "certificate %s: the chain after the first certificate is "
				      "damaged (%s); use the full chain as the authority issued it",
				      path, openssl_reason());
		}
		if (!SSL_CTX_add0_chain_cert(context->ssl, issuer)) {
			X509_free(issuer);
			return refuse(-EINVAL, "certificate %s: the chain is refused (%s)", path,
				      openssl_reason());
		}
	}
}

/* The server's own certificate first, then those that lead to the root. */
static int certificate_read(struct sl_tls_context *context, BIO *bio, const char *path)
{
	X509 *own = X509_new_ex(context->library, NULL);
	int ret = 0;

	if (!own)
		return refuse(-ENOMEM, "certificate %s: out of memory", path);
	if (!PEM_read_bio_X509_AUX(bio, &own, NULL, NULL))
		ret =
		    refuse(-EINVAL,
			   "certificate %s: no certificate in PEM form (%s); it must hold "
			   "-----BEGIN CERTIFICATE-----, convert DER with openssl x509 -inform DER",
			   path, openssl_reason());
	else if (!SSL_CTX_use_certificate(context->ssl, own))
		ret = refuse(-EINVAL, "certificate %s: OpenSSL refuses it (%s); issue a new one",
			     path, openssl_reason());
	X509_free(own);
	return ret ? ret : chain_read(context, bio, path);
}

static int certificate_load(struct sl_tls_context *context, const char *path)
{
	int error;
	BIO *bio = file_open(path, &error);
	int ret;

	if (!bio)
		return refuse_file("certificate", path, error);
	ret = certificate_read(context, bio, path);
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

static int key_use(struct sl_tls_context *context, EVP_PKEY *key, const char *path,
		   const char *certificate_path)
{
	if (!X509_check_private_key(SSL_CTX_get0_certificate(context->ssl), key))
		return refuse(-EKEYREJECTED,
			      "key %s does not belong to certificate %s; give the key that the "
			      "certificate was requested with, and the server's certificate first",
			      path, certificate_path);
	if (!SSL_CTX_use_PrivateKey(context->ssl, key))
		return refuse(-EINVAL, "key %s: OpenSSL refuses it (%s); issue a new one", path,
			      openssl_reason());
	return 0;
}

static int key_load(struct sl_tls_context *context, const char *path, const char *certificate_path)
{
	bool was_asked = false;
	int error;
	BIO *bio = file_open(path, &error);
	EVP_PKEY *key;
	int ret;

	if (!bio)
		return refuse_file("key", path, error);
	key = PEM_read_bio_PrivateKey_ex(bio, NULL, refuse_passphrase, &was_asked, context->library,
					 NULL);
	if (key)
		ret = key_use(context, key, path, certificate_path);
	else if (was_asked)
		ret =
		    refuse(-EINVAL,
			   "key %s is encrypted; decrypt it with openssl pkey -in %s -out FILE and "
			   "keep FILE readable by the server only",
			   path, path);
	else
		ret =
		    refuse(-EINVAL,
			   "key %s: no private key in PEM form (%s); it must hold "
			   "-----BEGIN PRIVATE KEY-----, convert DER with openssl pkey -inform DER",
			   path, openssl_reason());
	EVP_PKEY_free(key);
	BIO_free(bio);
	return ret;
}

/* ---- settings ---- */

/* RFC 7301, 3.2: a client that lists protocols, but not this one, is told so. */
static int select_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_bytes,
			   const unsigned char *offered, unsigned int offered_bytes, void *arg)
{
	static const unsigned char http[] = "http/1.1";
	const unsigned int http_bytes = sizeof(http) - 1;

	(void)ssl;
	(void)arg;
	for (unsigned int off = 0; off < offered_bytes; off += 1 + offered[off]) {
		unsigned int name_bytes = offered[off];

		if (name_bytes != http_bytes || off + 1 + name_bytes > offered_bytes)
			continue;
		if (memcmp(offered + off + 1, http, http_bytes) != 0)
			continue;
		*out = offered + off + 1;
		*out_bytes = http_bytes;
		return SSL_TLSEXT_ERR_OK;
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int settings_apply(struct sl_tls_context *context)
{
	SSL_CTX *ssl = context->ssl;

	if (!SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) ||
	    !SSL_CTX_set_max_proto_version(ssl, TLS1_3_VERSION) ||
	    !SSL_CTX_set_ciphersuites(ssl, suites) || !SSL_CTX_set_cipher_list(ssl, suites_12) ||
	    !SSL_CTX_set1_groups_list(ssl, groups) || !SSL_CTX_set_num_tickets(ssl, 2) ||
	    !SSL_CTX_set_max_early_data(ssl, 0) || !SSL_CTX_set_recv_max_early_data(ssl, 0))
		return refuse(-ENOTSUP, "OpenSSL lacks a part of TLS 1.3 or 1.2 (%s)",
			      openssl_reason());
	SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	/* The buffers of a handshake that waits for the client go back to the heap. */
	SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_verify(ssl, SSL_VERIFY_NONE, NULL);
	/* Tickets hold all there is to a session: nothing to remember, nothing to share. */
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_alpn_select_cb(ssl, select_protocol, NULL);
	SSL_CTX_set_keylog_callback(ssl, sl_handshake_on_keylog);
	SSL_CTX_set_msg_callback(ssl, sl_handshake_on_message);
	return 0;
}

static int library_open(struct sl_tls_context *context)
{
	context->library = OSSL_LIB_CTX_new();
	if (context->library)
		context->ssl = SSL_CTX_new_ex(context->library, NULL, TLS_server_method());
	if (!context->ssl)
		return refuse(-ENOMEM, "OpenSSL does not start (%s)", openssl_reason());
	SSL_CTX_set_app_data(context->ssl, context);
	return settings_apply(context);
}

int sl_tls_context_open(struct sl_tls_context **out, const char *certificate_path,
			const char *key_path, const char **problem)
{
	struct sl_tls_context *context = sl_alloc(1, sizeof(*context));
	int ret;

	*problem = problem_text;
	if (!context)
		return refuse(-ENOMEM, "out of memory");
	sl_tls_heap_install();
	ERR_clear_error();
	ret = library_open(context);
	if (ret == 0)
		ret = certificate_load(context, certificate_path);
	if (ret == 0)
		ret = key_load(context, key_path, certificate_path);
	ERR_clear_error();
	if (ret) {
		sl_tls_context_close(context);
		return ret;
	}
	*out = context;
	return 0;
}

void sl_tls_context_close(struct sl_tls_context *context)
{
	if (!context)
		return;
	SSL_CTX_free(context->ssl);
	OSSL_LIB_CTX_free(context->library);
	sl_free(context);
}

int sl_tls_context_share_tickets(struct sl_tls_context *to, struct sl_tls_context *from)
{
	uint8_t keys[TICKET_KEYS_MAX_BYTES];
	long keys_bytes = SSL_CTX_get_tlsext_ticket_keys(from->ssl, NULL, 0);
	int ret = 0;

	if (keys_bytes <= 0 || keys_bytes > (long)sizeof(keys))
		return -ENOTSUP;
	if (SSL_CTX_get_tlsext_ticket_keys(from->ssl, keys, keys_bytes) != 1 ||
	    SSL_CTX_set_tlsext_ticket_keys(to->ssl, keys, keys_bytes) != 1)
		ret = -ENOTSUP;
	OPENSSL_cleanse(keys, sizeof(keys));
	return ret;
}

void sl_tls_context_keylog(struct sl_tls_context *context, sl_tls_keylog *keylog, void *arg)
{
	context->keylog = keylog;
	context->keylog_arg = arg;
}
