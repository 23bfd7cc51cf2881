/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How fast records are sealed into frames, as the server does it: eight records of 16 KiB from one
 * read into payload areas of 1448 bytes, one behind the other, with the checksum of each payload;
 * or, where segments are cut and summed by the NIC or the kernel, into one piece, one behind the
 * other. Against the same engine on one piece, without header and type; the same with a pass for
 * the checksum behind it; and OpenSSL's EVP as a program would call it, one key and one piece.
 * Single core; they take turns, so that a change of clock rate hits them alike, and the best of the
 * rounds counts.
 *
 * The frames are used in turn. The server takes the one freed last, so fewer are in use than could
 * be; how many depends on how soon the NIC is done with them. 4 MiB is half of what it has at most
 * on a processor with 32 MiB of cache, and more than any second-level cache holds.
 *
 * usage: seal [ENGINE [aes-128-gcm|aes-256-gcm|chacha20-poly1305]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/checksum.h"
#include "base/limits.h"
#include "base/span.h"
#include "tls/seal.h"

enum {
	PAYLOAD_BYTES = 1448, /* MTU 1500, TCP with timestamps */
	FRAME_BYTES = 2048,
	FRAME_CNT = 2048,
	BURST_RECORDS = SL_BUFFER_BYTES / SL_RECORD_PLAIN_MAX_BYTES,
	BURST_BYTES = BURST_RECORDS * (SL_RECORD_PLAIN_MAX_BYTES + SL_RECORD_OVERHEAD_MAX_BYTES),
	BURST_FRAMES = (BURST_BYTES + PAYLOAD_BYTES - 1) / PAYLOAD_BYTES,
	/* Where each record's plaintext lies: a disk buffer after the other, 1 MiB in all. */
	PLAIN_CNT = 64,
	PLAINS_BYTES = PLAIN_CNT * SL_RECORD_PLAIN_MAX_BYTES,
	FRAMES_BYTES = FRAME_CNT * FRAME_BYTES,
	/* A turn takes about a millisecond, so that on a busy machine some run undisturbed. */
	RECORDS = 256,
	ROUNDS = 500,
};

static const struct {
	const char *name;
	const char *evp_name;
} kinds[SL_AEAD_KINDS] = {
	[SL_AEAD_AES_128_GCM] = { "aes-128-gcm", "AES-128-GCM" },
	[SL_AEAD_AES_256_GCM] = { "aes-256-gcm", "AES-256-GCM" },
	[SL_AEAD_CHACHA20_POLY1305] = { "chacha20-poly1305", "ChaCha20-Poly1305" },
};

static const uint8_t header[SL_RECORD_HEADER_BYTES] = { 23, 3, 3, 0x40, 0x11 };

struct bench {
	struct sl_aead *aead;
	void *table;
	struct sl_tls_keys keys;
	EVP_CIPHER_CTX *evp;
	struct sl_arena arena; /* frames and disk buffers lie in one, as the server's */
	uint8_t *plain;        /* PLAIN_CNT records */
	uint8_t *frames;       /* FRAME_CNT frames */
	uint8_t *wire;         /* one record */
	struct sl_span spans[BURST_FRAMES];
	struct sl_span_cursor cursor;
	uint32_t frame_idx; /* the next one to fill */
	uint64_t record_no;
	uint64_t sum; /* of all checksums, so that no compiler leaves them out */
};

static const uint8_t *plain_of(const struct bench *bench)
{
	return bench->plain + bench->record_no % PLAIN_CNT * SL_RECORD_PLAIN_MAX_BYTES;
}

static void next_burst(struct bench *bench)
{
	if (bench->frame_idx + BURST_FRAMES > FRAME_CNT)
		bench->frame_idx = 0;
	for (uint32_t i = 0; i < BURST_FRAMES; i++) {
		uint8_t *frame = bench->frames + (size_t)(bench->frame_idx + i) * FRAME_BYTES;

		bench->spans[i] = (struct sl_span){
			.data = frame + SL_FRAME_HEADROOM_BYTES,
			.len_bytes = PAYLOAD_BYTES,
		};
	}
	bench->frame_idx += BURST_FRAMES;
	bench->cursor = (struct sl_span_cursor){ .spans = bench->spans, .span_cnt = BURST_FRAMES };
}

static void seal_into_frames(struct bench *bench)
{
	uint8_t tag[SL_RECORD_TAG_BYTES];

	if (bench->record_no % BURST_RECORDS == 0)
		next_burst(bench);
	sl_seal_record(bench->aead, bench->table, &bench->keys, bench->record_no,
		       SL_TLS_APPLICATION_DATA, plain_of(bench), SL_RECORD_PLAIN_MAX_BYTES,
		       bench->wire, tag);
	sl_span_put(&bench->cursor, bench->wire,
		    sl_seal_wire_bytes(&bench->keys, SL_RECORD_PLAIN_MAX_BYTES));
}

/* Within as much memory as the staging area has. */
static void seal_to_be_cut(struct bench *bench)
{
	uint32_t wire_bytes = sl_seal_wire_bytes(&bench->keys, SL_RECORD_PLAIN_MAX_BYTES);
	uint32_t idx = bench->record_no % (SL_STAGING_BYTES / wire_bytes);
	uint8_t tag[SL_RECORD_TAG_BYTES];

	sl_seal_record(bench->aead, bench->table, &bench->keys, bench->record_no,
		       SL_TLS_APPLICATION_DATA, plain_of(bench), SL_RECORD_PLAIN_MAX_BYTES,
		       bench->frames + (size_t)idx * wire_bytes, tag);
}

/* The place that the frames would have taken, in one piece. */
static uint8_t *piece_of(struct bench *bench)
{
	return bench->frames + bench->record_no % (FRAME_CNT / 12) * 12 * FRAME_BYTES;
}

static void seal_in_one_piece(struct bench *bench)
{
	uint8_t nonce[SL_AEAD_NONCE_BYTES], tag[SL_RECORD_TAG_BYTES];

	sl_tls_nonce(&bench->keys, bench->record_no, nonce);
	sl_aead_seal_begin(bench->aead, bench->table, nonce, header, sizeof(header));
	sl_aead_seal_put(bench->aead, bench->table, piece_of(bench), plain_of(bench),
			 SL_RECORD_PLAIN_MAX_BYTES);
	sl_aead_seal_end(bench->aead, bench->table, tag);
}

static void seal_and_sum(struct bench *bench)
{
	const uint8_t *piece = piece_of(bench);

	seal_in_one_piece(bench);
	for (uint32_t off = 0; off + PAYLOAD_BYTES <= SL_RECORD_PLAIN_MAX_BYTES;
	     off += PAYLOAD_BYTES)
		bench->sum += sl_checksum_add(0, piece + off, PAYLOAD_BYTES);
}

static void seal_with_evp(struct bench *bench)
{
	uint8_t nonce[SL_AEAD_NONCE_BYTES], tag[SL_RECORD_TAG_BYTES];
	int done_bytes;

	sl_tls_nonce(&bench->keys, bench->record_no, nonce);
	EVP_EncryptInit_ex2(bench->evp, NULL, NULL, nonce, NULL);
	EVP_EncryptUpdate(bench->evp, NULL, &done_bytes, header, sizeof(header));
	EVP_EncryptUpdate(bench->evp, piece_of(bench), &done_bytes, plain_of(bench),
			  SL_RECORD_PLAIN_MAX_BYTES);
	EVP_EncryptFinal_ex(bench->evp, tag, &done_bytes);
	EVP_CIPHER_CTX_ctrl(bench->evp, EVP_CTRL_AEAD_GET_TAG, sizeof(tag), tag);
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec * 1e-9;
}

/* Bytes of plaintext a second, in GB. */
static double turn(struct bench *bench, void (*seal)(struct bench *bench))
{
	double start = seconds_now();

	for (int i = 0; i < RECORDS; i++) {
		seal(bench);
		bench->record_no++;
	}
	return (double)RECORDS * SL_RECORD_PLAIN_MAX_BYTES / (seconds_now() - start) * 1e-9;
}

static void keep_best(double *best, double value)
{
	if (value > *best)
		*best = value;
}

static bool bench_open(struct bench *bench, const char *engine, enum sl_aead_kind kind)
{
	static const uint8_t key[SL_AEAD_KEY_MAX_BYTES] = "not secret";
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, kinds[kind].evp_name, NULL);

	memset(bench, 0, sizeof(*bench));
	if (sl_aead_init(&bench->aead, engine) != 0 ||
	    sl_arena_init(&bench->arena, FRAMES_BYTES + PLAINS_BYTES) != 0)
		return false;
	bench->table = sl_alloc(1, sl_aead_table_bytes(bench->aead));
	bench->frames = sl_arena_carve(&bench->arena, FRAMES_BYTES, FRAME_BYTES);
	bench->plain = sl_arena_carve(&bench->arena, PLAINS_BYTES, FRAME_BYTES);
	bench->wire = sl_alloc(1, SL_RECORD_PLAIN_MAX_BYTES + SL_RECORD_OVERHEAD_MAX_BYTES);
	bench->evp = EVP_CIPHER_CTX_new();
	if (!bench->table || !bench->plain || !bench->frames || !bench->wire || !bench->evp)
		return false;
	bench->keys.kind = kind;
	bench->keys.secret_bytes = kind == SL_AEAD_AES_256_GCM ? 48 : 32;
	sl_tls_keys_derive(&bench->keys, bench->aead, bench->table);
	return EVP_EncryptInit_ex2(bench->evp, cipher, key, NULL, NULL) == 1;
}

int main(int argc, char **argv)
{
	const char *engine = argc > 1 ? argv[1] : NULL;
	double frames = 0, cut = 0, piece = 0, summed = 0, evp = 0;
	int kind = SL_AEAD_AES_128_GCM;
	struct bench bench;

	if (argc > 2)
		for (kind = 0; kind < SL_AEAD_KINDS && strcmp(argv[2], kinds[kind].name); kind++)
			;
	if (kind == SL_AEAD_KINDS || !bench_open(&bench, engine, kind)) {
		fprintf(stderr, "usage: seal [ENGINE [aes-128-gcm|aes-256-gcm|chacha20-poly1305]]\n"
				"(or the engine is not there, or memory is short)\n");
		return EXIT_FAILURE;
	}
	for (int round = 0; round < ROUNDS; round++) {
		keep_best(&frames, turn(&bench, seal_into_frames));
		keep_best(&cut, turn(&bench, seal_to_be_cut));
		keep_best(&piece, turn(&bench, seal_in_one_piece));
		keep_best(&summed, turn(&bench, seal_and_sum));
		keep_best(&evp, turn(&bench, seal_with_evp));
	}
	printf("%s, %s, GB/s of plaintext in records of %d bytes\n", sl_aead_name(bench.aead),
	       kinds[kind].name, SL_RECORD_PLAIN_MAX_BYTES);
	printf("  into frames of %d, with checksums %6.2f\n", PAYLOAD_BYTES, frames);
	printf("  to be cut into segments            %6.2f\n", cut);
	printf("  into one piece                     %6.2f\n", piece);
	printf("  into one piece, then checksums     %6.2f (ratio %.2f)\n", summed,
	       frames / summed);
	printf("  OpenSSL EVP, one piece             %6.2f\n", evp);
	printf("seal: ratio_oneshot=%.2f ratio_openssl=%.2f segmented_ratio_oneshot=%.2f "
	       "segmented_ratio_openssl=%.2f\n",
	       frames / piece, frames / evp, cut / piece, cut / evp);
	return EXIT_SUCCESS;
}
