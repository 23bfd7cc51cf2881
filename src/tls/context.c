/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/context.h"

#include <errno.h>
#include <string.h>

#include <openssl/err.h>

#include "base/alloc.h"
#include "tls/heap.h"
#include "tls/problem.h"

/* In the order of what sealing costs: AES with 256 bits takes an eighth more than with 128. */
static const char suites[] =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

/* Of TLS 1.2 those with forward secrecy and an AEAD that TLS 1.3 has, too. */
static const char suites_12[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
				"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
				"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

/* What browsers and libraries offer. The rest of OpenSSL's list (finite fields up to 8192 bits)
 * costs the worker milliseconds of every client that asks for it. */
static const char groups[] = "X25519:P-256:P-384";

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

static int settings_apply(struct sl_tls_context *context, bool only_13)
{
	SSL_CTX *ssl = context->ssl;

	if (!SSL_CTX_set_min_proto_version(ssl, only_13 ? TLS1_3_VERSION : TLS1_2_VERSION) ||
	    !SSL_CTX_set_max_proto_version(ssl, TLS1_3_VERSION) ||
	    !SSL_CTX_set_ciphersuites(ssl, suites) || !SSL_CTX_set_cipher_list(ssl, suites_12) ||
	    !SSL_CTX_set1_groups_list(ssl, groups) || !SSL_CTX_set_num_tickets(ssl, 2) ||
	    !SSL_CTX_set_max_early_data(ssl, 0) || !SSL_CTX_set_recv_max_early_data(ssl, 0) ||
	    !sl_record_limit_offer(ssl))
		return sl_tls_problem(-ENOTSUP, "OpenSSL lacks a part of TLS 1.3 or 1.2 (%s)",
				      sl_tls_openssl_reason());
	SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	/* Our order decides, of signatures too (ECDSA before RSA, which takes ten times as long),
	 * but whoever likes ChaCha20 best has no instructions for AES. */
	SSL_CTX_set_options(ssl, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
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

static int library_open(struct sl_tls_context *context, bool only_13)
{
	context->library = OSSL_LIB_CTX_new();
	if (context->library)
		context->ssl = SSL_CTX_new_ex(context->library, NULL, TLS_server_method());
	if (!context->ssl)
		return sl_tls_problem(-ENOMEM, "OpenSSL does not start (%s)",
				      sl_tls_openssl_reason());
	SSL_CTX_set_app_data(context->ssl, context);
	return settings_apply(context, only_13);
}

static int tickets_use(struct sl_tls_context *context, const struct sl_tickets *tickets)
{
	context->tickets = tickets;
	context->aes_128 = EVP_CIPHER_fetch(context->library, "AES-128-CBC", NULL);
	context->aes_256 = EVP_CIPHER_fetch(context->library, "AES-256-CBC", NULL);
	context->sha256 = EVP_MD_fetch(context->library, "SHA256", NULL);
	if (!context->aes_128 || !context->aes_256 || !context->sha256 ||
	    !SSL_CTX_set_tlsext_ticket_key_evp_cb(context->ssl, sl_tls_on_ticket))
		return sl_tls_problem(-ENOTSUP, "OpenSSL lacks AES-CBC or SHA-256 (%s)",
				      sl_tls_openssl_reason());
	SSL_CTX_set_timeout(context->ssl, SL_TICKETS_LIFETIME_S);
	return 0;
}

/* ---- certificates ---- */

/* What OpenSSL thinks of it is asked now: a handshake would only fail. */
static int try_out(struct sl_tls_context *context, const struct sl_certificate *certificate)
{
	SSL *ssl = SSL_new(context->ssl);
	int ret = 0;

	if (!ssl)
		return sl_tls_problem(-ENOMEM, "certificate %s: out of memory", certificate->path);
	if (!SSL_use_cert_and_key(ssl, certificate->own, certificate->key, certificate->chain, 1))
		ret = sl_tls_problem(-EINVAL,
				     "certificate %s: OpenSSL refuses it (%s); issue a new one",
				     certificate->path, sl_tls_openssl_reason());
	SSL_free(ssl);
	return ret;
}

static int certificates_load(struct sl_tls_context *context, const struct sl_tls_config *config)
{
	context->certificates = sl_alloc(config->pair_cnt, sizeof(*context->certificates));
	if (!context->certificates)
		return sl_tls_problem(-ENOMEM, "certificates: out of memory");
	for (uint32_t i = 0; i < config->pair_cnt; i++) {
		struct sl_certificate *certificate = &context->certificates[i];
		int ret = sl_certificate_load(certificate, context->library, &config->pairs[i]);

		context->certificate_cnt++;
		if (ret == 0)
			ret = try_out(context, certificate);
		if (ret)
			return ret;
	}
	return sl_selection_init(context);
}

/* ---- opening and closing ---- */

int sl_tls_context_open(struct sl_tls_context **out, const struct sl_tls_config *config,
			const char **problem)
{
	struct sl_tls_context *context = sl_alloc(1, sizeof(*context));
	int ret;

	*problem = sl_tls_problem_text();
	if (!context)
		return sl_tls_problem(-ENOMEM, "out of memory");
	sl_tls_heap_install();
	ERR_clear_error();
	ret = library_open(context, config->only_13);
	if (ret == 0)
		ret = tickets_use(context, config->tickets);
	if (ret == 0)
		ret = certificates_load(context, config);
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
	for (uint32_t i = 0; i < context->certificate_cnt; i++)
		sl_certificate_fini(&context->certificates[i]);
	sl_free(context->certificates);
	sl_selection_fini(context);
	EVP_CIPHER_free(context->aes_128);
	EVP_CIPHER_free(context->aes_256);
	EVP_MD_free(context->sha256);
	OSSL_LIB_CTX_free(context->library);
	sl_free(context);
}

void sl_tls_context_info(const struct sl_tls_context *context, uint32_t idx,
			 struct sl_tls_certificate_info *info)
{
	sl_certificate_describe(&context->certificates[idx], info);
}

void sl_tls_context_keylog(struct sl_tls_context *context, sl_tls_keylog *keylog, void *arg)
{
	context->keylog = keylog;
	context->keylog_arg = arg;
}
