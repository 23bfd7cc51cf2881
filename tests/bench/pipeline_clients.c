/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE /* memmem */
#include "pipeline_clients.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "base/clock.h"
#include "tls/seal.h"
#include "wire/format.h"
#include "wire/segment.h"

enum {
	CLIENT_PORT = 40000,
	FIRST_OCTET = 10,
	CONNECTING_SHARE = 16, /* at once: below what makes TCP answer with cookies */
	WINDOW_SHIFT = 10,
	REQUEST_MAX_BYTES = 512,
	ARRIVALS = 1 << 17, /* on their way at first; a power of two */
	TLS_OVERHEAD_BYTES = SL_RECORD_TAG_BYTES + 1,
};

const uint8_t pipeline_server_ipv4[4] = { 192, 0, 2, 1 };

static const char hello[] = "hello";
#define FILE_PLACE "GET /video/"
static const char request_text[] = FILE_PLACE
    "0000000.m4s HTTP/1.1\r\n"
    "Host: video.example.net\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: */*\r\n"
    "Accept-Language: en-US,en;q=0.5\r\n"
    "Connection: keep-alive\r\n"
    "Referer: https://video.example.net/watch\r\n\r\n";

enum state { CLOSED, SYN_SENT, CONNECTED, HEAD, BODY };

struct client {                               /* one cache line */
	uint32_t snd_nxt, rcv_nxt, ts_recent; /* wire numbers */
	uint32_t request_cnt;
	uint32_t record_left_bytes;
	uint32_t unacked_cnt;
	uint64_t body_left_bytes;
	uint8_t state;
	uint8_t header_cnt; /* of a record header that has come in part */
	uint8_t header[SL_RECORD_HEADER_BYTES];
};

struct arrival { /* a packet on its way to the worker */
	uint64_t due_ns;
	uint32_t idx, ack, ts_echo;
	uint8_t flags;
	bool says_hello, asks;
};

struct request {
	uint32_t len_bytes;
	uint8_t bytes[REQUEST_MAX_BYTES];
};

static struct {
	struct pipeline_clients_options options;
	struct client *each;
	struct sl_route route; /* local is the client, peer the server */
	uint32_t opened_cnt, connected_cnt;
	uint64_t start_ns; /* when the client's first request goes: each a bit later */
	uint32_t asked_cnt;
	struct arrival *arrivals; /* a ring: what leaves later arrives later */
	uint64_t arrival_max, arrival_first, arrival_end;
	struct sl_aead *aead;
	void *table;
	struct sl_tls_keys keys;
	struct request *requests; /* by number, one for each file: all clients' keys are the same */
	uint32_t request_cnt;
	struct pipeline_clients_counters counters;
} clients;

/* ---- opening ---- */

static void open_route(struct sl_route *route)
{
	static const uint8_t link[14] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0 };

	memcpy(route->link, link, sizeof(link));
	route->link_bytes = sizeof(link);
	route->local_port = CLIENT_PORT;
	route->peer_port = PIPELINE_PORT;
	route->peer = sl_address_from_ipv4(pipeline_server_ipv4);
}

static void open_keys(void)
{
	BUG_ON(sl_aead_init(&clients.aead, NULL));
	clients.table = sl_alloc(1, sl_aead_table_bytes(clients.aead));
	BUG_ON(!clients.table);
	clients.keys.kind = SL_AEAD_AES_128_GCM;
	clients.keys.secret_bytes = 32;
	memset(clients.keys.secret, 'c', 32); /* pipeline_handshake.c */
	sl_tls_keys_derive(&clients.keys, clients.aead, clients.table);
}

void pipeline_clients_open(const struct pipeline_clients_options *options)
{
	memset(&clients, 0, sizeof(clients));
	clients.options = *options;
	clients.each = sl_alloc(options->cnt, sizeof(*clients.each));
	clients.arrival_max = ARRIVALS;
	clients.arrivals = calloc(ARRIVALS, sizeof(*clients.arrivals));
	BUG_ON(!clients.each || !clients.arrivals);
	open_route(&clients.route);
	if (options->tls)
		open_keys();
}

void pipeline_clients_close(void)
{
	if (clients.aead)
		sl_aead_fini(clients.aead);
	sl_free(clients.table);
	sl_free(clients.each);
	free(clients.requests);
	free(clients.arrivals);
}

const struct pipeline_clients_counters *pipeline_clients_counters(void)
{
	return &clients.counters;
}

static void make_request(struct request *request, uint64_t record_no, uint32_t file_idx)
{
	uint8_t text[sizeof(request_text)], tag[SL_RECORD_TAG_BYTES];
	char name[8];

	memcpy(text, request_text, sizeof(request_text));
	snprintf(name, sizeof(name), "%07u", file_idx % 10000000);
	memcpy(text + sizeof(FILE_PLACE) - 1, name, sizeof(name) - 1);
	request->len_bytes = sizeof(request_text) - 1;
	if (!clients.options.tls) {
		memcpy(request->bytes, text, request->len_bytes);
		return;
	}
	request->len_bytes = sl_seal_wire_bytes(&clients.keys, sizeof(request_text) - 1);
	BUG_ON(request->len_bytes > sizeof(request->bytes));
	sl_seal_record(clients.aead, clients.table, &clients.keys, record_no,
		       SL_TLS_APPLICATION_DATA, text, sizeof(request_text) - 1, request->bytes,
		       tag);
}

static const struct request *request_of(uint32_t request_no, uint32_t client_idx)
{
	size_t file_cnt = clients.options.file_cnt, first_idx = request_no * file_cnt;

	if (request_no == clients.request_cnt) {
		clients.requests =
		    realloc(clients.requests, (first_idx + file_cnt) * sizeof(*clients.requests));
		BUG_ON(!clients.requests);
		for (uint32_t i = 0; i < file_cnt; i++)
			make_request(&clients.requests[first_idx + i], request_no, i);
		clients.request_cnt++;
	}
	BUG_ON(request_no >= clients.request_cnt);
	return &clients.requests[first_idx + client_idx % file_cnt];
}

/* ---- to the worker ---- */

static void grow(void)
{
	struct arrival *more = calloc(2 * clients.arrival_max, sizeof(*more));

	BUG_ON(!more);
	for (uint64_t i = clients.arrival_first; i < clients.arrival_end; i++)
		more[i & (2 * clients.arrival_max - 1)] =
		    clients.arrivals[i & (clients.arrival_max - 1)];
	free(clients.arrivals);
	clients.arrivals = more;
	clients.arrival_max *= 2;
}

static struct arrival *put(uint32_t idx, uint8_t flags, uint64_t due_ns)
{
	const struct client *client = &clients.each[idx];
	struct arrival *arrival;

	if (clients.arrival_end - clients.arrival_first == clients.arrival_max)
		grow();
	arrival = &clients.arrivals[clients.arrival_end++ & (clients.arrival_max - 1)];
	*arrival = (struct arrival){
		.due_ns = due_ns,
		.idx = idx,
		.ack = client->rcv_nxt,
		.ts_echo = client->ts_recent,
		.flags = flags,
	};
	return arrival;
}

static struct sl_address address_of(uint32_t idx)
{
	return sl_address_from_ipv4((const uint8_t[4]){ FIRST_OCTET, (uint8_t)(idx >> 16),
							(uint8_t)(idx >> 8), (uint8_t)idx });
}

static uint32_t clock_ms(uint64_t now_ns)
{
	return (uint32_t)(now_ns / SL_NS_PER_MS);
}

static void transmit(struct sl_nic *nic, uint8_t *slot, const struct arrival *arrival)
{
	struct client *client = &clients.each[arrival->idx];
	bool syn = arrival->flags & SL_TCP_SYN;
	struct sl_header header = {
		.seq = client->snd_nxt,
		.ack = arrival->ack,
		.flags = arrival->flags,
		.window = (uint16_t)(clients.options.window_bytes >> (syn ? 0 : WINDOW_SHIFT)),
		.window_scale = WINDOW_SHIFT,
		.mss = (uint16_t)(clients.options.mtu_bytes - 40),
		.sack_permitted = true,
		.timestamps = true,
		.ts_value = clock_ms(arrival->due_ns),
		.ts_echo = arrival->ts_echo,
	};
	uint32_t payload_bytes = 0;

	if (syn && clients.options.window_bytes > UINT16_MAX)
		header.window = UINT16_MAX;
	if (arrival->says_hello) {
		payload_bytes = sizeof(hello) - 1;
		memcpy(slot, hello, payload_bytes);
	} else if (arrival->asks) {
		const struct request *request = request_of(client->request_cnt++, arrival->idx);

		payload_bytes = request->len_bytes;
		memcpy(slot, request->bytes, payload_bytes);
		header.flags |= SL_TCP_PSH;
	}
	clients.route.local = address_of(arrival->idx);
	pipeline_nic_arrived(nic, sl_header_write(&clients.route, &header, slot, payload_bytes),
			     payload_bytes);
	client->snd_nxt += payload_bytes + syn;
}

static void ask(uint32_t idx, uint64_t due_ns)
{
	clients.each[idx].state = HEAD;
	put(idx, SL_TCP_ACK, due_ns)->asks = true;
}

/* First requests go one after the other, evenly. */
static void ask_first(uint64_t now_ns)
{
	uint64_t since_ns = now_ns - clients.start_ns, until_cnt = clients.options.cnt;

	if (since_ns < clients.options.spread_ns)
		until_cnt = clients.options.cnt * since_ns / clients.options.spread_ns;
	while (clients.asked_cnt < until_cnt)
		ask(clients.asked_cnt++, now_ns + clients.options.rtt_ns);
}

static void connect_some(uint64_t now_ns)
{
	while (clients.opened_cnt < clients.options.cnt &&
	       clients.opened_cnt - clients.connected_cnt <=
		   clients.options.cnt / CONNECTING_SHARE) {
		clients.each[clients.opened_cnt].state = SYN_SENT;
		put(clients.opened_cnt++, SL_TCP_SYN, now_ns + clients.options.rtt_ns);
	}
}

void pipeline_clients_give(struct sl_nic *nic, uint64_t now_ns)
{
	connect_some(now_ns);
	if (clients.start_ns && clients.asked_cnt < clients.options.cnt)
		ask_first(now_ns);
	while (clients.arrival_first < clients.arrival_end) {
		const struct arrival *arrival =
		    &clients.arrivals[clients.arrival_first & (clients.arrival_max - 1)];
		uint8_t *slot = pipeline_nic_slot(nic);

		if (arrival->due_ns > now_ns || !slot)
			return;
		if (now_ns - arrival->due_ns > clients.counters.late_ns)
			clients.counters.late_ns = now_ns - arrival->due_ns;
		transmit(nic, slot, arrival);
		clients.arrival_first++;
	}
}

uint64_t pipeline_clients_next_ns(void)
{
	if (clients.start_ns && clients.asked_cnt < clients.options.cnt)
		return 0;
	if (clients.arrival_first == clients.arrival_end)
		return UINT64_MAX;
	return clients.arrivals[clients.arrival_first & (clients.arrival_max - 1)].due_ns;
}

bool pipeline_clients_connected(void)
{
	return clients.connected_cnt == clients.options.cnt;
}

void pipeline_clients_start(uint64_t now_ns)
{
	clients.start_ns = now_ns;
}

/* ---- from the worker ---- */

/* The header of a record: what it says of the response. The first record has the head. */
static void take_record(struct client *client)
{
	uint32_t wire_bytes = (uint32_t)client->header[3] << 8 | client->header[4];

	BUG_ON(client->header[0] != SL_TLS_APPLICATION_DATA || wire_bytes <= TLS_OVERHEAD_BYTES);
	client->record_left_bytes = wire_bytes;
	client->header_cnt = 0;
	if (client->state == HEAD) {
		client->state = BODY;
		client->body_left_bytes = clients.options.object_bytes;
		return;
	}
	BUG_ON(client->body_left_bytes < wire_bytes - TLS_OVERHEAD_BYTES);
	client->body_left_bytes -= wire_bytes - TLS_OVERHEAD_BYTES;
}

static void take_sealed(struct client *client, const uint8_t *data, uint32_t len_bytes)
{
	while (len_bytes > 0) {
		uint32_t part_bytes = 1;

		if (client->record_left_bytes == 0) {
			client->header[client->header_cnt++] = *data;
			if (client->header_cnt == SL_RECORD_HEADER_BYTES)
				take_record(client);
		} else {
			part_bytes = client->record_left_bytes < len_bytes
					 ? client->record_left_bytes
					 : len_bytes;
			client->record_left_bytes -= part_bytes;
		}
		data += part_bytes;
		len_bytes -= part_bytes;
	}
}

static void take_plain(struct client *client, const uint8_t *data, uint32_t len_bytes)
{
	if (client->state == HEAD) {
		const uint8_t *end = memmem(data, len_bytes, "\r\n\r\n", 4);

		BUG_ON(!end || memcmp(data, "HTTP/1.1 200", 12) != 0);
		len_bytes -= (uint32_t)(end + 4 - data);
		client->state = BODY;
		client->body_left_bytes = clients.options.object_bytes;
	}
	BUG_ON(client->body_left_bytes < len_bytes);
	client->body_left_bytes -= len_bytes;
}

static bool response_ends(const struct client *client)
{
	return client->state == BODY && client->body_left_bytes == 0 &&
	       client->record_left_bytes == 0 && client->header_cnt == 0;
}

static void answer(uint32_t idx, uint64_t now_ns)
{
	struct client *client = &clients.each[idx];
	uint64_t due_ns = now_ns + clients.options.rtt_ns;

	if (client->unacked_cnt == 0)
		return;
	client->unacked_cnt = 0;
	clients.counters.acks++;
	if (response_ends(client)) {
		clients.counters.responses++;
		ask(idx, due_ns);
	} else {
		put(idx, SL_TCP_ACK, due_ns);
	}
}

/* A packet's payload, a frame's part of it at a time. */
struct payload {
	struct sl_nic *nic;
	const uint8_t *part;
	uint32_t part_bytes, len_bytes; /* of it, and of all from it on */
};

static bool next_part(struct payload *payload)
{
	payload->len_bytes -= payload->part_bytes;
	if (payload->len_bytes == 0)
		return false;
	payload->part = pipeline_nic_next_sent(payload->nic, &payload->part_bytes);
	return true;
}

static void skip(struct payload *payload)
{
	while (next_part(payload))
		;
}

static void take_payload(struct client *client, struct payload *payload)
{
	do {
		if (clients.options.tls)
			take_sealed(client, payload->part, payload->part_bytes);
		else
			take_plain(client, payload->part, payload->part_bytes);
	} while (next_part(payload));
}

static void take_data(struct client *client, uint32_t idx, uint32_t seq, struct payload *payload,
		      uint64_t now_ns)
{
	client->unacked_cnt++;
	clients.counters.segments++;
	if (seq != client->rcv_nxt) {
		BUG_ON((int32_t)(seq - client->rcv_nxt) > 0); /* nothing is ever lost */
		clients.counters.duplicate_segments++;
		skip(payload);
		return;
	}
	client->rcv_nxt += payload->len_bytes;
	take_payload(client, payload);
	if (client->unacked_cnt >= clients.options.ack_every)
		answer(idx, now_ns);
}

static void take_syn_ack(struct client *client, uint32_t idx, uint32_t seq, uint64_t now_ns)
{
	struct arrival *arrival;

	if (client->state != SYN_SENT)
		return;
	client->state = CONNECTED;
	clients.connected_cnt++;
	client->rcv_nxt = seq + 1;
	arrival = put(idx, SL_TCP_ACK, now_ns + clients.options.rtt_ns);
	arrival->says_hello = clients.options.tls;
}

/* Where the worker's packets have what: no IP options, timestamps come first. */
static uint32_t take_packet(struct sl_nic *nic, const uint8_t *packet, uint32_t len_bytes,
			    uint64_t now_ns)
{
	const uint8_t *ip = packet + 14, *tcp = ip + SL_IPV4_MIN_BYTES;
	uint32_t idx = (uint32_t)ip[17] << 16 | (uint32_t)ip[18] << 8 | ip[19];
	uint32_t tcp_bytes = (uint32_t)(tcp[12] >> 4) * 4;
	struct payload payload = {
		.nic = nic,
		.part = tcp + tcp_bytes,
		.part_bytes = len_bytes - (uint32_t)(tcp + tcp_bytes - packet),
		.len_bytes = sl_wire_get16(ip + 2) - SL_IPV4_MIN_BYTES - tcp_bytes,
	};
	struct client *client = &clients.each[idx];

	BUG_ON(ip[16] != FIRST_OCTET || idx >= clients.options.cnt);
	BUG_ON(tcp[13] & (SL_TCP_RST | SL_TCP_FIN));
	if (!(tcp[13] & SL_TCP_SYN))
		client->ts_recent = sl_wire_get32(tcp + 24);
	if (tcp[13] & SL_TCP_SYN)
		take_syn_ack(client, idx, sl_wire_get32(tcp + 4), now_ns);
	else if (payload.len_bytes > 0)
		take_data(client, idx, sl_wire_get32(tcp + 4), &payload, now_ns);
	return idx;
}

void pipeline_clients_take(struct sl_nic *nic, uint64_t now_ns)
{
	uint32_t last_idx = UINT32_MAX, len_bytes;
	const uint8_t *packet;

	while ((packet = pipeline_nic_next_sent(nic, &len_bytes))) {
		uint32_t idx = take_packet(nic, packet, len_bytes, now_ns);

		if (idx != last_idx) {
			clients.counters.bursts++;
			if (last_idx != UINT32_MAX)
				answer(last_idx, now_ns);
		}
		last_idx = idx;
	}
	if (last_idx != UINT32_MAX)
		answer(last_idx, now_ns);
}
