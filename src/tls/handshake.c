/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/handshake.h"

#include <string.h>

#include <openssl/err.h>

#include "base/bug.h"
#include "base/limits.h"
#include "tls/context.h"
#include "tls/seal.h"

enum { RECORD_BODY_MAX_BYTES = SL_RECORD_PLAIN_MAX_BYTES + 256 };

struct secret {
	uint8_t data[SL_SECRET_MAX_BYTES];
	uint32_t len_bytes; /* 0: not known yet */
};

/* Lives in the handshake heap, like all it points to. */
struct sl_handshake {
	struct sl_tls_context *context;
	const struct sl_choice *choice; /* of the context; NULL before the hello */
	SSL *ssl;
	BIO *in, *out; /* owned by ssl */
	enum sl_handshake_verdict verdict;
	struct secret client, server;
	uint64_t sealed_cnt;   /* records OpenSSL sealed under the server's application key */
	uint16_t record_limit; /* what the client said (RFC 8449), or 0 */
	uint8_t explicit[SL_RECORD_EXPLICIT_BYTES]; /* TLS 1.2: of the nonce of our Finished */
};

/* ---- what OpenSSL tells ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static void secret_parse(struct secret *secret, const char *hex)
{
	size_t hex_cnt = strlen(hex);

	if (hex_cnt != 64 && hex_cnt != 96)
		return;
	for (size_t i = 0; i < hex_cnt / 2; i++) {
		int high = hex_digit(hex[2 * i]);
		int low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return;
		secret->data[i] = high << 4 | low;
	}
	secret->len_bytes = hex_cnt / 2;
}

/* "LABEL client_random secret" */
void sl_handshake_on_keylog(const SSL *ssl, const char *line)
{
	static const char client_label[] = "CLIENT_TRAFFIC_SECRET_0 ";
	static const char server_label[] = "SERVER_TRAFFIC_SECRET_0 ";
	struct sl_handshake *handshake = SSL_get_app_data(ssl);
	const char *secret = strrchr(line, ' ');

	if (handshake->context->keylog)
		handshake->context->keylog(line, handshake->context->keylog_arg);
	if (!secret)
		return;
	if (strncmp(line, client_label, strlen(client_label)) == 0)
		secret_parse(&handshake->client, secret + 1);
	else if (strncmp(line, server_label, strlen(server_label)) == 0)
		secret_parse(&handshake->server, secret + 1);
}

/* After our Finished all that we seal is under the application key (RFC 8446, 4.4.4): the tickets.
 * A record's header is reported before the message in it, so the count starts anew with Finished.
 */
void sl_handshake_on_message(int is_written, int version, int content_type, const void *data,
			     size_t len_bytes, SSL *ssl, void *arg)
{
	struct sl_handshake *handshake = SSL_get_app_data(ssl);
	const uint8_t *bytes = data;

	(void)version;
	(void)arg;
	if (!is_written || len_bytes == 0)
		return;
	if (content_type == SSL3_RT_HEADER && bytes[0] == SL_TLS_APPLICATION_DATA)
		handshake->sealed_cnt++;
	else if (content_type == SSL3_RT_HANDSHAKE && bytes[0] == SSL3_MT_FINISHED)
		handshake->sealed_cnt = 0;
}

const struct sl_choice **sl_handshake_choice(const SSL *ssl)
{
	struct sl_handshake *handshake = SSL_get_app_data(ssl);

	return &handshake->choice;
}

uint16_t *sl_handshake_record_limit(const SSL *ssl)
{
	struct sl_handshake *handshake = SSL_get_app_data(ssl);

	return &handshake->record_limit;
}

/* ---- one handshake ---- */

struct sl_handshake *sl_handshake_start(struct sl_tls_context *context)
{
	struct sl_handshake *handshake = OPENSSL_zalloc(sizeof(*handshake));
	BIO *in = BIO_new(BIO_s_mem());
	BIO *out = BIO_new(BIO_s_mem());

	if (!handshake || !in || !out)
		goto fail;
	handshake->context = context;
	context->handshake_cnt++;
	handshake->ssl = SSL_new(context->ssl);
	if (!handshake->ssl || !SSL_set_app_data(handshake->ssl, handshake))
		goto fail;
	handshake->in = in;
	handshake->out = out;
	SSL_set_bio(handshake->ssl, in, out);
	SSL_set_accept_state(handshake->ssl);
	return handshake;
fail:
	BIO_free(in);
	BIO_free(out);
	sl_handshake_free(handshake);
	return NULL;
}

/* An error may carry text, which stays allocated in its slot of the thread's queue, beyond
 * ERR_clear_error. Setting each slot's text to a constant frees it. */
static void error_texts_free(void)
{
	static char empty[] = "";

	for (int i = 0; i < ERR_NUM_ERRORS; i++) {
		ERR_new();
		ERR_set_error_data(empty, 0);
		ERR_set_error(ERR_LIB_USER, 0, NULL);
	}
	ERR_clear_error();
}

void sl_handshake_free(struct sl_handshake *handshake)
{
	if (!handshake)
		return;
	SSL_free(handshake->ssl);
	if (handshake->context)
		handshake->context->handshake_cnt--;
	OPENSSL_clear_free(handshake, sizeof(*handshake));
	error_texts_free();
}

static bool is_12(const struct sl_handshake *handshake)
{
	return SSL_version(handshake->ssl) == TLS1_2_VERSION;
}

/* OpenSSL begins its explicit nonces anywhere, and ours must not meet that of its Finished, which
 * is the record behind change_cipher_spec. What it has just written are whole records. */
static void note_explicit_nonce(struct sl_handshake *handshake, size_t from_off)
{
	char *data;
	size_t len_bytes = (size_t)BIO_get_mem_data(handshake->out, &data), record_bytes;
	bool after_change = false;

	for (size_t off = from_off; off + SL_RECORD_HEADER_BYTES <= len_bytes;
	     off += SL_RECORD_HEADER_BYTES + record_bytes) {
		const uint8_t *record = (const uint8_t *)data + off;

		record_bytes = (size_t)record[3] << 8 | record[4];
		if (after_change && record[0] == SL_TLS_HANDSHAKE &&
		    record_bytes >= SL_RECORD_EXPLICIT_BYTES)
			memcpy(handshake->explicit, record + SL_RECORD_HEADER_BYTES,
			       SL_RECORD_EXPLICIT_BYTES);
		after_change = record[0] == SL_TLS_CHANGE_CIPHER_SPEC;
	}
}

static enum sl_handshake_verdict advance(struct sl_handshake *handshake)
{
	size_t before_bytes = BIO_ctrl_pending(handshake->out);
	int ret;

	ERR_clear_error(); /* SSL_get_error reads the thread's queue */
	ret = SSL_do_handshake(handshake->ssl);
	note_explicit_nonce(handshake, before_bytes);
	if (ret == 1) {
		BUG_ON(handshake->client.len_bytes == 0 && !is_12(handshake));
		BUG_ON(handshake->server.len_bytes == 0 && !is_12(handshake));
		return SL_HANDSHAKE_DONE;
	}
	if (SSL_get_error(handshake->ssl, ret) == SSL_ERROR_WANT_READ)
		return SL_HANDSHAKE_MORE;
	return SL_HANDSHAKE_FAILED;
}

static enum sl_handshake_verdict feed(struct sl_handshake *handshake, const uint8_t *data,
				      uint32_t len_bytes)
{
	if (BIO_write(handshake->in, data, (int)len_bytes) != (int)len_bytes)
		return SL_HANDSHAKE_FAILED;
	return advance(handshake);
}

static bool is_record_header(const uint8_t *header, uint32_t body_bytes)
{
	if (header[0] < SL_TLS_CHANGE_CIPHER_SPEC || header[0] > SL_TLS_APPLICATION_DATA)
		return false;
	return header[1] == 3 && body_bytes <= RECORD_BODY_MAX_BYTES;
}

enum sl_handshake_verdict sl_handshake_step(struct sl_handshake *handshake, const uint8_t *data,
					    uint32_t len_bytes, uint32_t *used_bytes)
{
	*used_bytes = 0;
	while (handshake->verdict == SL_HANDSHAKE_MORE) {
		const uint8_t *record = data + *used_bytes;
		uint32_t left_bytes = len_bytes - *used_bytes;
		uint32_t record_bytes;

		if (left_bytes < SL_RECORD_HEADER_BYTES)
			break;
		record_bytes = SL_RECORD_HEADER_BYTES + ((uint32_t)record[3] << 8 | record[4]);
		if (!is_record_header(record, record_bytes - SL_RECORD_HEADER_BYTES)) {
			/* It lies about its length, so do not wait for it; the header is enough for
			 * OpenSSL to find the alert. */
			feed(handshake, record, SL_RECORD_HEADER_BYTES);
			handshake->verdict = SL_HANDSHAKE_FAILED;
			*used_bytes += SL_RECORD_HEADER_BYTES;
			break;
		}
		if (left_bytes < record_bytes)
			break;
		handshake->verdict = feed(handshake, record, record_bytes);
		*used_bytes += record_bytes;
	}
	return handshake->verdict;
}

uint32_t sl_handshake_output(struct sl_handshake *handshake, uint8_t *out, uint32_t max_bytes)
{
	int ret = BIO_read(handshake->out, out, max_bytes > INT32_MAX ? INT32_MAX : (int)max_bytes);

	return ret > 0 ? (uint32_t)ret : 0;
}

/* ---- handing over ---- */

static enum sl_aead_kind suite_kind(const SSL *ssl)
{
	switch (SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(ssl))) {
	case 0x1301: /* RFC 8446, B.4 */
	case 0xc02b: /* RFC 5289, 3.2: ECDSA, RSA */
	case 0xc02f:
		return SL_AEAD_AES_128_GCM;
	case 0x1302:
	case 0xc02c:
	case 0xc030:
		return SL_AEAD_AES_256_GCM;
	case 0x1303:
	case 0xcca8: /* RFC 7905, 2: RSA, ECDSA */
	case 0xcca9:
		return SL_AEAD_CHACHA20_POLY1305;
	default: /* context.c offers no other */
		BUG_ON(true);
	}
}

/* Both Finished were record 0. */
static void hand_over_12(const struct sl_handshake *handshake, struct sl_tls_keys *client,
			 struct sl_tls_keys *server)
{
	enum sl_aead_kind kind = suite_kind(handshake->ssl);
	uint8_t client_random[SL_HELLO_RANDOM_BYTES], server_random[SL_HELLO_RANDOM_BYTES];
	uint8_t master[SL_MASTER_BYTES];

	SSL_get_client_random(handshake->ssl, client_random, sizeof(client_random));
	SSL_get_server_random(handshake->ssl, server_random, sizeof(server_random));
	BUG_ON(SSL_SESSION_get_master_key(SSL_get_session(handshake->ssl), master,
					  sizeof(master)) != sizeof(master));
	sl_tls_keys_cut(client, server, kind, kind == SL_AEAD_AES_256_GCM ? 48 : 32, master,
			client_random, server_random);
	OPENSSL_cleanse(master, sizeof(master));
	if (server->format == SL_TLS12_EXPLICIT)
		memcpy(server->iv + sizeof(server->iv) - sizeof(handshake->explicit),
		       handshake->explicit, sizeof(handshake->explicit));
	client->record_no = 1;
	server->record_no = 1;
}

static void hand_over(const struct sl_handshake *handshake, const struct secret *secret,
		      uint64_t record_no, struct sl_tls_keys *keys)
{
	keys->kind = suite_kind(handshake->ssl);
	keys->format = SL_TLS13;
	keys->secret_bytes = secret->len_bytes;
	memcpy(keys->secret, secret->data, secret->len_bytes);
	keys->record_no = record_no;
}

void sl_handshake_secrets(const struct sl_handshake *handshake, struct sl_tls_keys *client,
			  struct sl_tls_keys *server)
{
	BUG_ON(handshake->verdict != SL_HANDSHAKE_DONE);
	if (is_12(handshake)) {
		hand_over_12(handshake, client, server);
		return;
	}
	hand_over(handshake, &handshake->client, 0, client);
	hand_over(handshake, &handshake->server, handshake->sealed_cnt, server);
}

uint32_t sl_handshake_record_max(const struct sl_handshake *handshake)
{
	BUG_ON(handshake->verdict != SL_HANDSHAKE_DONE);
	return sl_record_limit_plain(handshake->ssl);
}
