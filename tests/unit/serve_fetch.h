/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of the serve room do with clients of a simulated world. */
#ifndef SL_TESTS_UNIT_SERVE_FETCH_H
#define SL_TESTS_UNIT_SERVE_FETCH_H

#include "sim_world.h"

enum { FETCH_HEAD_MAX_BYTES = 2048 };

/* A response as it comes in: head, then body, which is compared to what the file holds. */
struct fetch {
	struct sl_sim_client *client;
	char head[FETCH_HEAD_MAX_BYTES];
	uint32_t head_bytes;
	bool head_done;
	int status;
	uint64_t content_length, body_bytes;
	bool no_body;  /* HEAD, 304 */
	uint64_t seed; /* of the file; its bytes from off_bytes on are expected */
	uint64_t off_bytes;
	bool wrong; /* a byte was not the file's */
	bool any;   /* do not compare */
};

/* Sends "GET target HTTP/1.1" with headers (each with its CRLF; "" for none). */
void fetch_start(struct fetch *fetch, struct sl_sim_client *client, const char *method,
		 const char *target, const char *headers);

/* Reads what is there; true when the response is complete. */
bool fetch_poll(struct fetch *fetch);

/* Steps the world until all cnt are complete, or their clients were reset, or for_ns have passed.
 */
void fetch_run(struct sl_sim_world *world, struct fetch *fetches, uint32_t cnt, uint64_t for_ns);

bool fetch_done(const struct fetch *fetch);

/* The value of a header in the head, copied to out; "" if it is not there. */
void fetch_header(const struct fetch *fetch, const char *name, char *out, size_t out_bytes);

#endif
