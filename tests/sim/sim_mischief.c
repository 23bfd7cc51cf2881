/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_mischief.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/minmax.h"
#include "base/seq.h"
#include "sim_link.h"
#include "sim_random.h"

enum { OPTIMIST_IN = 4, LIAR_IN = 3, DIVIDER_PIECES = 10, BEYOND_MAX_BYTES = 100000 };

static void send(struct sl_sim_tcp *tcp, uint64_t ack_seq, struct sl_header *header)
{
	uint8_t buffer[SL_FRAME_HEADROOM_BYTES], *end = buffer + sizeof(buffer);
	uint32_t scale = tcp->config.window_scale > 0 ? (uint32_t)tcp->config.window_scale : 0;
	uint32_t header_bytes;

	header->seq = sl_seq_wire(tcp->snd_nxt_seq);
	header->ack = sl_seq_wire(ack_seq);
	header->window = (uint16_t)min_u64(UINT16_MAX, tcp->config.window_bytes >> scale);
	header->flags = SL_TCP_ACK;
	header->window_scale = -1;
	header->timestamps = tcp->use_timestamps;
	header->ts_value = sl_sim_tcp_ts_value(tcp);
	header->ts_echo = tcp->ts_recent;
	header_bytes = sl_header_write(&tcp->route, header, end, 0);
	sl_sim_link_put(tcp->to_peer, end - header_bytes, header_bytes);
	tcp->edge_seq = max_u64(tcp->edge_seq, ack_seq + ((uint64_t)header->window << scale));
}

/* Of what has left the worker and did not arrive yet, or of what never left. The former it believes
 * itself: there is no gap it would want filled. */
static void optimist(struct sl_sim_tcp *tcp, const struct sl_sim_tap *tap, uint64_t *dice)
{
	struct sl_header header = { 0 };
	uint64_t ack_seq = tap->high_seq;

	if (sl_sim_dice_below(dice, OPTIMIST_IN) != 0)
		return;
	if (sl_sim_dice_below(dice, 2) == 0)
		ack_seq += 1 + sl_sim_dice_below(dice, BEYOND_MAX_BYTES);
	else if (ack_seq > tcp->rcv_nxt_seq && !tap->fin_seq) {
		tcp->rcv_nxt_seq = ack_seq;
		tcp->range_cnt = 0;
	}
	send(tcp, ack_seq, &header);
}

static void divider(struct sl_sim_tcp *tcp)
{
	for (uint64_t i = DIVIDER_PIECES; i > 0; i--) {
		struct sl_header header = { 0 };

		send(tcp, tcp->rcv_nxt_seq - i, &header);
	}
}

static void liar(struct sl_sim_tcp *tcp, const struct sl_sim_tap *tap, uint64_t *dice)
{
	uint64_t span_bytes = tap->high_seq - tcp->rcv_nxt_seq + 4000;
	struct sl_header header = { 0 };

	if (!tcp->use_sack || sl_sim_dice_below(dice, LIAR_IN) != 0)
		return;
	header.sack_cnt = (uint8_t)(1 + sl_sim_dice_below(dice, 3));
	for (uint32_t i = 0; i < header.sack_cnt; i++) {
		uint64_t start_seq = tcp->rcv_nxt_seq - 2000 + sl_sim_dice_below(dice, span_bytes);

		header.sack[i].start_seq = sl_seq_wire(start_seq);
		header.sack[i].end_seq =
		    sl_seq_wire(start_seq + sl_sim_dice_below(dice, 6000) - 1000);
	}
	send(tcp, tcp->rcv_nxt_seq, &header);
}

void sl_sim_mischief(enum sl_sim_mischief mischief, struct sl_sim_tcp *tcp,
		     const struct sl_sim_tap *tap, uint64_t *dice)
{
	if (mischief == SL_SIM_HONEST || tcp->state != SL_SIM_TCP_OPEN || !tap->open)
		return;
	if (mischief == SL_SIM_OPTIMIST)
		optimist(tcp, tap, dice);
	else if (mischief == SL_SIM_DIVIDER)
		divider(tcp);
	else
		liar(tcp, tap, dice);
}
