/* SPDX-License-Identifier: BSD-2-Clause */
#include "bbr_story.h"

#include "base/minmax.h"

void bbr_begin(struct bbr_story *story)
{
	*story = (struct bbr_story){ .now_ns = 1000 * SL_NS_PER_S };
	story->cc = (struct sl_cc){ .mss_bytes = BBR_MSS, .algorithm = SL_CONGESTION_BBR };
	sl_cc_ops(&story->cc)->init(&story->cc, story->now_ns);
}

void bbr_acked(struct bbr_story *story, struct bbr_ack is)
{
	uint64_t before_bytes = story->delivered_bytes, rate = is.rate ? is.rate : BBR_RATE;
	uint32_t flight_bytes = is.flight ? is.flight : BBR_BDP;
	struct sl_cc_ack ack = {
		.rtt_ns = (is.rtt_ms ? is.rtt_ms : 100) * SL_NS_PER_MS,
		.srtt_ns = 100 * SL_NS_PER_MS,
		.min_rtt_ns = 100 * SL_NS_PER_MS,
		.delivered_bytes = is.newly ? is.newly : BBR_MSS,
		.flight_bytes = flight_bytes,
		.cwnd_limited = true,
		.in_recovery = story->cc.bbr.in_recovery,
	};

	story->now_ns += (is.after_ms ? is.after_ms : 100) * SL_NS_PER_MS;
	story->delivered_bytes += ack.delivered_bytes;
	ack.now_ns = story->now_ns;
	ack.delivered_total_bytes = story->delivered_bytes;
	if (is.rtt_ms == UINT32_MAX)
		ack.rtt_ns = 0;
	if (rate != UINT64_MAX)
		ack.rate = (struct sl_cc_rate){
			.interval_ns = 100 * SL_NS_PER_MS,
			.prior_delivered_bytes = is.same_round ? 0 : before_bytes,
			.delivered_bytes = (uint32_t)(rate / 10),
			.lost_bytes = is.lost,
			.tx_in_flight_bytes = is.sent_at ? is.sent_at : flight_bytes,
			.app_limited = is.app_limited,
		};
	sl_cc_ops(&story->cc)->acked(&story->cc, &ack);
}

void bbr_lose(struct bbr_story *story, uint32_t tx_in_flight_bytes, uint32_t since_bytes)
{
	sl_cc_ops(&story->cc)
	    ->held_lost(&story->cc, &(struct sl_cc_loss){ .now_ns = story->now_ns,
							  .lost_bytes = BBR_MSS,
							  .lost_since_bytes = since_bytes,
							  .tx_in_flight_bytes = tx_in_flight_bytes,
							  .range_bytes = BBR_MSS });
	if (!story->cc.bbr.in_recovery)
		sl_cc_ops(&story->cc)->lost(&story->cc, SL_CC_LOSS, 0, story->now_ns);
}

void bbr_lose_one(struct bbr_story *story)
{
	bbr_lose(story, BBR_BDP, BBR_MSS);
}

void bbr_cruise(struct bbr_story *story)
{
	bbr_begin(story);
	for (int i = 0; i < 10 && story->cc.bbr.state != SL_BBR_CRUISE; i++)
		bbr_ack(story, .newly = 20 * BBR_MSS);
	ck_assert_uint_eq(story->cc.bbr.state, SL_BBR_CRUISE);
	bbr_ack(story, .newly = 200 * BBR_MSS); /* the window has grown, too */
	bbr_ack(story, 0);
	ck_assert_uint_eq(story->cc.bbr.state, SL_BBR_CRUISE);
}

void bbr_up(struct bbr_story *story)
{
	bbr_cruise(story);
	bbr_ack(story, .after_ms = 3000);
	ck_assert_uint_eq(story->cc.bbr.state, SL_BBR_REFILL);
	bbr_ack(story, 0);
	ck_assert_uint_eq(story->cc.bbr.state, SL_BBR_UP);
}
