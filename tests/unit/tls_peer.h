/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The other side: certificates made on the spot, an OpenSSL client, and a server of ours, with the
 * wire between them in memory.
 *
 *   client (SSL) ──► to_server ──► sl_handshake, then sl_open_record
 *                ◄── (at once) ◄── sl_handshake_output, then sl_seal_record
 */
#ifndef SL_TESTS_UNIT_TLS_PEER_H
#define SL_TESTS_UNIT_TLS_PEER_H

#include <openssl/ssl.h>

#include "room_tls.h"
#include "tls/handshake.h"
#include "tls/heap.h"
#include "tls/open.h"
#include "tls/seal.h"

/* A directory with certificate and key, self-signed, in PEM. */
struct tls_identity {
	char directory[64];
	char certificate_path[96];
	char key_path[96];
};

/* algorithm is "EC" or "RSA". names are alternative names as OpenSSL writes them,
 * "DNS:a.example,IP:192.0.2.1"; NULL: none. The common name is "localhost". */
void tls_identity_make(struct tls_identity *identity, const char *algorithm);
void tls_identity_make_for(struct tls_identity *identity, const char *algorithm, const char *names);
void tls_identity_remove(struct tls_identity *identity);

/* A context of several identities, with the ticket keys of all contexts that are opened here. The
 * error of sl_tls_context_open, whose problem is in tls_problem. */
int tls_identities_open(const struct tls_identity *const identities[], uint32_t cnt,
			struct sl_tls_context **context);
int tls_identity_open(const struct tls_identity *identity, struct sl_tls_context **context);
int tls_pair_open(const char *certificate_path, const char *key_path,
		  struct sl_tls_context **context);
extern const char *tls_problem;
struct sl_tickets *tls_tickets(void);

/* Writes text to a file in the identity's directory; returns its path, good until the next call. */
const char *tls_identity_file(struct tls_identity *identity, const char *name, const char *text);

enum { TLS_WIRE_MAX_BYTES = 64 * 1024 };

struct tls_peer {
	SSL_CTX *client_context;
	SSL *client;
	BIO *to_client, *from_client; /* owned by client */

	struct sl_tls_heap *heap; /* entered while the server's side runs; or NULL */
	struct sl_handshake *handshake;
	enum sl_handshake_verdict verdict;
	uint8_t to_server[TLS_WIRE_MAX_BYTES]; /* not consumed yet */
	uint32_t to_server_bytes;
	uint8_t first_flight[TLS_WIRE_MAX_BYTES]; /* all the server sent while shaking hands */
	uint32_t first_flight_bytes;
	uint32_t output_max_bytes; /* how much is fetched from the handshake at once */

	struct sl_aead *aead;
	void *read_table, *write_table;
	struct sl_tls_keys read_keys, write_keys;
};

/* A client that trusts everybody, not connected yet: settings go to client_context, then
 * tls_peer_connect makes the SSL. */
void tls_peer_init(struct tls_peer *peer);
void tls_peer_fini(struct tls_peer *peer);

/* The client's SSL and the server's handshake; *context is the server's. False if the heap is
 * spent. */
bool tls_peer_connect(struct tls_peer *peer, struct sl_tls_context *context);

/* Lets the client do what it can: shake hands, or read tickets. Its bytes land in to_server. */
void tls_peer_client_turn(struct tls_peer *peer);

/* Gives the server the first len_bytes of what there is; what it answers goes to the client. */
void tls_peer_server_turn(struct tls_peer *peer, uint32_t len_bytes);

/* Turns of both until the server has a verdict and the client has seen all of it. */
enum sl_handshake_verdict tls_peer_shake(struct tls_peer *peer);

/* After DONE: derives both directions, as a session does, and frees the handshake. */
void tls_peer_take_over(struct tls_peer *peer, const char *engine);

/* The client sends text; it is opened as the next record of that type. */
void tls_peer_client_says(struct tls_peer *peer, const char *text);
void tls_peer_expect_text(struct tls_peer *peer, const char *text);
enum sl_open_verdict tls_peer_open(struct tls_peer *peer, struct sl_opened *opened);
void tls_peer_consume(struct tls_peer *peer, uint32_t len_bytes);

/* A record sealed by us, in spans of 100 bytes, which the client gets. */
void tls_peer_seal(struct tls_peer *peer, enum sl_content_type type, const void *plain,
		   uint32_t plain_bytes);
void tls_peer_server_says(struct tls_peer *peer, const char *text); /* and the client reads it */

#endif
