/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Payload out of order (RFC 9293, 3.4 and 3.10.7.4), and what we tell the peer about it.
 *
 * Requests are small: a hello with a post-quantum key share has two segments, a request with many
 * cookies six. When the first is lost the others are kept here, so that only what was lost is sent
 * again. Whoever finds no hold free, or has more gaps or more bytes than fit, loses what comes
 * early, as if the network had dropped it; TCP is made for that.
 *
 * SACK (RFC 2018, section 4): the block with the latest segment goes first, the others follow in
 * the order in which they were reported last, so each is reported several times, lest one lost ACK
 * take the news along. That is the order in which runs lie here: a segment joins the runs it
 * touches and the result goes to the front. RFC 2018 lets a receiver drop what it has SACKed; we
 * never do: only what is kept is reported, and what is kept leaves with the connection at the
 * earliest.
 *
 * D-SACK (RFC 2883): what came twice is reported once, as the first block of the ACK it causes, so
 * that the peer can see which of its retransmissions were for nothing. If it lies in a run, this
 * run is the next block, because it went to the front. Of a segment with several duplicate parts
 * only the first is reported, and of two duplicates between two ACKs the last one, unless they
 * adjoin.
 *
 * A FIN is kept, but never SACKed: that would be a number for which we hold no byte.
 */
#include "tcp/hold.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "base/minmax.h"
#include "base/mutant.h"
#include "base/seq.h"
#include "tcp/stack.h"

/* Of the option's 40 bytes, beside timestamps or alone. */
enum { BLOCKS_MAX = SL_SACK_BLOCKS_MAX, BLOCKS_MAX_WITH_TIMESTAMPS = 3 };

_Static_assert((SL_TCP_HOLD_BYTES & (SL_TCP_HOLD_BYTES - 1)) == 0, "numbers wrap in step with it");

int sl_tcp_holds_init(struct sl_tcp_holds *holds, uint32_t entries_max)
{
	int error = sl_pool_init(&holds->pool, entries_max);

	if (error)
		return error;
	holds->entries = sl_alloc(entries_max, sizeof(*holds->entries));
	if (!holds->entries) {
		sl_pool_fini(&holds->pool);
		return -ENOMEM;
	}
	return 0;
}

void sl_tcp_holds_fini(struct sl_tcp_holds *holds)
{
	if (!holds->entries)
		return;
	sl_free(holds->entries);
	holds->entries = NULL;
	sl_pool_fini(&holds->pool);
}

static struct sl_tcp_hold *hold_of(const struct sl_tcp *tcp, const struct sl_tcb *tcb)
{
	return tcb->hold_no ? &tcp->holds.entries[tcb->hold_no - 1] : NULL;
}

/* ---- In ------------------------------------------------------------------------------ */

static struct sl_tcp_hold *take(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	struct sl_tcp_hold *hold = hold_of(tcp, tcb);
	uint32_t idx;

	if (hold || !sl_pool_take(&tcp->holds.pool, &idx))
		return hold;
	tcb->hold_no = idx + 1;
	hold = &tcp->holds.entries[idx];
	hold->run_cnt = 0;
	hold->fin = false;
	return hold;
}

static void give_if_empty(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	const struct sl_tcp_hold *hold = hold_of(tcp, tcb);

	if (hold->run_cnt == 0 && !hold->fin)
		sl_tcp_hold_drop(tcp, tcb);
}

/* False if there would be too many. */
static bool join(struct sl_tcp_hold *hold, struct sl_tcp_run run)
{
	struct sl_tcp_run apart[SL_TCP_HOLD_RUNS];
	uint32_t apart_cnt = 0;

	for (uint32_t i = 0; i < hold->run_cnt; i++) {
		const struct sl_tcp_run *other = &hold->runs[i];

		if (other->end_seq < run.start_seq || run.end_seq < other->start_seq) {
			apart[apart_cnt++] = *other;
			continue;
		}
		run.start_seq = min_u64(run.start_seq, other->start_seq);
		run.end_seq = max_u64(run.end_seq, other->end_seq);
	}
	if (apart_cnt == SL_TCP_HOLD_RUNS)
		return false;
	hold->runs[0] = run;
	memcpy(&hold->runs[1], apart, apart_cnt * sizeof(*apart));
	hold->run_cnt = apart_cnt + 1;
	return true;
}

static uint32_t place_of(uint64_t seq)
{
	return (uint32_t)seq & (SL_TCP_HOLD_BYTES - 1);
}

/* From there to where the buffer wraps, at most. */
static uint32_t straight_bytes(uint64_t start_seq, uint64_t end_seq)
{
	uint32_t before_wrap_bytes = SL_TCP_HOLD_BYTES - place_of(start_seq);

	return (uint32_t)min_u64(end_seq - start_seq, before_wrap_bytes);
}

static void copy(struct sl_tcp_hold *hold, const uint8_t *payload, uint64_t start_seq,
		 uint64_t end_seq)
{
	uint32_t first_bytes = straight_bytes(start_seq, end_seq);

	memcpy(hold->bytes + place_of(start_seq), payload, first_bytes);
	memcpy(hold->bytes, payload + first_bytes, end_seq - start_seq - first_bytes);
}

static bool keep(struct sl_tcp *tcp, struct sl_tcb *tcb, const uint8_t *payload, uint64_t start_seq,
		 uint64_t end_seq, bool fin)
{
	uint64_t reach_seq = tcb->rcv_nxt + SL_TCP_HOLD_BYTES;
	bool whole = end_seq <= reach_seq;
	struct sl_tcp_hold *hold;

	end_seq = min_u64(end_seq, reach_seq);
	if (start_seq > end_seq || !(hold = take(tcp, tcb)))
		return false;
	if (start_seq < end_seq) {
		if (!join(hold, (struct sl_tcp_run){ start_seq, end_seq }))
			return false;
		copy(hold, payload, start_seq, end_seq);
	}
	if (fin && whole) {
		hold->fin = true;
		hold->fin_seq = end_seq;
	}
	give_if_empty(tcp, tcb);
	return whole;
}

void sl_tcp_hold_put(struct sl_tcp *tcp, struct sl_tcb *tcb, const uint8_t *payload,
		     uint64_t start_seq, uint64_t end_seq, bool fin)
{
	BUG_ON_HOT(start_seq <= tcb->rcv_nxt);
	if (!keep(tcp, tcb, payload, start_seq, end_seq, fin))
		tcp->counters.out_of_order_dropped++;
}

/* ---- And out ------------------------------------------------------------------------- */

void sl_tcp_hold_drop(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	if (!tcb->hold_no)
		return;
	sl_pool_give(&tcp->holds.pool, tcb->hold_no - 1);
	tcb->hold_no = 0;
}

void sl_tcp_hold_pass(struct sl_tcp *tcp, struct sl_tcb *tcb)
{
	struct sl_tcp_hold *hold = hold_of(tcp, tcb);
	uint32_t left_cnt = 0;

	if (!hold)
		return;
	for (uint32_t i = 0; i < hold->run_cnt; i++) {
		struct sl_tcp_run run = hold->runs[i];

		run.start_seq = max_u64(run.start_seq, tcb->rcv_nxt);
		if (run.start_seq < run.end_seq)
			hold->runs[left_cnt++] = run;
	}
	hold->run_cnt = left_cnt;
	hold->fin = hold->fin && hold->fin_seq >= tcb->rcv_nxt;
	give_if_empty(tcp, tcb);
}

bool sl_tcp_hold_next(struct sl_tcp *tcp, struct sl_tcb *tcb, struct sl_tcp_verdict *verdict)
{
	const struct sl_tcp_hold *hold = hold_of(tcp, tcb);
	struct sl_tcp_run run;

	if (!hold)
		return false;
	if (!sl_tcp_hold_has(tcp, tcb, tcb->rcv_nxt, UINT64_MAX, &run) ||
	    run.start_seq > tcb->rcv_nxt) {
		if (hold->fin && hold->fin_seq == tcb->rcv_nxt)
			sl_tcp_fin_received(tcp, tcb);
		return false;
	}
	verdict->payload = hold->bytes + place_of(run.start_seq + SL_MUTANT(HELD_LATE));
	verdict->payload_bytes = straight_bytes(run.start_seq, run.end_seq);
	verdict->fin = hold->fin && hold->fin_seq == run.start_seq + verdict->payload_bytes;
	return true;
}

bool sl_tcp_hold_has(const struct sl_tcp *tcp, const struct sl_tcb *tcb, uint64_t start_seq,
		     uint64_t end_seq, struct sl_tcp_run *there)
{
	const struct sl_tcp_hold *hold = hold_of(tcp, tcb);

	*there = (struct sl_tcp_run){ UINT64_MAX, UINT64_MAX };
	for (uint32_t i = 0; hold && i < hold->run_cnt; i++) {
		uint64_t from_seq = max_u64(start_seq, hold->runs[i].start_seq);
		uint64_t to_seq = min_u64(end_seq, hold->runs[i].end_seq);

		if (from_seq < to_seq && from_seq < there->start_seq)
			*there = (struct sl_tcp_run){ from_seq, to_seq };
	}
	return there->start_seq != UINT64_MAX;
}

/* ---- What the peer is told ----------------------------------------------------------- */

static bool has_duplicate(const struct sl_tcb *tcb)
{
	return tcb->duplicate.start_seq != tcb->duplicate.end_seq;
}

void sl_tcp_hold_duplicate(struct sl_tcp *tcp, struct sl_tcb *tcb, uint64_t start_seq,
			   uint64_t end_seq)
{
	tcp->counters.duplicates_in++;
	if (!tcb->sack)
		return;
	if (!has_duplicate(tcb) || tcb->duplicate.end_seq != sl_seq_wire(start_seq))
		tcb->duplicate.start_seq = sl_seq_wire(start_seq);
	tcb->duplicate.end_seq = sl_seq_wire(end_seq);
}

void sl_tcp_hold_report(struct sl_tcp *tcp, struct sl_tcb *tcb, struct sl_header *header)
{
	uint8_t most = tcb->timestamps ? BLOCKS_MAX_WITH_TIMESTAMPS : BLOCKS_MAX;
	const struct sl_tcp_hold *hold = hold_of(tcp, tcb);

	if (!tcb->sack)
		return;
	if (has_duplicate(tcb)) {
		header->sack[header->sack_cnt++] = tcb->duplicate;
		tcb->duplicate = (struct sl_sack_block){ 0 };
	}
	for (uint32_t i = 0; hold && i < hold->run_cnt && header->sack_cnt < most; i++) {
		const struct sl_tcp_run *run = &hold->runs[i];

		/* What is here but not taken is not acknowledged, nor beyond a gap. */
		if (run->start_seq > tcb->rcv_nxt)
			header->sack[header->sack_cnt++] =
			    (struct sl_sack_block){ sl_seq_wire(run->start_seq),
						    sl_seq_wire(run->end_seq) };
	}
}

void sl_tcp_hold_check(const struct sl_tcp *tcp, const struct sl_tcb *tcb)
{
	const struct sl_tcp_hold *hold = hold_of(tcp, tcb);

	if (!hold)
		return;
	BUG_ON_HOT(hold->run_cnt > SL_TCP_HOLD_RUNS);
	BUG_ON_HOT(hold->run_cnt == 0 && !hold->fin);
	BUG_ON_HOT(hold->fin && hold->fin_seq < tcb->rcv_nxt);
	for (uint32_t i = 0; i < hold->run_cnt; i++) {
		const struct sl_tcp_run *run = &hold->runs[i];

		BUG_ON_HOT(run->start_seq >= run->end_seq);
		BUG_ON_HOT(run->start_seq < tcb->rcv_nxt);
		BUG_ON_HOT(run->end_seq > tcb->rcv_nxt + SL_TCP_HOLD_BYTES);
		for (uint32_t j = 0; j < i; j++)
			BUG_ON_HOT(run->start_seq <= hold->runs[j].end_seq &&
				   hold->runs[j].start_seq <= run->end_seq);
	}
}
