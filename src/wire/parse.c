/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bug.h"
#include "base/checksum.h"
#include "wire/format.h"
#include "wire/layers.h"
#include "wire/segment.h"

static inline void parse_sack(struct sl_segment *segment, const uint8_t *blocks, uint32_t cnt)
{
	/* Forty bytes of options hold no more; the bound is for the reader and the compiler. */
	BUG_ON_HOT(cnt > SL_SACK_BLOCKS_MAX);
	segment->sack_cnt = (uint8_t)cnt;
	for (uint32_t i = 0; i < cnt; i++, blocks += SL_OPTION_SACK_BLOCK_BYTES) {
		segment->sack[i].start_seq = sl_wire_get32(blocks);
		segment->sack[i].end_seq = sl_wire_get32(blocks + 4);
	}
}

/* One whole option of len_bytes. What is of another length than its RFC says is skipped, like what
 * is unknown (RFC 9293, MUST-6): ignoring an option is always safe. */
static inline void parse_option(struct sl_segment *segment, const uint8_t *option,
				uint32_t len_bytes)
{
	const uint8_t *value = option + 2;

	switch (option[0]) {
	case SL_OPTION_TIMESTAMPS:
		if (len_bytes != SL_OPTION_TIMESTAMPS_BYTES)
			return;
		segment->has_timestamps = true;
		segment->ts_value = sl_wire_get32(value);
		segment->ts_echo = sl_wire_get32(value + 4);
		return;
	case SL_OPTION_SACK:
		if ((len_bytes - 2) % SL_OPTION_SACK_BLOCK_BYTES != 0)
			return;
		parse_sack(segment, value, (len_bytes - 2) / SL_OPTION_SACK_BLOCK_BYTES);
		return;
	case SL_OPTION_MSS:
		if (len_bytes != SL_OPTION_MSS_BYTES)
			return;
		segment->has_mss = true;
		segment->mss = sl_wire_get16(value);
		return;
	case SL_OPTION_WINDOW_SCALE:
		if (len_bytes != SL_OPTION_WINDOW_SCALE_BYTES)
			return;
		segment->has_window_scale = true;
		segment->window_scale =
		    value[0] > SL_WINDOW_SCALE_MAX ? SL_WINDOW_SCALE_MAX : value[0];
		return;
	case SL_OPTION_SACK_PERMITTED:
		if (len_bytes == SL_OPTION_SACK_PERMITTED_BYTES)
			segment->sack_permitted = true;
		return;
	}
}

static enum sl_wire_verdict parse_options(struct sl_segment *segment, const uint8_t *at,
					  const uint8_t *end)
{
	while (at < end) {
		uint32_t len_bytes;

		if (*at == SL_OPTION_END)
			break;
		if (*at == SL_OPTION_NOP) {
			at++;
			continue;
		}
		if (unlikely(end - at < 2 || at[1] < 2 || at[1] > end - at))
			return SL_WIRE_BAD_OPTIONS;
		len_bytes = at[1];
		parse_option(segment, at, len_bytes);
		at += len_bytes;
	}
	return SL_WIRE_OK;
}

static inline enum sl_wire_verdict parse_tcp(struct sl_rest *rest, struct sl_segment *segment,
					     uint64_t sum)
{
	const uint8_t *tcp = rest->at;
	uint32_t header_bytes;

	/* The IP header's length is there in full, but it says less than a TCP header needs. */
	if (unlikely(rest->len_bytes < SL_TCP_MIN_BYTES))
		return SL_WIRE_BAD_HEADER;
	header_bytes = (tcp[12] >> 4) * 4u;
	if (unlikely(header_bytes < SL_TCP_MIN_BYTES || header_bytes > rest->len_bytes))
		return SL_WIRE_BAD_HEADER;
	sum += sl_wire_pseudo_sum(rest->len_bytes);
	if (unlikely(sl_checksum_fold(sl_checksum_add(sum, tcp, rest->len_bytes)) != 0))
		return SL_WIRE_BAD_CHECKSUM;

	segment->src_port = sl_wire_get16(tcp);
	segment->dst_port = sl_wire_get16(tcp + 2);
	segment->seq = sl_wire_get32(tcp + 4);
	segment->ack = sl_wire_get32(tcp + 8);
	segment->flags = tcp[13];
	segment->window = sl_wire_get16(tcp + 14);
	segment->payload = tcp + header_bytes;
	segment->payload_bytes = rest->len_bytes - header_bytes;
	segment->has_mss = segment->has_window_scale = segment->has_timestamps = false;
	segment->sack_permitted = false;
	segment->sack_cnt = 0;
	return parse_options(segment, tcp + SL_TCP_MIN_BYTES, tcp + header_bytes);
}

enum sl_wire_verdict sl_segment_parse(const uint8_t *packet, uint32_t len_bytes,
				      struct sl_segment *segment)
{
	struct sl_rest rest = { packet, len_bytes };
	enum sl_wire_verdict verdict;
	uint8_t protocol;
	uint64_t sum;

	verdict = sl_layers_parse(&rest, segment, &protocol, &sum);
	if (unlikely(verdict != SL_WIRE_OK))
		return verdict;
	if (unlikely(protocol != SL_PROTOCOL_TCP))
		return SL_WIRE_ICMP;
	return parse_tcp(&rest, segment, sum);
}
