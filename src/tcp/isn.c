/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Initial sequence numbers (RFC 6528): ISN = M + F(four-tuple, secret), where M ticks every 4 us.
 * A stranger cannot guess them, as each four-tuple has a number space of its own, and yet they grow
 * for each four-tuple, so that old duplicates stay old. F is SipHash.
 *
 * Timestamps get an offset in the same way (RFC 7323, 5.4): they too grow for each four-tuple and
 * tell nobody how long the machine is up.
 */
#include "tcp/stack.h"

enum { ISN_TICK_NS = 4000 };

static uint64_t secret_of(const struct sl_tcp *tcp, const struct sl_route *route)
{
	return sl_tcp_table_hash(&tcp->isn_key, &route->local, route->local_port, &route->peer,
				 route->peer_port);
}

uint32_t sl_tcp_isn(const struct sl_tcp *tcp, const struct sl_route *route)
{
	return (uint32_t)(tcp->now_ns / ISN_TICK_NS) + (uint32_t)secret_of(tcp, route);
}

uint32_t sl_tcp_ts_offset(const struct sl_tcp *tcp, const struct sl_route *route)
{
	return (uint32_t)(secret_of(tcp, route) >> 32);
}
