/* SPDX-License-Identifier: BSD-2-Clause */
/* Each step reads what the step before has asked for. */
#include "base/prefetch.h"
#include "tcp/stack.h"

uint64_t sl_tcp_expect_hash(const struct sl_tcp *tcp, const struct sl_segment *segment)
{
	uint64_t hash = sl_tcp_table_hash(&tcp->table.key, &segment->dst, segment->dst_port,
					  &segment->src, segment->src_port);

	sl_prefetch(&tcp->table.heads[hash & tcp->table.chain_mask]);
	return hash;
}

void sl_tcp_expect_link(const struct sl_tcp *tcp, uint64_t hash)
{
	uint32_t idx = tcp->table.heads[hash & tcp->table.chain_mask];

	if (idx != SL_TCP_NONE)
		sl_prefetch(&tcp->table.links[idx]);
}

bool sl_tcp_expect_input(const struct sl_tcp *tcp, uint64_t hash, struct sl_tcp_conn *conn)
{
	conn->idx = sl_tcp_table_first(&tcp->table, hash);
	if (conn->idx >= tcp->conns_max)
		return false;
	sl_tcp_expect(tcp, *conn);
	return true;
}

void sl_tcp_expect(const struct sl_tcp *tcp, struct sl_tcp_conn conn)
{
	sl_prefetch_lines(&tcp->conns[conn.idx], sizeof(tcp->conns[conn.idx]));
	sl_prefetch(&tcp->wheel.timers[conn.idx]);
}

static void expect_range(const struct sl_tcp *tcp, uint32_t range_idx)
{
	if (range_idx != SL_TCP_NONE)
		sl_prefetch(&tcp->store.ranges[range_idx]);
}

void sl_tcp_expect_ack(const struct sl_tcp *tcp, struct sl_tcp_conn conn)
{
	expect_range(tcp, tcp->conns[conn.idx].sent.first_idx);
}

void sl_tcp_expect_send(const struct sl_tcp *tcp, struct sl_tcp_conn conn)
{
	expect_range(tcp, tcp->conns[conn.idx].sent.last_idx);
}

bool sl_tcp_ready_next(const struct sl_tcp *tcp, uint32_t skip_cnt, struct sl_tcp_conn *conn)
{
	conn->idx = tcp->ready.first_idx;
	while (skip_cnt-- > 0 && conn->idx != SL_TCP_NONE)
		conn->idx = tcp->conns[conn->idx].ready_next_idx;
	return conn->idx != SL_TCP_NONE;
}
