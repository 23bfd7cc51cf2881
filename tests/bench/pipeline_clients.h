/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pipeline benchmark's clients: as many as there are connections, each asking for the same
 * object over and over on one connection. They look at the headers of what leaves the worker, and
 * at those of TLS records, and throw the rest away; a round trip later their ACKs arrive. They lose
 * nothing. What they do is not counted as the worker's work.
 */
#ifndef SL_TESTS_BENCH_PIPELINE_CLIENTS_H
#define SL_TESTS_BENCH_PIPELINE_CLIENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "pipeline_nic.h"

struct pipeline_clients_options {
	uint32_t cnt;
	bool tls;
	uint32_t mtu_bytes;
	uint64_t object_bytes;
	uint32_t file_cnt;  /* different ones; [1, cnt] */
	uint32_t ack_every; /* segments; and after each burst, as a receiver does whose interrupts
			       and GRO end there */
	uint64_t rtt_ns;
	uint32_t window_bytes;
	uint64_t spread_ns; /* over which the first requests are spread */
};

enum { PIPELINE_PORT = 443 };
extern const uint8_t pipeline_server_ipv4[4];

void pipeline_clients_open(const struct pipeline_clients_options *options);
void pipeline_clients_close(void);

/* All of them are connected; from then on they ask. */
bool pipeline_clients_connected(void);
void pipeline_clients_start(uint64_t now_ns);

/* Whatever the NIC has sent since the last call has reached them. */
void pipeline_clients_take(struct sl_nic *nic, uint64_t now_ns);

/* What is due arrives at the NIC, as far as its RX ring has room. */
void pipeline_clients_give(struct sl_nic *nic, uint64_t now_ns);
/* When something is due next; UINT64_MAX: nothing is on its way. */
uint64_t pipeline_clients_next_ns(void);

struct pipeline_clients_counters {
	uint64_t segments, duplicate_segments, bursts, acks, responses;
	uint64_t late_ns; /* longest that an ACK had to wait for the RX ring */
};
const struct pipeline_clients_counters *pipeline_clients_counters(void);

#endif
