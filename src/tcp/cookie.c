/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SYN cookies (RFC 4987, 3.6; Bernstein, 1996). A flood of SYNs from addresses that never answer
 * fills the backlog, and who is honest finds no place in it. So above a threshold a SYN leaves
 * nothing behind: all that must be known of it goes out in the SYN-ACK, and comes back in the ACK
 * that completes the handshake. From that the SYN is made up again, as if it had just come.
 *
 *      ISN  │ keyed hash of four-tuple, peer's ISN, period and the rest │ MSS │ period │
 *            31                                                        4     1        0
 *      TSval│ our timestamp clock, rounded down            │ ECN │ SACK │ scale  │
 *            31                                           6     5      4 3      0
 *
 * The period is a counter of 64 s, of which its lowest bit tells the current one from the one
 * before: a cookie is good for 64 to 128 s. The MSS becomes the next smaller one of eight. Who does
 * not see our packets has to guess 28 bits, within two periods after a cookie was really sent: at
 * any other time none is believed. The hash has a key of its own.
 *
 * Our timestamp comes back in the peer's, and RFC 7323 (5.4) wants no more of a timestamp clock
 * than that it never goes back and ticks at a certain pace: so its low bits carry the options that
 * find no room in the ISN. It is the latest value not after the clock that has the bits wanted,
 * less than 64 ms old. What the connection sends later is read off the clock itself, with the same
 * offset, and is never less: the peer's PAWS has nothing to object to. An echo that is no such
 * value of the last two periods is no cookie.
 *
 * What it costs: without timestamps the connection has no SACK, no window scaling and no ECN,
 * none of which is offered then; the round trip of the handshake is not measured, because a
 * timestamp off by up to 64 ms measures nothing; a SYN-ACK that gets lost is not sent again before
 * the peer asks again; and of a peer whose last ACK got lost and whose first data came out of order
 * nothing is known: it is reset.
 */
#include "base/bug.h"
#include "tcp/stack.h"

enum {
	PERIOD_BITS = 1,
	MSS_BITS = 3,
	DATA_BITS = PERIOD_BITS + MSS_BITS,

	SCALE_MASK = 0xf,
	SCALE_NONE = 0xf, /* the largest scale is 14 */
	SACK_BIT = 0x10,
	ECN_BIT = 0x20,
	OPTIONS_MASK = 0x3f,
};

/* The largest that is not above the peer's is taken; what peers say most often stands here, and the
 * two defaults of SYNs that say nothing. */
static const uint16_t mss_table[1 << MSS_BITS] = { SL_TCP_MSS_MIN,
						   SL_TCP_MSS_DEFAULT_IPV4,
						   SL_TCP_MSS_DEFAULT_IPV6,
						   1300,
						   1360,
						   1400,
						   1440,
						   1460 };

/* SipHash is a PRF, so what it makes of the ISNs' key tells nothing of it, nor the other way. */
void sl_tcp_cookie_init(struct sl_tcp *tcp)
{
	static const char labels[2][8] = { "cookie 0", "cookie 1" };

	for (int half = 0; half < 2; half++)
		tcp->cookie_key.k[half] =
		    sl_hash(&tcp->isn_key, labels[half], sizeof(labels[half]));
}

static uint64_t period_of(const struct sl_tcp *tcp)
{
	return tcp->now_ns / SL_TCP_COOKIE_PERIOD_NS;
}

/* What the cookie of a SYN is, which came with or without timestamps, in a period. */
static uint32_t make(const struct sl_tcp *tcp, const struct sl_segment *syn, uint64_t period,
		     uint32_t mss_idx)
{
	struct {
		struct sl_address local, peer;
		uint16_t local_port, peer_port;
		uint32_t peer_isn;
		uint64_t rest;
	} known = { .local = syn->dst,
		    .peer = syn->src,
		    .local_port = syn->dst_port,
		    .peer_port = syn->src_port,
		    .peer_isn = syn->seq,
		    .rest = period << DATA_BITS | mss_idx << 1 | syn->has_timestamps };
	uint32_t hash, data = mss_idx << PERIOD_BITS | (uint32_t)(period & 1);

	_Static_assert(sizeof(known) == 48, "no padding is hashed");
	hash = (uint32_t)sl_hash(&tcp->cookie_key, &known, sizeof(known));
	return hash << DATA_BITS | data;
}

/* ---- Out ----------------------------------------------------------------------------- */

static uint32_t mss_idx_of(const struct sl_segment *syn)
{
	uint16_t mss = sl_tcp_peer_mss(syn);
	uint32_t idx = (1 << MSS_BITS) - 1;

	while (idx && mss_table[idx] > mss)
		idx--;
	return idx;
}

static uint32_t options_of(const struct sl_segment *syn, bool ecn)
{
	uint32_t scale = syn->has_window_scale ? syn->window_scale : SCALE_NONE;

	return scale | (syn->sack_permitted ? SACK_BIT : 0) | (ecn ? ECN_BIT : 0);
}

static uint32_t timestamp_with(uint32_t clock, uint32_t options)
{
	uint32_t value = (clock & ~(uint32_t)OPTIONS_MASK) | options;

	return (int32_t)(value - clock) > 0 ? value - (OPTIONS_MASK + 1) : value;
}

void sl_tcp_cookie_send(struct sl_tcp *tcp, const struct sl_segment *syn, uint32_t listener_idx)
{
	struct sl_cc cc = { .algorithm = tcp->listeners[listener_idx].congestion };
	bool remembers = syn->has_timestamps, ecn = remembers && sl_tcp_ecn_agreed(&cc, syn);
	struct sl_route route;
	struct sl_header header;

	sl_route_reverse(&route, syn);
	header = (struct sl_header){
		.seq = make(tcp, syn, period_of(tcp), mss_idx_of(syn)),
		.ack = syn->seq + 1,
		.window = (uint16_t)tcp->receive_window_bytes,
		.flags = SL_TCP_SYN | SL_TCP_ACK | (ecn ? SL_TCP_ECE : 0),
		.mss = sl_tcp_offered_mss(tcp, &route, listener_idx),
		.window_scale = remembers && syn->has_window_scale ? 0 : -1,
		.sack_permitted = remembers && syn->sack_permitted,
		.timestamps = remembers,
	};
	if (remembers) {
		uint32_t clock = sl_tcp_ts_value(tcp->now_ns, sl_tcp_ts_offset(tcp, &route));

		header.ts_value = timestamp_with(clock, options_of(syn, ecn));
		header.ts_echo = syn->ts_value;
	}
	if (!sl_tcp_reply(tcp, &route, &header))
		return;
	tcp->cookie_until_ns = tcp->now_ns + 2 * SL_TCP_COOKIE_PERIOD_NS;
	tcp->counters.cookies_sent++;
}

/* ---- And back ------------------------------------------------------------------------ */

/* The options of the SYN, from the echo of what we sent with them. */
static bool recall_options(const struct sl_tcp *tcp, struct sl_segment *syn)
{
	uint32_t clock, age_ms, options = syn->ts_echo & OPTIONS_MASK;
	struct sl_route route;

	sl_route_reverse(&route, syn);
	clock = sl_tcp_ts_value(tcp->now_ns, sl_tcp_ts_offset(tcp, &route));
	age_ms = clock - syn->ts_echo;
	if (age_ms > 2 * SL_TCP_COOKIE_PERIOD_NS / SL_NS_PER_MS)
		return false;
	syn->sack_permitted = options & SACK_BIT;
	syn->has_window_scale = (options & SCALE_MASK) != SCALE_NONE;
	syn->window_scale = options & SCALE_MASK;
	if (options & ECN_BIT)
		syn->flags |= SL_TCP_ECE | SL_TCP_CWR;
	return true;
}

static bool recall(const struct sl_tcp *tcp, const struct sl_segment *ack, struct sl_segment *syn)
{
	uint32_t cookie = ack->ack - 1, mss_idx = cookie >> PERIOD_BITS & ((1 << MSS_BITS) - 1);
	uint64_t period = period_of(tcp);

	if ((cookie ^ period) & 1)
		period--;
	*syn = (struct sl_segment){
		.link = ack->link,
		.link_bytes = ack->link_bytes,
		.ipv6 = ack->ipv6,
		.src = ack->src,
		.dst = ack->dst,
		.src_port = ack->src_port,
		.dst_port = ack->dst_port,
		.seq = ack->seq - 1,
		.window = ack->window,
		.flags = SL_TCP_SYN,
		.has_mss = true,
		.mss = mss_table[mss_idx],
		.has_timestamps = ack->has_timestamps,
		.ts_value = ack->ts_value,
		.ts_echo = ack->ts_echo,
	};
	if (make(tcp, syn, period, mss_idx) != cookie)
		return false;
	return !syn->has_timestamps || recall_options(tcp, syn);
}

bool sl_tcp_cookie_recall(struct sl_tcp *tcp, const struct sl_segment *ack, struct sl_segment *syn)
{
	if (tcp->now_ns >= tcp->cookie_until_ns)
		return false; /* no good one can be about */
	if ((ack->flags & (SL_TCP_SYN | SL_TCP_ACK | SL_TCP_RST)) != SL_TCP_ACK)
		return false;
	if (recall(tcp, ack, syn))
		return true;
	tcp->counters.cookies_failed++;
	return false;
}
