/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificate: one of them with its chain, key and staple, as read from its files; the names it is
 * for. For the files of this room; setup only. */
#ifndef SL_TLS_CERTIFICATE_H
#define SL_TLS_CERTIFICATE_H

#include <openssl/x509.h>

#include "tls/credentials.h"
#include "tls/names.h"
#include "tls/staple.h"

/* One of each may stand for the same name: the client's signature algorithms choose. */
enum sl_key_kind {
	SL_KEY_RSA,
	SL_KEY_RSA_PSS,
	SL_KEY_EC,
	SL_KEY_ED25519,
	SL_KEY_ED448,
	SL_KEY_KINDS,
};

struct sl_certificate {
	char *path; /* of the certificate; owned */
	X509 *own;
	STACK_OF(X509) * chain; /* those that lead to the root, NULL if there are none */
	EVP_PKEY *key;
	enum sl_key_kind kind;
	struct sl_staple staple;
	char staple_problem[SL_STAPLE_PROBLEM_BYTES]; /* empty if there is none */
};

/* Reads the pair's files and sees that they fit; a staple that is no good is no error. Errors:
 * those of sl_tls_context_open, with a problem. Give it to fini in any case. */
int sl_certificate_load(struct sl_certificate *certificate, OSSL_LIB_CTX *library,
			const struct sl_tls_pair *pair);
void sl_certificate_fini(struct sl_certificate *certificate);

/* Calls visit for each name that it is for: the dNSNames of the alternative names, or if it has no
 * alternative names at all the subject's common name (RFC 6125, 6.4.4). What is no host name is
 * left out. Returns how many. visit may be NULL. */
uint32_t sl_certificate_names(const struct sl_certificate *certificate,
			      void (*visit)(void *arg, const struct sl_name *name), void *arg);

/* What is shown to the operator. */
void sl_certificate_describe(const struct sl_certificate *certificate,
			     struct sl_tls_certificate_info *info);

#endif
