/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_wiretap.h"

#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/clock.h"
#include "base/seq.h"
#include "sim_violation.h"

static unsigned long long rel(const struct sl_sim_tap *tap, uint64_t seq)
{
	return (unsigned long long)(seq - tap->isn_seq);
}

static uint32_t power_of_two(uint32_t at_least)
{
	uint32_t value = 4096;

	while (value < at_least)
		value *= 2;
	return value;
}

/* What is in flight is never more than one window: twice that is remembered. */
static void start(struct sl_sim_tap *tap, const struct sl_sim_tcp *tcp,
		  const struct sl_segment *segment)
{
	uint32_t ring_bytes = power_of_two(2 * tcp->config.window_bytes);
	uint64_t isn_seq = SL_SEQ_EPOCH + segment->seq;

	if (tap->open && tap->isn_seq == isn_seq)
		return;
	if (ring_bytes != tap->ring_bytes) {
		free(tap->ring);
		tap->ring = malloc(ring_bytes);
		BUG_ON(!tap->ring);
	}
	*tap = (struct sl_sim_tap){
		.open = true,
		.isn_seq = isn_seq,
		.high_seq = isn_seq + 1,
		.ring = tap->ring,
		.ring_bytes = ring_bytes,
		.ack_seq = tcp->snd_una_seq,
		.scale = segment->has_window_scale ? segment->window_scale : 0,
	};
}

/* Compares or stores [seq, seq + len_bytes), which wraps around the ring at most once. */
static bool meets_ring(struct sl_sim_tap *tap, uint64_t seq, const uint8_t *data,
		       uint32_t len_bytes, bool store)
{
	uint32_t at = (uint32_t)(seq & (tap->ring_bytes - 1));
	uint32_t part_bytes = tap->ring_bytes - at;

	if (part_bytes > len_bytes)
		part_bytes = len_bytes;
	if (store) {
		memcpy(tap->ring + at, data, part_bytes);
		memcpy(tap->ring, data + part_bytes, len_bytes - part_bytes);
		return true;
	}
	return memcmp(tap->ring + at, data, part_bytes) == 0 &&
	       memcmp(tap->ring, data + part_bytes, len_bytes - part_bytes) == 0;
}

/* RFC 6691: options count, whatever the client thought of when it said its MSS. */
static void check_length(uint32_t place, const struct sl_sim_tcp *tcp,
			 const struct sl_segment *segment)
{
	uint32_t options_bytes = segment->has_timestamps ? 12 : 0;

	options_bytes += segment->sack_cnt ? 4 + segment->sack_cnt * 8U : 0;
	if (segment->payload_bytes + options_bytes > tcp->config.mss)
		sl_sim_violation(place, "a segment of %u bytes and %u of options, the MSS is %u",
				 segment->payload_bytes, options_bytes, tcp->config.mss);
}

static void check_payload(struct sl_sim_tap *tap, uint32_t place, const struct sl_sim_tcp *tcp,
			  const struct sl_segment *segment, bool may_change)
{
	uint64_t start_seq = sl_seq_extend(segment->seq, tap->high_seq);
	uint64_t end_seq = start_seq + segment->payload_bytes;
	uint64_t kept_seq = tap->high_seq > tap->isn_seq + tap->ring_bytes
				? tap->high_seq - tap->ring_bytes
				: tap->isn_seq + 1;
	const uint8_t *data = segment->payload;

	if (start_seq > tap->high_seq)
		sl_sim_violation(place, "bytes %llu to %llu left, but %llu was next",
				 rel(tap, start_seq), rel(tap, end_seq), rel(tap, tap->high_seq));
	if (end_seq > tcp->edge_seq)
		sl_sim_violation(place, "byte %llu left, the client's window ends at %llu",
				 rel(tap, end_seq - 1), rel(tap, tcp->edge_seq));
	if (tap->fin_seq && end_seq > tap->fin_seq)
		sl_sim_violation(place, "byte %llu left after FIN at %llu", rel(tap, end_seq - 1),
				 rel(tap, tap->fin_seq));
	if (start_seq < kept_seq)
		sl_sim_violation(place, "byte %llu left again, long acknowledged",
				 rel(tap, start_seq));
	tap->data_packets++;
	if (tap->turn_ns != sl_clock_now_ns())
		tap->turn_bytes = 0;
	tap->turn_ns = sl_clock_now_ns();
	tap->turn_bytes += segment->payload_bytes;
	if (start_seq < tap->high_seq) {
		uint64_t old_end_seq = end_seq < tap->high_seq ? end_seq : tap->high_seq;
		uint32_t old_bytes = (uint32_t)(old_end_seq - start_seq);

		tap->again_bytes += old_bytes;
		if (!may_change && !meets_ring(tap, start_seq, data, old_bytes, false))
			sl_sim_violation(place,
					 "bytes %llu to %llu left again, and are not the same",
					 rel(tap, start_seq), rel(tap, old_end_seq));
		data += old_bytes;
		start_seq = old_end_seq;
	}
	if (end_seq > start_seq) {
		meets_ring(tap, start_seq, data, (uint32_t)(end_seq - start_seq), true);
		tap->high_seq = end_seq;
	}
}

static void check_fin(struct sl_sim_tap *tap, uint32_t place, const struct sl_segment *segment)
{
	uint64_t fin_seq = sl_seq_extend(segment->seq, tap->high_seq) + segment->payload_bytes;

	if (fin_seq != tap->high_seq || (tap->fin_seq && fin_seq != tap->fin_seq))
		sl_sim_violation(place, "FIN at %llu, the stream ends at %llu", rel(tap, fin_seq),
				 rel(tap, tap->high_seq));
	tap->fin_seq = fin_seq;
}

static void check_ack(struct sl_sim_tap *tap, uint32_t place, const struct sl_sim_tcp *tcp,
		      const struct sl_segment *segment)
{
	uint32_t scale = segment->flags & SL_TCP_SYN ? 0 : tap->scale;
	uint64_t ack_seq = sl_seq_extend(segment->ack, tap->ack_seq);
	uint64_t edge_seq = ack_seq + ((uint64_t)segment->window << scale);

	if (ack_seq > tcp->snd_nxt_seq)
		sl_sim_violation(place, "acknowledges %llu bytes more than were sent",
				 (unsigned long long)(ack_seq - tcp->snd_nxt_seq));
	if (ack_seq < tap->ack_seq)
		sl_sim_violation(place, "acknowledges %llu bytes less than before",
				 (unsigned long long)(tap->ack_seq - ack_seq));
	if (edge_seq < tap->edge_seq)
		sl_sim_violation(place, "right edge of the window moved back by %llu",
				 (unsigned long long)(tap->edge_seq - edge_seq));
	tap->ack_seq = ack_seq;
	tap->edge_seq = edge_seq;
}

void sl_sim_tap_segment(struct sl_sim_tap *tap, uint32_t place, const struct sl_sim_tcp *tcp,
			const struct sl_segment *segment, bool may_change)
{
	if (segment->flags & SL_TCP_RST)
		return;
	if (segment->flags & SL_TCP_SYN) {
		if (tcp->state != SL_SIM_TCP_SYN_SENT ||
		    segment->ack != sl_seq_wire(tcp->snd_nxt_seq)) {
			/* A stranger's SYN, with the client's address: from here on the worker may
			 * have another connection of this name, of which the client knows nothing.
			 */
			if (segment->seq != sl_seq_wire(tap->isn_seq))
				tap->open = false;
			return;
		}
		start(tap, tcp, segment);
	}
	/* The connection the client has now, not the one it had before. */
	if (!tap->open || (tcp->state != SL_SIM_TCP_SYN_SENT && tcp->irs_seq != tap->isn_seq))
		return;
	if (tcp->state == SL_SIM_TCP_SYN_SENT && !(segment->flags & SL_TCP_SYN))
		return;
	check_ack(tap, place, tcp, segment);
	if (segment->payload_bytes > 0) {
		check_length(place, tcp, segment);
		check_payload(tap, place, tcp, segment, may_change);
	}
	if (segment->flags & SL_TCP_FIN)
		check_fin(tap, place, segment);
}

void sl_sim_tap_free(struct sl_sim_tap *tap)
{
	free(tap->ring);
	*tap = (struct sl_sim_tap){ 0 };
}
