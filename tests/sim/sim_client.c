/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_client.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"

/* Sealed bytes from TCP to OpenSSL: what has come, but no more than one record may have, so that
 * who reads slowly closes his window. False if there was nothing. */
static bool feed(struct sl_sim_client *client)
{
	uint8_t data[16384];
	size_t len_bytes = sl_sim_tcp_read(&client->tcp, data, sizeof(data));

	if (len_bytes == 0)
		return false;
	BUG_ON(BIO_write(client->from_peer, data, (int)len_bytes) != (int)len_bytes);
	return true;
}

static void flush(struct sl_sim_client *client)
{
	uint8_t data[16384];
	int got;

	while ((got = BIO_read(client->to_peer, data, sizeof(data))) > 0)
		sl_sim_tcp_send(&client->tcp, data, (size_t)got);
}

static void send_pending(struct sl_sim_client *client)
{
	int len_bytes = (int)client->pending.len_bytes;

	if (len_bytes > 0)
		BUG_ON(SSL_write(client->ssl, client->pending.data, len_bytes) != len_bytes);
	client->pending.len_bytes = 0;
}

/* The handshake; what comes after it waits to be read. */
static void advance(struct sl_sim_client *client)
{
	int result;

	if (!client->ssl || client->failed || client->secured)
		return;
	do {
		ERR_clear_error(); /* another client's are not ours */
		result = SSL_do_handshake(client->ssl);
		if (result == 1) {
			client->secured = true;
			send_pending(client);
		} else if (SSL_get_error(client->ssl, result) != SSL_ERROR_WANT_READ) {
			client->failed = true;
		}
		flush(client);
	} while (!client->secured && !client->failed && feed(client));
}

static void open_tls(struct sl_sim_client *client, const struct sl_sim_tls_config *tls)
{
	client->ssl = SSL_new(tls->context);
	client->from_peer = BIO_new(BIO_s_mem());
	client->to_peer = BIO_new(BIO_s_mem());
	BUG_ON(!client->ssl || !client->from_peer || !client->to_peer);
	SSL_set_bio(client->ssl, client->from_peer, client->to_peer);
	SSL_set_connect_state(client->ssl);
	if (tls->suites_12) {
		BUG_ON(!SSL_set_max_proto_version(client->ssl, TLS1_2_VERSION));
		BUG_ON(!SSL_set_cipher_list(client->ssl, tls->suites_12));
	}
	BUG_ON(!SSL_set_tlsext_max_fragment_length(client->ssl, tls->fragment_code));
}

void sl_sim_client_open(struct sl_sim_client *client, struct sl_sim_link *to_peer,
			const struct sl_sim_tls_config *tls, const struct sl_sim_tcp_config *config)
{
	memset(client, 0, sizeof(*client));
	if (tls->context)
		open_tls(client, tls);
	sl_sim_tcp_open(&client->tcp, to_peer, config);
	advance(client);
}

void sl_sim_client_free(struct sl_sim_client *client)
{
	SSL_free(client->ssl);
	free(client->pending.data);
	sl_sim_tcp_free(&client->tcp);
}

void sl_sim_client_send(struct sl_sim_client *client, const char *text)
{
	size_t len_bytes = strlen(text);

	if (!client->ssl) {
		sl_sim_tcp_send(&client->tcp, text, len_bytes);
		return;
	}
	if (client->secured) {
		BUG_ON(SSL_write(client->ssl, text, (int)len_bytes) != (int)len_bytes);
		flush(client);
		return;
	}
	client->pending.data = realloc(client->pending.data, client->pending.len_bytes + len_bytes);
	BUG_ON(!client->pending.data);
	memcpy(client->pending.data + client->pending.len_bytes, text, len_bytes);
	client->pending.len_bytes += len_bytes;
}

size_t sl_sim_client_read(struct sl_sim_client *client, uint8_t *out, size_t max_bytes)
{
	int got, error;

	if (!client->ssl)
		return sl_sim_tcp_read(&client->tcp, out, max_bytes);
	if (client->failed || !client->secured)
		return 0;
	do {
		ERR_clear_error();
		got = SSL_read(client->ssl, out, (int)max_bytes);
		error = got > 0 ? SSL_ERROR_NONE : SSL_get_error(client->ssl, got);
		flush(client); /* a KeyUpdate may want an answer */
	} while (error == SSL_ERROR_WANT_READ && feed(client));
	if (got > 0)
		return (size_t)got;
	if (error == SSL_ERROR_ZERO_RETURN)
		client->said_goodbye = true;
	else if (error != SSL_ERROR_WANT_READ)
		client->failed = true;
	return 0;
}

bool sl_sim_client_input(struct sl_sim_client *client, const struct sl_segment *segment)
{
	if (segment->dst_port != client->tcp.config.local_port ||
	    memcmp(&segment->dst, &client->tcp.config.local, sizeof(segment->dst)) != 0)
		return false;
	if (client->silent)
		return true;
	sl_sim_tcp_input(&client->tcp, segment);
	advance(client);
	return true;
}

void sl_sim_client_tick(struct sl_sim_client *client)
{
	if (!client->silent)
		sl_sim_tcp_tick(&client->tcp);
}
