/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wiretap: a checker of what leaves the worker, before the path can lose it. Of each connection:
 *
 *  - a byte of sequence space that leaves twice is the same byte both times: under TLS that is what
 *    it means that no nonce seals two texts;
 *  - new bytes follow the ones before without a gap, and none beyond the right edge that the client
 *    has offered;
 *  - no segment is longer than the client takes;
 *  - after FIN there is nothing, and FIN stays where it was;
 *  - our acknowledgements are of what the client has sent, and never go back; neither does the
 *    right edge of the window that we offer (RFC 9293, 3.8.6).
 */
#ifndef SL_TESTS_SIM_WIRETAP_H
#define SL_TESTS_SIM_WIRETAP_H

#include <stdbool.h>
#include <stdint.h>

#include "sim_tcp.h"

struct sl_sim_tap {
	bool open;
	uint64_t isn_seq, high_seq, fin_seq; /* of the worker's; fin_seq 0: none yet */
	uint8_t *ring;                       /* the latest bytes, by sequence number */
	uint32_t ring_bytes;                 /* a power of two */
	uint64_t ack_seq, edge_seq;          /* what it has acknowledged and offered */
	uint8_t scale;
	uint64_t data_packets, again_bytes;
	uint64_t turn_ns; /* the worker's turn in which data left last, and how much */
	uint32_t turn_bytes;
	uint64_t burst_ns[2];       /* when the latest bursts left */
	uint64_t permitted_rate[2]; /* bytes a second, when its reads began: of new bytes, again */
};

/* A segment of the worker's for the client at that place. may_change: the content may have been
 * overwritten, and nothing but TLS can tell. */
void sl_sim_tap_segment(struct sl_sim_tap *tap, uint32_t place, const struct sl_sim_tcp *tcp,
			const struct sl_segment *segment, bool may_change);
void sl_sim_tap_free(struct sl_sim_tap *tap);

#endif
