/* SPDX-License-Identifier: BSD-2-Clause */
/* What OpenSSL asks for each ticket it seals or opens: the key, set up in its cipher and MAC. */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/rand.h>

#include "tls/context.h"

enum {
	FAILED = -1, /* ends the handshake */
	UNKNOWN = 0, /* a full handshake, then */
	GOOD = 1,
	GOOD_AND_NEXT = 2, /* and the client gets a new one */
};

static const struct sl_tls_context *context_of(const SSL *ssl)
{
	return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

static bool cipher_set(const struct sl_tls_context *context, const struct sl_ticket_key *key,
		       const uint8_t *iv, EVP_CIPHER_CTX *cipher, bool is_sealing)
{
	const EVP_CIPHER *aes = key->key_bytes == 16 ? context->aes_128 : context->aes_256;

	return EVP_CipherInit_ex(cipher, aes, NULL, key->aes_key, iv, is_sealing) == 1;
}

static bool mac_set(const struct sl_ticket_key *key, EVP_MAC_CTX *mac)
{
	char digest[] = "SHA256";
	uint8_t bytes[sizeof(key->hmac_key)];
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, bytes, key->key_bytes),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	bool is_set;

	memcpy(bytes, key->hmac_key, sizeof(bytes));
	is_set = EVP_MAC_CTX_set_params(mac, parameters) == 1;
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return is_set;
}

static int seal(const SSL *ssl, struct sl_ticket_key *key, uint8_t name[16], uint8_t *iv,
		EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	const struct sl_tls_context *context = context_of(ssl);

	sl_tickets_first(context->tickets, key);
	if (RAND_bytes_ex(context->library, iv, 16, 0) != 1)
		return FAILED;
	memcpy(name, key->name, sizeof(key->name));
	return cipher_set(context, key, iv, cipher, true) && mac_set(key, mac) ? GOOD : FAILED;
}

/* In TLS 1.3 a ticket is for one use (RFC 8446, C.4), so that connections cannot be linked; in TLS
 * 1.2 a new one takes part of the handshake's time, so it is made when the key is about to go. */
static int open(const SSL *ssl, struct sl_ticket_key *key, const uint8_t name[16],
		const uint8_t *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	const struct sl_tls_context *context = context_of(ssl);
	bool is_first;

	if (!sl_tickets_find(context->tickets, name, key, &is_first))
		return UNKNOWN;
	if (!cipher_set(context, key, iv, cipher, false) || !mac_set(key, mac))
		return FAILED;
	return is_first && SSL_version(ssl) < TLS1_3_VERSION ? GOOD : GOOD_AND_NEXT;
}

int sl_tls_on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
		     EVP_MAC_CTX *mac, int is_sealing)
{
	struct sl_ticket_key key;
	int ret = is_sealing ? seal(ssl, &key, name, iv, cipher, mac)
			     : open(ssl, &key, name, iv, cipher, mac);

	OPENSSL_cleanse(&key, sizeof(key));
	return ret;
}
