/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp/tcp.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "base/minmax.h"
#include "tcp/stack.h"

_Static_assert(sizeof(struct sl_tcb) + sizeof(struct sl_wheel_timer) + sizeof(struct sl_tcp_link) +
		       2 * sizeof(uint32_t) + sizeof(uint32_t) <=
		   SL_TCP_CONN_BYTES,
	       "control block, timer, link, two heads of chains at most, index in the pool");
_Static_assert(SL_TCP_SENT_ALL *(sizeof(struct sl_tcp_sent_range) + sizeof(uint32_t)) +
		       (sizeof(struct sl_tcp_hold) + sizeof(uint32_t)) / SL_TCP_HOLD_SHARE +
		       sizeof(struct sl_tcp_time_wait) + sizeof(struct sl_tcp_link) +
		       sizeof(uint32_t) <=
		   SL_TCP_POOLED_BYTES,
	       "ranges, a hold now and then, TIME-WAIT");

enum { IPV4_TCP_HEADER_BYTES = 20 + 20, IPV6_TCP_HEADER_BYTES = 40 + 20, HALF_SECRET_BYTES = 16 };

void sl_tcp_set_mtu(struct sl_tcp *tcp, uint32_t mtu_bytes)
{
	BUG_ON(mtu_bytes < SL_MTU_MIN);
	BUG_ON(mtu_bytes > SL_MTU_MAX);
	tcp->mss_ipv4 = (uint16_t)(mtu_bytes - IPV4_TCP_HEADER_BYTES);
	tcp->mss_ipv6 = (uint16_t)(mtu_bytes - IPV6_TCP_HEADER_BYTES);
}

static void configure(struct sl_tcp *tcp, const struct sl_tcp_config *config)
{
	tcp->conns_max = config->conns_max;
	tcp->backlog_max = config->backlog_max;
	tcp->receive_window_bytes = config->receive_window_bytes;
	tcp->keepalive_ns = config->keepalive_ns;
	tcp->stall_ns = config->stall_ns;
	sl_tcp_set_mtu(tcp, config->mtu_bytes);
	tcp->listener_cnt = config->listener_cnt;
	memcpy(tcp->listeners, config->listeners,
	       config->listener_cnt * sizeof(*config->listeners));
	memcpy(&tcp->isn_key, config->secret + HALF_SECRET_BYTES, sizeof(tcp->isn_key));
	sl_tcp_cookie_init(tcp);
	tcp->listening = true;
	tcp->unpaced = config->unpaced;
	tcp->ready = (struct sl_tcp_list){ SL_TCP_NONE, SL_TCP_NONE };
	tcp->due = tcp->ready;
}

static int allocate(struct sl_tcp *tcp, const struct sl_tcp_config *config, uint64_t now_ns)
{
	uint32_t waits_max = min_u32(config->conns_max, SL_TCP_TIME_WAITS_MAX);
	struct sl_hash_key table_key;
	int error;

	memcpy(&table_key, config->secret, sizeof(table_key));
	tcp->conns = sl_alloc(config->conns_max, sizeof(*tcp->conns));
	if (!tcp->conns)
		return -ENOMEM;
	error = sl_pool_init(&tcp->pool, config->conns_max);
	if (error)
		return error;
	error = sl_tcp_time_waits_init(&tcp->waits, waits_max);
	if (error)
		return error;
	error = sl_tcp_table_init(&tcp->table, config->conns_max + waits_max, &table_key);
	if (error)
		return error;
	error = sl_tcp_holds_init(&tcp->holds,
				  config->conns_max / SL_TCP_HOLD_SHARE + SL_TCP_HOLDS_MORE);
	if (error)
		return error;
	error = sl_tcp_sent_store_init(&tcp->store, config->conns_max);
	if (error)
		return error;
	return sl_wheel_init(&tcp->wheel, config->conns_max, now_ns);
}

int sl_tcp_init(struct sl_tcp **tcp, const struct sl_tcp_config *config, uint64_t now_ns)
{
	int error;

	BUG_ON(config->conns_max == 0);
	BUG_ON(config->conns_max > SL_CONNS_MAX);
	BUG_ON(config->listener_cnt > SL_LISTENERS_MAX);
	BUG_ON(config->receive_window_bytes > UINT16_MAX);
	*tcp = sl_alloc(1, sizeof(**tcp));
	if (!*tcp)
		return -ENOMEM;
	(*tcp)->now_ns = now_ns;
	error = allocate(*tcp, config, now_ns);
	if (error) {
		sl_tcp_fini(*tcp);
		*tcp = NULL;
		return error;
	}
	configure(*tcp, config);
	return 0;
}

/* Also of one that is only half allocated. */
void sl_tcp_fini(struct sl_tcp *tcp)
{
	if (!tcp)
		return;
	if (tcp->wheel.timers)
		sl_wheel_fini(&tcp->wheel);
	sl_tcp_sent_store_fini(&tcp->store);
	sl_tcp_table_fini(&tcp->table);
	sl_tcp_time_waits_fini(&tcp->waits);
	sl_tcp_holds_fini(&tcp->holds);
	if (tcp->pool.free_idx)
		sl_pool_fini(&tcp->pool);
	if (tcp->conns)
		sl_free(tcp->conns);
	sl_free(tcp);
}

void sl_tcp_stop_listening(struct sl_tcp *tcp)
{
	tcp->listening = false;
}

const struct sl_tcp_counters *sl_tcp_counters(const struct sl_tcp *tcp)
{
	return &tcp->counters;
}

uint32_t sl_tcp_listener(const struct sl_tcp *tcp, struct sl_tcp_conn conn)
{
	return tcp->conns[conn.idx].listener_idx;
}

void sl_tcp_check(const struct sl_tcp *tcp, const struct sl_tcb *tcb)
{
	if (tcb->state == SL_TCP_CLOSED)
		return;
	BUG_ON_HOT(tcb->snd_una > tcb->snd_nxt);
	BUG_ON_HOT(tcb->snd_nxt > tcb->snd_res);
	BUG_ON_HOT(tcb->rcv_nxt > tcb->rcv_edge_seq);
	BUG_ON_HOT(tcb->fin_sent && tcb->snd_nxt != tcb->snd_res);
	BUG_ON_HOT(tcb->fin_flying && tcb->fin_acked);
	BUG_ON_HOT(sl_tcp_outstanding(tcb) &&
		   tcb->timers_ns[SL_TCP_TIMER_RESEND] == SL_WHEEL_NEVER);
	BUG_ON_HOT((uint64_t)tcb->sent.bytes[SL_TCP_SENT] + tcb->sent.bytes[SL_TCP_SACKED] +
		       tcb->sent.bytes[SL_TCP_LOST] + tcb->sent.bytes[SL_TCP_MADE] !=
		   tcb->snd_nxt - tcb->snd_una);
	sl_tcp_hold_check(tcp, tcb);
}
