/* SPDX-License-Identifier: BSD-2-Clause */
#include "load_tls.h"

#include <errno.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

/* "SERVER_TRAFFIC_SECRET_0 <client random> <secret>", in hexadecimal. */
static void take_secret(const SSL *ssl, const char *line)
{
	struct load_tls *tls = SSL_get_app_data(ssl);
	const char *secret = strrchr(line, ' ');
	uint8_t *out;

	if (strncmp(line, "SERVER_TRAFFIC_SECRET_0 ", 24) == 0)
		out = tls->server_secret;
	else if (strncmp(line, "CLIENT_TRAFFIC_SECRET_0 ", 24) == 0)
		out = tls->client_secret;
	else
		return;
	for (int i = 0; i < LOAD_SECRET_BYTES; i++)
		if (sscanf(secret + 1 + 2 * i, "%2hhx", &out[i]) != 1)
			return;
}

SSL_CTX *load_tls_context(void)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	if (!context || !SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) ||
	    !SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256"))
		return NULL;
	SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_keylog_callback(context, take_secret);
	return context;
}

int load_tls_init(struct load_tls *tls, SSL_CTX *context)
{
	BIO *in = BIO_new(BIO_s_mem());
	BIO *out = BIO_new(BIO_s_mem());

	*tls = (struct load_tls){
		.ssl = SSL_new(context),
		.tx.cipher = EVP_CIPHER_CTX_new(),
		.rx.cipher = EVP_CIPHER_CTX_new(),
	};
	if (!in || !out || !tls->ssl || !tls->tx.cipher || !tls->rx.cipher)
		return -ENOMEM;
	SSL_set_bio(tls->ssl, in, out);
	SSL_set_app_data(tls->ssl, tls);
	SSL_set_connect_state(tls->ssl);
	return 0;
}

void load_tls_fini(struct load_tls *tls)
{
	SSL_free(tls->ssl);
	EVP_CIPHER_CTX_free(tls->tx.cipher);
	EVP_CIPHER_CTX_free(tls->rx.cipher);
	*tls = (struct load_tls){ 0 };
}

int load_tls_input(struct load_tls *tls, const uint8_t *data, int len_bytes)
{
	int result;

	if (len_bytes > 0 && BIO_write(SSL_get_rbio(tls->ssl), data, len_bytes) != len_bytes)
		return -EPROTO;
	result = SSL_do_handshake(tls->ssl);
	if (result == 1)
		return 1;
	return SSL_get_error(tls->ssl, result) == SSL_ERROR_WANT_READ ? 0 : -EPROTO;
}

static int bio_take(BIO *bio, uint8_t *out, int max_bytes)
{
	int len_bytes = BIO_read(bio, out, max_bytes);

	return len_bytes > 0 ? len_bytes : 0;
}

int load_tls_output(struct load_tls *tls, uint8_t *out, int max_bytes)
{
	return bio_take(SSL_get_wbio(tls->ssl), out, max_bytes);
}

int load_tls_rest(struct load_tls *tls, uint8_t *out, int max_bytes)
{
	return bio_take(SSL_get_rbio(tls->ssl), out, max_bytes);
}

/* HKDF-Expand-Label (RFC 8446, 7.1) for lengths up to one hash: a single HMAC. */
static int expand_label(const uint8_t *secret, const char *label, uint8_t *out, uint8_t len_bytes)
{
	uint8_t info[64], hash[EVP_MAX_MD_SIZE];
	int label_bytes = (int)strlen(label);
	int info_bytes = 0;

	info[info_bytes++] = 0;
	info[info_bytes++] = len_bytes;
	info[info_bytes++] = (uint8_t)(6 + label_bytes);
	memcpy(info + info_bytes, "tls13 ", 6);
	memcpy(info + info_bytes + 6, label, label_bytes);
	info_bytes += 6 + label_bytes;
	info[info_bytes++] = 0; /* empty context */
	info[info_bytes++] = 1; /* T(1) */
	if (!HMAC(EVP_sha256(), secret, LOAD_SECRET_BYTES, info, info_bytes, hash, NULL))
		return -EPROTO;
	memcpy(out, hash, len_bytes);
	return 0;
}

static int keys_derive(struct load_keys *keys, const uint8_t *secret)
{
	uint8_t key[16];

	if (expand_label(secret, "key", key, sizeof(key)) ||
	    expand_label(secret, "iv", keys->iv, sizeof(keys->iv)))
		return -EPROTO;
	keys->record_idx = 0;
	return EVP_CipherInit_ex(keys->cipher, EVP_aes_128_gcm(), NULL, key, NULL, -1) ? 0
										       : -EPROTO;
}

int load_tls_finish(struct load_tls *tls)
{
	SSL_free(tls->ssl);
	tls->ssl = NULL;
	if (keys_derive(&tls->tx, tls->client_secret) || keys_derive(&tls->rx, tls->server_secret))
		return -EPROTO;
	return 0;
}

/* The nonce of the next record (RFC 8446, 5.3), and the direction: 1 seals, 0 opens. */
static int record_begin(struct load_keys *keys, int seals)
{
	uint8_t nonce[12];

	memcpy(nonce, keys->iv, sizeof(nonce));
	for (int i = 0; i < 8; i++)
		nonce[4 + i] ^= (uint8_t)(keys->record_idx >> (56 - 8 * i));
	keys->record_idx++;
	return EVP_CipherInit_ex(keys->cipher, NULL, NULL, NULL, nonce, seals);
}

int load_tls_seal(struct load_keys *keys, const uint8_t *plain, int len_bytes, uint8_t *out)
{
	const uint8_t type = LOAD_RECORD_DATA;
	int inner_bytes = len_bytes + 1;
	int wire_bytes = inner_bytes + LOAD_RECORD_TAG_BYTES;
	uint8_t *at = out + LOAD_RECORD_HEADER_BYTES;
	int done;

	memcpy(out, (uint8_t[]){ LOAD_RECORD_DATA, 3, 3, wire_bytes >> 8, wire_bytes & 255 },
	       LOAD_RECORD_HEADER_BYTES);
	if (!record_begin(keys, 1) ||
	    !EVP_CipherUpdate(keys->cipher, NULL, &done, out, LOAD_RECORD_HEADER_BYTES) ||
	    !EVP_CipherUpdate(keys->cipher, at, &done, plain, len_bytes) ||
	    !EVP_CipherUpdate(keys->cipher, at + len_bytes, &done, &type, 1) ||
	    !EVP_CipherFinal_ex(keys->cipher, at + inner_bytes, &done) ||
	    !EVP_CIPHER_CTX_ctrl(keys->cipher, EVP_CTRL_AEAD_GET_TAG, LOAD_RECORD_TAG_BYTES,
				 at + inner_bytes))
		return -EPROTO;
	return LOAD_RECORD_HEADER_BYTES + wire_bytes;
}

int load_tls_open(struct load_keys *keys, uint8_t *record, int record_bytes, uint8_t *type)
{
	uint8_t *at = record + LOAD_RECORD_HEADER_BYTES;
	int inner_bytes = record_bytes - LOAD_RECORD_HEADER_BYTES - LOAD_RECORD_TAG_BYTES;
	int done;

	if (inner_bytes < 1)
		return -EBADMSG;
	if (!record_begin(keys, 0) ||
	    !EVP_CipherUpdate(keys->cipher, NULL, &done, record, LOAD_RECORD_HEADER_BYTES) ||
	    !EVP_CipherUpdate(keys->cipher, at, &done, at, inner_bytes) ||
	    !EVP_CIPHER_CTX_ctrl(keys->cipher, EVP_CTRL_AEAD_SET_TAG, LOAD_RECORD_TAG_BYTES,
				 at + inner_bytes) ||
	    !EVP_CipherFinal_ex(keys->cipher, at + inner_bytes, &done))
		return -EBADMSG;
	while (inner_bytes > 0 && at[inner_bytes - 1] == 0) /* padding */
		inner_bytes--;
	if (inner_bytes == 0)
		return -EBADMSG;
	*type = at[inner_bytes - 1];
	return inner_bytes - 1;
}
