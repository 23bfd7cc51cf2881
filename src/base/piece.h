/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pieces: what a response is made of. HTTP says what bytes follow, not how they get into packets:
 * bytes in memory (a chunk of the worker's chunk pool) or a range of a file that content has
 * opened.
 */
#ifndef SL_BASE_PIECE_H
#define SL_BASE_PIECE_H

#include <stdint.h>

enum sl_piece_kind {
	SL_PIECE_MEMORY,
	SL_PIECE_FILE,
};

struct sl_piece {
	enum sl_piece_kind kind;
	uint8_t record_type; /* MEMORY: 0: as it is; else sealed as a TLS record of this type */
	uint32_t idx;       /* chunk, or object of content's open-file table (one reference held) */
	uint64_t off_bytes; /* in the chunk or the file */
	uint64_t len_bytes; /* left to be sent; [1, …) */
};

#endif
