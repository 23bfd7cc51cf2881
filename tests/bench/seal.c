/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How fast records are sealed into frames: 16 KiB of plaintext into payload areas of 1448 bytes at
 * frame spacing, against the same engine on one piece, without header and type, and against
 * OpenSSL's EVP as a program would call it, one key and one piece. Single core; the three take
 * turns, so that a change of clock rate hits them alike, and the best of the rounds counts.
 *
 * usage: seal [ENGINE [aes-128-gcm|aes-256-gcm|chacha20-poly1305]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "tls/seal.h"

enum {
	PAYLOAD_BYTES = 1448, /* MTU 1500, TCP with timestamps */
	FRAME_BYTES = 4096,
	FRAME_CNT = 1024, /* 4 MiB: more than the second-level cache, as frames are */
	/* Where each record's plaintext lies: a disk buffer after the other, 1 MiB in all. */
	PLAIN_CNT = 64,
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
	uint8_t *plain;  /* PLAIN_CNT records */
	uint8_t *frames; /* FRAME_CNT frames */
	struct sl_span *spans;
	uint32_t frame_idx; /* the next one to fill */
	uint64_t record_no;
};

static const uint8_t *plain_of(const struct bench *bench)
{
	return bench->plain + bench->record_no % PLAIN_CNT * SL_RECORD_PLAIN_MAX_BYTES;
}

/* Every record starts in a fresh frame, as if the one before had been sent. */
static void seal_into_frames(struct bench *bench)
{
	struct sl_span_cursor cursor = {
		.spans = bench->spans,
		.span_cnt = FRAME_CNT,
		.span_idx = bench->frame_idx,
	};
	uint8_t tag[SL_RECORD_TAG_BYTES];

	sl_seal_record(bench->aead, bench->table, &bench->keys, bench->record_no,
		       SL_TLS_APPLICATION_DATA, plain_of(bench), SL_RECORD_PLAIN_MAX_BYTES, &cursor,
		       tag);
	bench->frame_idx = cursor.span_idx + 1;
	if (bench->frame_idx + SL_RECORD_PLAIN_MAX_BYTES / PAYLOAD_BYTES + 1 >= FRAME_CNT)
		bench->frame_idx = 0;
}

/* The place that the frames would have taken, in one piece. */
static uint8_t *piece_of(struct bench *bench)
{
	return bench->frames + bench->record_no % (FRAME_CNT / 5) * 5 * FRAME_BYTES;
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
	if (sl_aead_init(&bench->aead, engine) != 0)
		return false;
	bench->table = sl_alloc(1, sl_aead_table_bytes(bench->aead));
	bench->plain = sl_alloc(PLAIN_CNT, SL_RECORD_PLAIN_MAX_BYTES);
	bench->frames = sl_alloc(FRAME_CNT, FRAME_BYTES);
	bench->spans = sl_alloc(FRAME_CNT, sizeof(*bench->spans));
	bench->evp = EVP_CIPHER_CTX_new();
	if (!bench->table || !bench->plain || !bench->frames || !bench->spans || !bench->evp)
		return false;
	for (int i = 0; i < FRAME_CNT; i++)
		bench->spans[i] = (struct sl_span){
			bench->frames + i * FRAME_BYTES + SL_FRAME_HEADROOM_BYTES,
			PAYLOAD_BYTES,
		};
	bench->keys.kind = kind;
	bench->keys.secret_bytes = kind == SL_AEAD_AES_256_GCM ? 48 : 32;
	sl_tls_keys_derive(&bench->keys, bench->aead, bench->table);
	return EVP_EncryptInit_ex2(bench->evp, cipher, key, NULL, NULL) == 1;
}

int main(int argc, char **argv)
{
	const char *engine = argc > 1 ? argv[1] : NULL;
	double frames = 0, piece = 0, evp = 0;
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
		keep_best(&piece, turn(&bench, seal_in_one_piece));
		keep_best(&evp, turn(&bench, seal_with_evp));
	}
	printf("%s, %s, GB/s of plaintext in records of %d bytes\n", sl_aead_name(bench.aead),
	       kinds[kind].name, SL_RECORD_PLAIN_MAX_BYTES);
	printf("  into frames of %d     %6.2f\n", PAYLOAD_BYTES, frames);
	printf("  into one piece         %6.2f\n", piece);
	printf("  OpenSSL EVP, one piece %6.2f\n", evp);
	printf("seal: ratio_oneshot=%.2f ratio_openssl=%.2f\n", frames / piece, frames / evp);
	return EXIT_SUCCESS;
}
