/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls_peer.h"

#include <string.h>

#include "base/alloc.h"

void tls_peer_init(struct tls_peer *peer)
{
	memset(peer, 0, sizeof(*peer));
	peer->output_max_bytes = TLS_WIRE_MAX_BYTES;
	peer->client_context = SSL_CTX_new(TLS_client_method());
	ck_assert_ptr_nonnull(peer->client_context);
}

void tls_peer_fini(struct tls_peer *peer)
{
	struct sl_tls_heap *before = sl_tls_heap_enter(peer->heap);

	sl_handshake_free(peer->handshake);
	sl_tls_heap_enter(before);
	if (peer->client) /* a session that did not end well is not resumed */
		SSL_set_shutdown(peer->client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(peer->client);
	SSL_CTX_free(peer->client_context);
	sl_free(peer->read_table);
	sl_free(peer->write_table);
	sl_aead_fini(peer->aead);
}

bool tls_peer_connect(struct tls_peer *peer, struct sl_tls_context *context)
{
	struct sl_tls_heap *before;

	peer->client = SSL_new(peer->client_context);
	peer->to_client = BIO_new(BIO_s_mem());
	peer->from_client = BIO_new(BIO_s_mem());
	SSL_set_bio(peer->client, peer->to_client, peer->from_client);
	SSL_set_connect_state(peer->client);

	before = sl_tls_heap_enter(peer->heap);
	peer->handshake = sl_handshake_start(context);
	sl_tls_heap_enter(before);
	return peer->handshake != NULL;
}

static void client_bytes_take(struct tls_peer *peer)
{
	int got_bytes = BIO_read(peer->from_client, peer->to_server + peer->to_server_bytes,
				 (int)(sizeof(peer->to_server) - peer->to_server_bytes));

	if (got_bytes > 0)
		peer->to_server_bytes += got_bytes;
}

void tls_peer_client_turn(struct tls_peer *peer)
{
	char nothing;

	if (!SSL_is_init_finished(peer->client))
		SSL_do_handshake(peer->client);
	else
		SSL_peek(peer->client, &nothing, 1); /* takes in the tickets before it */
	client_bytes_take(peer);
}

void tls_peer_consume(struct tls_peer *peer, uint32_t len_bytes)
{
	ck_assert_uint_le(len_bytes, peer->to_server_bytes);
	peer->to_server_bytes -= len_bytes;
	memmove(peer->to_server, peer->to_server + len_bytes, peer->to_server_bytes);
}

static void server_bytes_give(struct tls_peer *peer)
{
	uint8_t *place = peer->first_flight + peer->first_flight_bytes;
	uint32_t got_bytes;

	for (;;) {
		got_bytes = sl_handshake_output(peer->handshake, place, peer->output_max_bytes);
		if (got_bytes == 0)
			return;
		ck_assert_int_eq(BIO_write(peer->to_client, place, (int)got_bytes), (int)got_bytes);
		place += got_bytes;
		peer->first_flight_bytes += got_bytes;
	}
}

void tls_peer_server_turn(struct tls_peer *peer, uint32_t len_bytes)
{
	struct sl_tls_heap *before = sl_tls_heap_enter(peer->heap);
	uint32_t used_bytes;

	ck_assert_uint_le(len_bytes, peer->to_server_bytes);
	peer->verdict = sl_handshake_step(peer->handshake, peer->to_server, len_bytes, &used_bytes);
	ck_assert_uint_le(used_bytes, len_bytes);
	/* What is put into the client's BIO must not come from the server's heap. */
	sl_tls_heap_enter(before);
	tls_peer_consume(peer, used_bytes);
	server_bytes_give(peer);
}

enum sl_handshake_verdict tls_peer_shake(struct tls_peer *peer)
{
	for (int turn = 0; turn < 5 && peer->verdict == SL_HANDSHAKE_MORE; turn++) {
		tls_peer_client_turn(peer);
		tls_peer_server_turn(peer, peer->to_server_bytes);
	}
	tls_peer_client_turn(peer);
	return peer->verdict;
}

static void side_derive(struct tls_peer *peer, struct sl_tls_keys *keys, void **table)
{
	uint64_t record_no = keys->record_no;

	*table = sl_alloc(1, sl_aead_table_bytes(peer->aead));
	sl_tls_keys_derive(keys, peer->aead, *table);
	keys->record_no = record_no;
}

void tls_peer_take_over(struct tls_peer *peer, const char *engine)
{
	ck_assert_int_eq(peer->verdict, SL_HANDSHAKE_DONE);
	sl_handshake_secrets(peer->handshake, &peer->read_keys, &peer->write_keys);
	sl_handshake_free(peer->handshake);
	peer->handshake = NULL;
	ck_assert_int_eq(sl_aead_init(&peer->aead, engine), 0);
	side_derive(peer, &peer->read_keys, &peer->read_table);
	side_derive(peer, &peer->write_keys, &peer->write_table);
}

void tls_peer_client_says(struct tls_peer *peer, const char *text)
{
	ck_assert_int_eq(SSL_write(peer->client, text, (int)strlen(text)), (int)strlen(text));
	client_bytes_take(peer);
}

enum sl_open_verdict tls_peer_open(struct tls_peer *peer, struct sl_opened *opened)
{
	return sl_open_record(peer->aead, peer->read_table, &peer->read_keys, peer->to_server,
			      peer->to_server_bytes, opened);
}

void tls_peer_expect_text(struct tls_peer *peer, const char *text)
{
	struct sl_opened opened;

	ck_assert_int_eq(tls_peer_open(peer, &opened), SL_OPEN_OK);
	ck_assert_int_eq(opened.type, SL_TLS_APPLICATION_DATA);
	ck_assert_uint_eq(opened.plain_bytes, strlen(text));
	ck_assert_mem_eq(opened.plain, text, opened.plain_bytes);
	tls_peer_consume(peer, opened.wire_bytes);
}

void tls_peer_seal(struct tls_peer *peer, enum sl_content_type type, const void *plain,
		   uint32_t plain_bytes)
{
	static uint8_t wire[SL_RECORD_PLAIN_MAX_BYTES + SL_RECORD_OVERHEAD_MAX_BYTES];
	uint32_t wire_bytes = sl_seal_wire_bytes(&peer->write_keys, plain_bytes);
	uint8_t tag[16];

	sl_seal_record(peer->aead, peer->write_table, &peer->write_keys,
		       peer->write_keys.record_no++, type, plain, plain_bytes, wire, tag);
	ck_assert_int_eq(BIO_write(peer->to_client, wire, (int)wire_bytes), (int)wire_bytes);
}

void tls_peer_server_says(struct tls_peer *peer, const char *text)
{
	char read[256];
	int len_bytes = (int)strlen(text);

	tls_peer_seal(peer, SL_TLS_APPLICATION_DATA, text, len_bytes);
	ck_assert_int_eq(SSL_read(peer->client, read, sizeof(read)), len_bytes);
	ck_assert_mem_eq(read, text, len_bytes);
}
