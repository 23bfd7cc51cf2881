/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long a record the client takes. Small devices say so in one of two ways: max_fragment_length
 * (RFC 6066, 4: 512 to 4096 bytes), which OpenSSL negotiates and our record layer must keep, too;
 * and record_size_limit (RFC 8449: any number from 64), which OpenSSL 3.0 does not know. We name
 * our own limit, the protocol's, only in answer to the client's.
 *
 * Two things RFC 8449 wants are beyond OpenSSL. A server that gets both should ignore
 * max_fragment_length, but OpenSSL cannot be told to; and a client must never get both back (5). So
 * then it is record_size_limit that gets no answer, and ours are records that keep both. And in TLS
 * 1.3 the limit is one for handshake messages as well, of which OpenSSL sends no less than 512
 * bytes in a record if they are longer: a smaller limit gets no answer either, and is kept only
 * from there on.
 */
#include "tls/context.h"

#include "base/limits.h"
#include "base/minmax.h"

enum {
	EXTENSION_RECORD_SIZE_LIMIT = 28, /* RFC 8449, 4 */
	LIMIT_BYTES = 2,
	LIMIT_MIN = 64,
	FRAGMENT_MIN_BYTES = 512, /* OpenSSL's, and the least of RFC 6066 */
};

/* In TLS 1.3 the type byte is counted. */
static uint16_t type_bytes(const SSL *ssl)
{
	return SSL_version(ssl) == TLS1_3_VERSION ? 1 : 0;
}

/* 0: not negotiated. */
static uint32_t fragment_max(SSL *ssl)
{
	uint8_t code = SSL_SESSION_get_max_fragment_length(SSL_get_session(ssl));

	return code == TLSEXT_max_fragment_length_DISABLED ? 0 : FRAGMENT_MIN_BYTES << (code - 1);
}

static int take(SSL *ssl, unsigned int type, unsigned int where, const unsigned char *data,
		size_t len_bytes, X509 *certificate, size_t certificate_idx, int *alert, void *arg)
{
	uint16_t limit;

	(void)type;
	(void)where;
	(void)certificate;
	(void)certificate_idx;
	(void)arg;
	*alert = SSL_AD_DECODE_ERROR;
	if (len_bytes != LIMIT_BYTES)
		return 0;
	limit = (uint16_t)(data[0] << 8 | data[1]);
	*alert = SSL_AD_ILLEGAL_PARAMETER;
	if (limit < LIMIT_MIN)
		return 0;
	*sl_handshake_record_limit(ssl) = limit;
	return 1;
}

/* 1: add the extension; 0: do not; -1: *alert. Called only if the client sent its own. */
static int answer(SSL *ssl, unsigned int type, unsigned int where, const unsigned char **data,
		  size_t *len_bytes, X509 *certificate, size_t certificate_idx, int *alert,
		  void *arg)
{
	static const uint8_t ours_12[] = { SL_RECORD_PLAIN_MAX_BYTES >> 8, 0 };
	static const uint8_t ours_13[] = { SL_RECORD_PLAIN_MAX_BYTES >> 8, 1 };
	uint32_t plain_bytes = *sl_handshake_record_limit(ssl) - type_bytes(ssl);

	(void)type;
	(void)where;
	(void)certificate;
	(void)certificate_idx;
	(void)arg;
	if (fragment_max(ssl) != 0)
		return 0;
	if (type_bytes(ssl) && plain_bytes < SL_RECORD_PLAIN_MAX_BYTES) {
		if (plain_bytes < FRAGMENT_MIN_BYTES)
			return 0;
		*alert = SSL_AD_INTERNAL_ERROR;
		if (!SSL_set_max_send_fragment(ssl, plain_bytes))
			return -1;
	}
	*data = type_bytes(ssl) ? ours_13 : ours_12;
	*len_bytes = LIMIT_BYTES;
	return 1;
}

bool sl_record_limit_offer(SSL_CTX *ssl)
{
	const unsigned int where = SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_2_SERVER_HELLO |
				   SSL_EXT_TLS1_3_ENCRYPTED_EXTENSIONS;

	return SSL_CTX_add_custom_ext(ssl, EXTENSION_RECORD_SIZE_LIMIT, where, answer, NULL, NULL,
				      take, NULL);
}

uint32_t sl_record_limit_plain(SSL *ssl)
{
	uint32_t limit = *sl_handshake_record_limit(ssl), fragment_bytes = fragment_max(ssl);
	uint32_t plain_bytes = SL_RECORD_PLAIN_MAX_BYTES;

	if (limit != 0)
		plain_bytes = min_u32(plain_bytes, limit - type_bytes(ssl));
	return fragment_bytes == 0 ? plain_bytes : min_u32(plain_bytes, fragment_bytes);
}
