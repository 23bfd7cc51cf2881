/* SPDX-License-Identifier: BSD-2-Clause */
/* Stranger: requests as a stranger might send them, from a seed: mostly right, now and then not. */
#ifndef SL_TESTS_INTEROP_HTTP_STRANGER_H
#define SL_TESTS_INTEROP_HTTP_STRANGER_H

#include <stdint.h>

enum { HTTP_STRANGER_MAX_BYTES = 16384 };

struct http_stranger {
	uint64_t state;
	char bytes[HTTP_STRANGER_MAX_BYTES];
	uint32_t len_bytes;
};

/* A request from the grammar, odd parts included. */
void http_stranger_write(struct http_stranger *stranger);

/* Spoils what is in bytes in one to four places. */
void http_stranger_mutate(struct http_stranger *stranger);

#endif
