/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Burst: consecutive bytes of one connection's stream on their way into packets. Memory is taken
 * for all of them at once, filled, then sent or given back whole: a packet leaves only when
 * everything that belongs to it has been checked. There are two kinds, as the NIC has it:
 *
 *   frames    a frame for each segment; filled by copying, which sums for TCP's checksums
 *   staged    one piece, which is cut into segments on its way; records are sealed where they leave
 */
#ifndef SL_SERVE_BURST_H
#define SL_SERVE_BURST_H

#include "base/span.h"
#include "nic/nic.h"
#include "serve/session.h"
#include "serve/state.h"

struct sl_burst {
	uint8_t *staged;    /* len_bytes of the NIC's staging area; NULL: in frames */
	uint32_t put_bytes; /* of it are filled */
	struct sl_frame frames[SL_BURST_FRAMES];
	struct sl_span spans[SL_BURST_FRAMES]; /* one a frame; a packet may have several */
	uint32_t frame_cnt;
	uint32_t first_bytes, packet_bytes; /* payload of the first packet, of the others */
	uint32_t len_bytes;                 /* of all */
	uint64_t start_seq;
	struct sl_span_cursor cursor;
};

/* Most stream bytes of one burst, at the connection's segment size (which the peer may have made
 * small). */
uint32_t sl_burst_max(const struct sl_worker *worker, struct sl_tcp_conn conn);

/* Takes memory for the stream bytes [start_seq, start_seq + len_bytes); false, and nothing taken,
 * if frames, TX slots or staging are short. len_bytes in [1, sl_burst_max]. */
bool sl_burst_open(struct sl_burst *burst, struct sl_worker *worker, struct sl_tcp_conn conn,
		   uint64_t start_seq, uint32_t len_bytes);

/* Where the next record is to be made before it is put in: in the burst itself, if it is in one
 * piece, otherwise in the worker's scratch. There is room for the longest record, or for what is
 * left of the burst if that is less. */
uint8_t *sl_burst_place(const struct sl_burst *burst, const struct sl_worker *worker);

/* Puts bytes in and moves on: copies them, unless they are in place. */
void sl_burst_put(struct sl_burst *burst, const uint8_t *data, uint32_t len_bytes);

/* All bytes are in: headers are written and the packets go to the NIC. push: PSH on the last one.
 */
void sl_burst_send(struct sl_burst *burst, struct sl_worker *worker, struct sl_tcp_conn conn,
		   bool push);

/* Gives the memory back unsent. */
void sl_burst_drop(struct sl_burst *burst, struct sl_worker *worker);

#endif
