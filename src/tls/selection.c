/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Selection: three questions that OpenSSL asks in the course of a handshake.
 *
 *   the client's hello has come   which name is wanted, and so which certificates stand to choose?
 *   no session was resumed        let it have these, if they are not those it has anyway
 *   it chose one of them          has that one a staple?
 *
 * OpenSSL resumes a session only if its id context is that of the handshake (in TLS 1.3 too), so
 * that is where name and choice are bound: a ticket that was given for one name is none for
 * another, whatever certificate both have (RFC 6066, 3, demands it of TLS 1.2), nor for the same
 * name after it got a certificate of its own. A renewed certificate is the same choice, though.
 */
#include <errno.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "tls/context.h"
#include "tls/problem.h"

enum { ID_CONTEXT_BYTES = 32 };
_Static_assert(ID_CONTEXT_BYTES <= SSL_MAX_SID_CTX_LENGTH, "a digest fits");

static struct sl_tls_context *context_of(const SSL *ssl)
{
	return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

/* ---- the hello ---- */

static uint32_t number(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 8 | bytes[1];
}

/* RFC 6066, 3: a list of names; of type host_name, 0, there is at most one, and no other type was
 * ever defined. If it is broken OpenSSL finds out by itself. */
static void read_name(SSL *ssl, struct sl_name *name)
{
	const uint8_t *list;
	size_t list_bytes;

	name->len_bytes = 0;
	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &list, &list_bytes) != 1)
		return;
	if (list_bytes < 5 || list[2] != TLSEXT_NAMETYPE_host_name)
		return;
	if (number(list + 3) <= list_bytes - 5)
		sl_name_parse(name, list + 5, number(list + 3));
}

static bool bind_session(SSL *ssl, const struct sl_choice *choice, const struct sl_name *name)
{
	uint8_t bound[2 * (SL_NAME_MAX_BYTES + 1)], digest[EVP_MAX_MD_SIZE];
	size_t pattern_bytes = choice->pattern.len_bytes;

	memcpy(bound, choice->pattern.text, pattern_bytes);
	bound[pattern_bytes] = '\0';
	memcpy(bound + pattern_bytes + 1, name->text, name->len_bytes);
	if (!EVP_Digest(bound, pattern_bytes + 1 + name->len_bytes, digest, NULL,
			context_of(ssl)->sha256, NULL))
		return false;
	return SSL_set_session_id_context(ssl, digest, ID_CONTEXT_BYTES) == 1;
}

static int on_hello(SSL *ssl, int *alert, void *arg)
{
	const struct sl_tls_context *context = context_of(ssl);
	const struct sl_choice *choice = &context->fallback;
	struct sl_name name;
	uint32_t idx;

	(void)arg;
	read_name(ssl, &name);
	idx = sl_names_find(&context->names, &name);
	if (idx != SL_NAMES_NONE)
		choice = &context->choices[idx];
	*sl_handshake_choice(ssl) = choice;
	if (bind_session(ssl, choice, &name))
		return SSL_CLIENT_HELLO_SUCCESS;
	*alert = SSL_AD_INTERNAL_ERROR;
	return SSL_CLIENT_HELLO_ERROR;
}

/* ---- the certificates ---- */

static bool is_same(const struct sl_choice *a, const struct sl_choice *b)
{
	return memcmp(a->certificates, b->certificates, sizeof(a->certificates)) == 0;
}

static int on_certificate(SSL *ssl, void *arg)
{
	const struct sl_choice *choice = *sl_handshake_choice(ssl);

	(void)arg;
	if (is_same(choice, &context_of(ssl)->fallback))
		return 1;
	SSL_certs_clear(ssl);
	for (int kind = 0; kind < SL_KEY_KINDS; kind++) {
		const struct sl_certificate *certificate = choice->certificates[kind];

		if (certificate && !SSL_use_cert_and_key(ssl, certificate->own, certificate->key,
							 certificate->chain, 1))
			return 0;
	}
	return 1;
}

/* ---- the staple ---- */

static const struct sl_staple *staple_of(const struct sl_choice *choice, const X509 *own)
{
	for (int kind = 0; kind < SL_KEY_KINDS; kind++)
		if (choice->certificates[kind] && choice->certificates[kind]->own == own)
			return &choice->certificates[kind]->staple;
	return NULL;
}

static int on_status(SSL *ssl, void *arg)
{
	const struct sl_staple *staple =
	    staple_of(*sl_handshake_choice(ssl), SSL_get_certificate(ssl));
	uint8_t *copy;

	(void)arg;
	if (!staple || !staple->data || staple->until_s <= sl_clock_wall_s())
		return SSL_TLSEXT_ERR_NOACK;
	copy = OPENSSL_memdup(staple->data, staple->len_bytes);
	if (!copy)
		return SSL_TLSEXT_ERR_NOACK;
	SSL_set_tlsext_status_ocsp_resp(ssl, copy, staple->len_bytes); /* which owns it now */
	return SSL_TLSEXT_ERR_OK;
}

/* ---- setup ---- */

struct adding {
	struct sl_tls_context *context;
	const struct sl_certificate *certificate;
	uint32_t text_bytes;
};

/* The first of a kind stays, as the first certificate is the one for everybody. */
static void choice_add(struct sl_choice *choice, const struct sl_certificate *certificate)
{
	if (!choice->certificates[certificate->kind])
		choice->certificates[certificate->kind] = certificate;
}

static void measure_name(void *arg, const struct sl_name *name)
{
	struct adding *adding = arg;

	adding->text_bytes += name->len_bytes;
}

static void add_name(void *arg, const struct sl_name *name)
{
	struct adding *adding = arg;
	struct sl_choice *choice =
	    &adding->context->choices[sl_names_add(&adding->context->names, name)];

	choice->pattern = *name;
	choice_add(choice, adding->certificate);
}

/* Whoever asks for none of the names gets what the first name of the first certificate gets. */
static void take_fallback(struct sl_tls_context *context)
{
	if (sl_certificate_names(&context->certificates[0], NULL, NULL) > 0)
		context->fallback = context->choices[0];
	else
		choice_add(&context->fallback, &context->certificates[0]);
}

/* In ssl, so that each handshake begins with them. */
static int use_fallback(struct sl_tls_context *context)
{
	for (int kind = 0; kind < SL_KEY_KINDS; kind++) {
		const struct sl_certificate *certificate = context->fallback.certificates[kind];

		if (certificate &&
		    !SSL_CTX_use_cert_and_key(context->ssl, certificate->own, certificate->key,
					      certificate->chain, 1))
			return sl_tls_problem(-EINVAL, "certificate %s: OpenSSL refuses it (%s)",
					      certificate->path, sl_tls_openssl_reason());
	}
	return 0;
}

int sl_selection_init(struct sl_tls_context *context)
{
	struct adding adding = { .context = context };
	uint32_t name_cnt = 0;
	int ret;

	for (uint32_t i = 0; i < context->certificate_cnt; i++)
		name_cnt += sl_certificate_names(&context->certificates[i], measure_name, &adding);
	ret = sl_names_init(&context->names, name_cnt, adding.text_bytes);
	context->choices = sl_alloc(name_cnt, sizeof(*context->choices));
	if (ret || !context->choices)
		return sl_tls_problem(-ENOMEM, "certificates: out of memory");
	for (uint32_t i = 0; i < context->certificate_cnt; i++) {
		adding.certificate = &context->certificates[i];
		sl_certificate_names(adding.certificate, add_name, &adding);
	}
	take_fallback(context);
	SSL_CTX_set_client_hello_cb(context->ssl, on_hello, NULL);
	SSL_CTX_set_cert_cb(context->ssl, on_certificate, NULL);
	SSL_CTX_set_tlsext_status_cb(context->ssl, on_status);
	return use_fallback(context);
}

void sl_selection_fini(struct sl_tls_context *context)
{
	sl_names_fini(&context->names);
	sl_free(context->choices);
	context->choices = NULL;
}
