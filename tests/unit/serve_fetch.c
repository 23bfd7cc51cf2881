/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve_fetch.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void fetch_start(struct fetch *fetch, struct sl_sim_client *client, const char *method,
		 const char *target, const char *headers)
{
	uint64_t seed = fetch->seed, off_bytes = fetch->off_bytes;
	bool any = fetch->any;
	char text[4096];

	*fetch = (struct fetch){
		.client = client,
		.seed = seed,
		.off_bytes = off_bytes,
		.any = any,
		.no_body = strcmp(method, "HEAD") == 0,
	};
	snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\nHost: sim\r\n%s\r\n", method, target,
		 headers);
	sl_sim_client_send(client, text);
}

void fetch_header(const struct fetch *fetch, const char *name, char *out, size_t out_bytes)
{
	size_t name_bytes = strlen(name);
	const char *line = fetch->head;

	out[0] = '\0';
	while ((line = strstr(line, "\r\n"))) {
		line += 2;
		if (strncasecmp(line, name, name_bytes) == 0 && line[name_bytes] == ':') {
			const char *value = line + name_bytes + 1;

			value += strspn(value, " ");
			snprintf(out, out_bytes, "%.*s", (int)strcspn(value, "\r"), value);
			return;
		}
	}
}

static void parse_head(struct fetch *fetch)
{
	char value[64];

	fetch->head_done = true;
	ck_assert_int_eq(strncmp(fetch->head, "HTTP/1.1 ", 9), 0);
	fetch->status = (int)strtol(fetch->head + 9, NULL, 10);
	fetch_header(fetch, "Content-Length", value, sizeof(value));
	fetch->content_length = strtoull(value, NULL, 10);
	if (fetch->no_body || fetch->status == 304)
		fetch->content_length = 0;
}

/* One byte at a time, so that what follows the head stays to be read. */
static bool read_head(struct fetch *fetch)
{
	while (!fetch->head_done) {
		uint8_t byte;

		if (sl_sim_client_read(fetch->client, &byte, 1) == 0)
			return false;
		ck_assert_uint_lt(fetch->head_bytes, FETCH_HEAD_MAX_BYTES - 1);
		fetch->head[fetch->head_bytes++] = (char)byte;
		if (fetch->head_bytes >= 4 &&
		    memcmp(fetch->head + fetch->head_bytes - 4, "\r\n\r\n", 4) == 0)
			parse_head(fetch);
	}
	return true;
}

static bool is_file(const struct fetch *fetch)
{
	return !fetch->any && (fetch->status == 200 || fetch->status == 206);
}

bool fetch_poll(struct fetch *fetch)
{
	uint8_t data[16384], wanted[16384];

	if (!read_head(fetch))
		return false;
	while (fetch->body_bytes < fetch->content_length) {
		uint64_t left_bytes = fetch->content_length - fetch->body_bytes;
		size_t got = sl_sim_client_read(
		    fetch->client, data, left_bytes < sizeof(data) ? left_bytes : sizeof(data));

		if (got == 0)
			return false;
		if (is_file(fetch)) {
			sl_sim_disk_content(fetch->seed, fetch->off_bytes + fetch->body_bytes,
					    wanted, got);
			fetch->wrong |= memcmp(data, wanted, got) != 0;
		}
		fetch->body_bytes += got;
	}
	return true;
}

bool fetch_done(const struct fetch *fetch)
{
	return fetch->head_done && fetch->body_bytes == fetch->content_length;
}

void fetch_run(struct sl_sim_world *world, struct fetch *fetches, uint32_t cnt, uint64_t for_ns)
{
	uint64_t until_ns = world->now_ns + for_ns;

	while (world->now_ns < until_ns) {
		uint32_t open_cnt = 0;

		for (uint32_t i = 0; i < cnt; i++) {
			if (fetches[i].client->tcp.state == SL_SIM_TCP_RESET ||
			    fetches[i].client->failed)
				continue;
			open_cnt += !fetch_poll(&fetches[i]);
		}
		if (open_cnt == 0)
			return;
		sl_sim_world_step(world, until_ns);
	}
}
