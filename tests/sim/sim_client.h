/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Client: TCP, and on top of it OpenSSL's client side if the listener is TLS. What it was sent is
 * read as plain bytes.
 */
#ifndef SL_TESTS_SIM_CLIENT_H
#define SL_TESTS_SIM_CLIENT_H

#include <openssl/ssl.h>

#include "sim_tcp.h"

struct sl_sim_client {
	struct sl_sim_tcp tcp;
	SSL *ssl; /* NULL: plain */
	BIO *from_peer, *to_peer;
	bool secured;                    /* the handshake is complete */
	bool failed;                     /* TLS error */
	bool said_goodbye;               /* close_notify came */
	bool silent;                     /* has vanished: neither hears nor speaks */
	struct sl_sim_tcp_bytes pending; /* to be sent once secured */
};

struct sl_sim_tls_config {
	SSL_CTX *context;      /* NULL: plain */
	const char *suites_12; /* TLS 1.2, and these suites; NULL: what context says */
	uint8_t fragment_code; /* max_fragment_length (RFC 6066, 4): 1 is 512 bytes, 4 is 4096; 0:
				  not sent */
};

/* Connects at once. */
void sl_sim_client_open(struct sl_sim_client *client, struct sl_sim_link *to_peer,
			const struct sl_sim_tls_config *tls,
			const struct sl_sim_tcp_config *config);
void sl_sim_client_free(struct sl_sim_client *client);

void sl_sim_client_send(struct sl_sim_client *client, const char *text);

/* Plain bytes that have come, up to max_bytes. */
size_t sl_sim_client_read(struct sl_sim_client *client, uint8_t *out, size_t max_bytes);

/* Is the segment for this client? Then it is taken. */
bool sl_sim_client_input(struct sl_sim_client *client, const struct sl_segment *segment);
void sl_sim_client_tick(struct sl_sim_client *client);

#endif
