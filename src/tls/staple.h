/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Staple: what the authority's OCSP responder says of a certificate (RFC 6960), in DER, sent along
 * with it to clients that ask (RFC 6066, 8), so that they need not ask the responder. The
 * operator's job fetches it now and then. What is not good for clients is left out: most do
 * without, but few overlook a bad one. For the files of this room.
 */
#ifndef SL_TLS_STAPLE_H
#define SL_TLS_STAPLE_H

#include <stdint.h>

#include <openssl/x509.h>

enum { SL_STAPLE_MAX_BYTES = 16384 }; /* usual ones have 500 to 2500 */

struct sl_staple {
	uint8_t *data; /* NULL: none */
	uint32_t len_bytes;
	int64_t until_s; /* since 1970; INT64_MAX if it does not say */
};

/* Reads CERTIFICATE_PATH.ocsp. No such file: 0, and no staple. Errors, with a problem and without a
 * staple: -EINVAL (not DER, not a success, of another certificate, the certificate is revoked or
 * unknown, out of date), -ENOMEM, what fopen says. Setup only. */
int sl_staple_load(struct sl_staple *staple, const char *certificate_path, X509 *own,
		   const STACK_OF(X509) * chain);
void sl_staple_fini(struct sl_staple *staple);

#endif
