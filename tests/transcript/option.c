/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "base/clock.h"
#include "sockets.h"

enum { SEND_MAX_BYTES = 1 << 30, MSS_LEAST_BYTES = 536, MSS_MOST_BYTES = 9000 };

/* As getsockopt does: cut to *room_bytes, which becomes what was written. */
static int put_value(void *value, socklen_t *room_bytes, const void *from, size_t bytes)
{
	if (*room_bytes > bytes)
		*room_bytes = (socklen_t)bytes;
	memcpy(value, from, *room_bytes);
	return 0;
}

static int put_int(void *value, socklen_t *room_bytes, int from)
{
	return put_value(value, room_bytes, &from, sizeof(from));
}

/* ---- Looking in ---------------------------------------------------------------------- */

static const char *state_name(enum sl_tcp_state state)
{
	switch (state) {
	case SL_TCP_SYN_SENT:
		return "SYN-SENT";
	case SL_TCP_SYN_RECEIVED:
		return "SYN-RECEIVED";
	case SL_TCP_ESTABLISHED:
		return "ESTABLISHED";
	case SL_TCP_FIN_WAIT_1:
		return "FIN-WAIT-1";
	case SL_TCP_FIN_WAIT_2:
		return "FIN-WAIT-2";
	case SL_TCP_CLOSE_WAIT:
		return "CLOSE-WAIT";
	case SL_TCP_CLOSING:
		return "CLOSING";
	case SL_TCP_LAST_ACK:
		return "LAST-ACK";
	case SL_TCP_TIME_WAIT: /* never seen through a connection */
	case SL_TCP_CLOSED:
		break;
	}
	return "CLOSED";
}

static void fill_live(struct sl_test_stack *stack, const struct sl_socket *socket,
		      struct sl_test_info *info)
{
	struct sl_tcp_info tcp;

	sl_tcp_info(stack->tcp, socket->conn, &tcp);
	info->state = state_name(tcp.state);
	info->mss_bytes = tcp.mss_bytes;
	info->cwnd_bytes = tcp.cwnd_bytes;
	info->ssthresh_bytes = tcp.ssthresh_bytes;
	info->peer_window_bytes = tcp.peer_window_bytes;
	info->in_flight_bytes = tcp.in_flight_bytes;
	info->unsent_bytes = sl_stream_unsent_bytes(stack, socket);
	info->unacked_bytes = (uint32_t)socket->out.cnt - info->unsent_bytes;
	info->srtt_ns = tcp.srtt_ns;
	info->rttvar_ns = tcp.rttvar_ns;
	info->rto_ns = tcp.rto_ns;
	info->pacing_rate = tcp.pacing_rate;
	info->min_rtt_ns = tcp.min_rtt_ns;
	info->delivery_rate = tcp.delivery_rate;
	info->lost_bytes = tcp.lost_bytes;
	info->sent_bytes = tcp.sent_bytes;
	info->resent_bytes = tcp.resent_bytes;
	info->rto_cnt = tcp.rto_cnt;
}

int sl_test_info(struct sl_test_stack *stack, int fd, struct sl_test_info *info)
{
	const struct sl_socket *socket = sl_socket_of(stack, fd);

	if (!socket)
		return -EBADF;
	if (socket->kind != SL_SOCKET_STREAM)
		return -ENOTCONN;
	*info = (struct sl_test_info){ .state = state_name(SL_TCP_CLOSED) };
	info->unread_bytes = (uint32_t)socket->in.cnt;
	if (socket->alive)
		fill_live(stack, socket, info);
	return 0;
}

void sl_test_counters(const struct sl_test_stack *stack, struct sl_test_counters *counters)
{
	const struct sl_tcp_counters *tcp = sl_tcp_counters(stack->tcp);

	*counters = (struct sl_test_counters){
		.segments_in = tcp->segments_in,
		.bad_in = stack->bad_in,
		.no_connection_in = tcp->no_connection,
		.out_of_window_in = tcp->out_of_window_in,
		.out_of_order_in = tcp->out_of_order_in,
		.dup_acks_in = tcp->dup_acks_in,
		.segments_out = tcp->data_segments_out + tcp->control_out,
		.resent_segments_out = tcp->resent_segments,
		.resets_out = tcp->reset_sent,
		.recoveries = tcp->recoveries,
		.rtos = tcp->rtos,
		.timed_out = tcp->timed_out,
		.stalled = tcp->stalled,
		.backlog_full = tcp->backlog_full,
		.table_full = tcp->table_full,
		.open_cnt = tcp->open_cnt,
		.embryonic_cnt = tcp->syn_received_cnt,
		.time_wait_cnt = tcp->time_wait_cnt,
	};
}

/* ---- Linux's tcp_info ---------------------------------------------------------------- */

static uint8_t state_number(const char *state)
{
	static const struct {
		const char *name;
		uint8_t number;
	} numbers[] = {
		{ "ESTABLISHED", TCP_ESTABLISHED }, { "SYN-SENT", TCP_SYN_SENT },
		{ "SYN-RECEIVED", TCP_SYN_RECV },   { "FIN-WAIT-1", TCP_FIN_WAIT1 },
		{ "FIN-WAIT-2", TCP_FIN_WAIT2 },    { "CLOSE-WAIT", TCP_CLOSE_WAIT },
		{ "LAST-ACK", TCP_LAST_ACK },       { "CLOSING", TCP_CLOSING },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (strcmp(numbers[i].name, state) == 0)
			return numbers[i].number;
	}
	return TCP_CLOSE;
}

static int get_tcp_info(struct sl_test_stack *stack, int fd, void *value, socklen_t *room_bytes)
{
	struct sl_test_info info;
	struct tcp_info linux_info = { 0 };
	uint32_t mss_bytes;
	int error = sl_test_info(stack, fd, &info);

	if (error)
		return error;
	mss_bytes = info.mss_bytes ? info.mss_bytes : 1;
	linux_info.tcpi_state = state_number(info.state);
	linux_info.tcpi_rto = (uint32_t)(info.rto_ns / SL_NS_PER_US);
	linux_info.tcpi_snd_mss = info.mss_bytes;
	linux_info.tcpi_unacked = (info.unacked_bytes + mss_bytes - 1) / mss_bytes;
	linux_info.tcpi_rtt = (uint32_t)(info.srtt_ns / SL_NS_PER_US);
	linux_info.tcpi_rttvar = (uint32_t)(info.rttvar_ns / SL_NS_PER_US);
	linux_info.tcpi_snd_ssthresh = info.ssthresh_bytes / mss_bytes;
	linux_info.tcpi_snd_cwnd = info.cwnd_bytes / mss_bytes;
	linux_info.tcpi_total_retrans = (uint32_t)((info.resent_bytes + mss_bytes - 1) / mss_bytes);
	return put_value(value, room_bytes, &linux_info, sizeof(linux_info));
}

/* ---- Getting ------------------------------------------------------------------------- */

static int get_socket_option(struct sl_test_stack *stack, struct sl_socket *socket, int name,
			     void *value, socklen_t *room_bytes)
{
	const struct linger linger = { .l_onoff = socket->linger_reset };

	switch (name) {
	case SO_ERROR:
		return put_int(value, room_bytes, -sl_socket_take_error(socket));
	case SO_LINGER:
		return put_value(value, room_bytes, &linger, sizeof(linger));
	case SO_SNDBUF:
		return put_int(value, room_bytes, (int)socket->out_max_bytes);
	case SO_RCVBUF:
		return put_int(value, room_bytes, (int)socket->in_max_bytes);
	case SO_REUSEADDR:
		return put_int(value, room_bytes, 1);
	case SO_KEEPALIVE:
		return put_int(value, room_bytes, stack->config.keepalive_ns != 0);
	default:
		return -ENOPROTOOPT;
	}
}

int sl_test_getsockopt(struct sl_test_stack *stack, int fd, int level, int name, void *value,
		       socklen_t *value_bytes)
{
	struct sl_socket *socket = sl_socket_of(stack, fd);
	struct sl_test_info info = { 0 };
	const char *congestion;

	if (!socket)
		return -EBADF;
	if (level == SOL_SOCKET)
		return get_socket_option(stack, socket, name, value, value_bytes);
	if (level != IPPROTO_TCP)
		return -ENOPROTOOPT;
	switch (name) {
	case TCP_NODELAY:
		return put_int(value, value_bytes, 1);
	case TCP_MAXSEG:
		sl_test_info(stack, fd, &info);
		return put_int(value, value_bytes, (int)info.mss_bytes);
	case TCP_CONGESTION:
		congestion = sl_congestion_name(socket->congestion);
		return put_value(value, value_bytes, congestion, strlen(congestion) + 1);
	case TCP_INFO:
		return get_tcp_info(stack, fd, value, value_bytes);
	default:
		return -ENOPROTOOPT;
	}
}

/* ---- Setting ------------------------------------------------------------------------- */

static int set_linger(struct sl_socket *socket, const void *value, socklen_t value_bytes)
{
	struct linger linger;

	if (value_bytes < sizeof(linger))
		return -EINVAL;
	memcpy(&linger, value, sizeof(linger));
	socket->linger_reset = linger.l_onoff && linger.l_linger == 0;
	return 0;
}

static int set_buffer(uint32_t *bytes, int to_bytes, uint32_t most_bytes)
{
	if (to_bytes < 1 || (uint32_t)to_bytes > most_bytes)
		return -EINVAL;
	*bytes = (uint32_t)to_bytes;
	return 0;
}

static int set_congestion(struct sl_socket *socket, const char *value, socklen_t value_bytes)
{
	for (int i = 0; i < SL_CONGESTIONS; i++) {
		const char *name = sl_congestion_name((enum sl_congestion)i);

		if (strlen(name) != strnlen(value, value_bytes) ||
		    memcmp(name, value, strlen(name)) != 0)
			continue;
		if (socket->kind != SL_SOCKET_FRESH)
			return -EINVAL;
		socket->congestion = (enum sl_congestion)i;
		return 0;
	}
	return -ENOENT;
}

static int set_mss(struct sl_socket *socket, int mss_bytes)
{
	if (socket->kind != SL_SOCKET_FRESH || mss_bytes < MSS_LEAST_BYTES ||
	    mss_bytes > MSS_MOST_BYTES)
		return -EINVAL;
	socket->local.mss_clamp = (uint16_t)mss_bytes;
	return 0;
}

int sl_test_setsockopt(struct sl_test_stack *stack, int fd, int level, int name, const void *value,
		       socklen_t value_bytes)
{
	struct sl_socket *socket = sl_socket_of(stack, fd);
	int number;

	if (!socket)
		return -EBADF;
	if (level == SOL_SOCKET && name == SO_LINGER)
		return set_linger(socket, value, value_bytes);
	if (level == IPPROTO_TCP && name == TCP_CONGESTION)
		return set_congestion(socket, value, value_bytes);
	if (value_bytes < sizeof(number))
		return -EINVAL;
	memcpy(&number, value, sizeof(number));
	if (level == SOL_SOCKET && name == SO_REUSEADDR)
		return 0;
	if (level == SOL_SOCKET && name == SO_SNDBUF)
		return set_buffer(&socket->out_max_bytes, number, SEND_MAX_BYTES);
	if (level == SOL_SOCKET && name == SO_RCVBUF)
		return set_buffer(&socket->in_max_bytes, number, stack->config.receive_bytes);
	if (level == IPPROTO_TCP && name == TCP_NODELAY)
		return number ? 0 : -EINVAL;
	if (level == IPPROTO_TCP && name == TCP_MAXSEG)
		return set_mss(socket, number);
	return -ENOPROTOOPT;
}
