/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls/handshake.h without a handshake: whatever the client says first is taken for one, and the
 * secrets are known. So 100,000 connections are there in a second, and every client's request with
 * the same number is the same bytes. Everything after it, keys, tables, records, is the production
 * code's. Nobody else links this.
 */
#include <string.h>

#include "base/bug.h"
#include "base/limits.h"
#include "tls/handshake.h"

enum { SECRET_BYTES = 32 };

struct sl_tls_context {
	int nothing;
};

struct sl_handshake {
	int nothing;
};

static struct sl_tls_context the_context;
static struct sl_handshake the_handshake; /* of whoever is at it: it ends with the first step */

int sl_tls_context_open(struct sl_tls_context **context, const struct sl_tls_config *config,
			const char **problem)
{
	(void)config;
	(void)problem;
	*context = &the_context;
	return 0;
}

void sl_tls_context_close(struct sl_tls_context *context)
{
	(void)context;
}

void sl_tls_context_info(const struct sl_tls_context *context, uint32_t idx,
			 struct sl_tls_certificate_info *info)
{
	(void)context;
	(void)idx;
	*info = (struct sl_tls_certificate_info){ .kind = "none" };
}

void sl_tls_context_keylog(struct sl_tls_context *context, sl_tls_keylog *keylog, void *arg)
{
	(void)context;
	(void)keylog;
	(void)arg;
}

struct sl_handshake *sl_handshake_start(struct sl_tls_context *context)
{
	(void)context;
	return &the_handshake;
}

void sl_handshake_free(struct sl_handshake *handshake)
{
	(void)handshake;
}

enum sl_handshake_verdict sl_handshake_step(struct sl_handshake *handshake, const uint8_t *data,
					    uint32_t len_bytes, uint32_t *used_bytes)
{
	(void)handshake;
	(void)data;
	*used_bytes = len_bytes;
	return SL_HANDSHAKE_DONE;
}

uint32_t sl_handshake_output(struct sl_handshake *handshake, uint8_t *out, uint32_t max_bytes)
{
	(void)handshake;
	(void)out;
	(void)max_bytes;
	return 0;
}

static void set_secret(struct sl_tls_keys *keys, uint8_t filler)
{
	memset(keys, 0, sizeof(*keys));
	keys->kind = SL_AEAD_AES_128_GCM;
	keys->secret_bytes = SECRET_BYTES;
	memset(keys->secret, filler, SECRET_BYTES);
}

void sl_handshake_secrets(const struct sl_handshake *handshake, struct sl_tls_keys *client,
			  struct sl_tls_keys *server)
{
	(void)handshake;
	set_secret(client, 'c');
	set_secret(server, 's');
}

uint32_t sl_handshake_record_max(const struct sl_handshake *handshake)
{
	(void)handshake;
	return SL_RECORD_PLAIN_MAX_BYTES;
}
