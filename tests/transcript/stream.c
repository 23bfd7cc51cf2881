/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection as a stream of bytes. The send buffer keeps what was written until it is acked and
 * is what lost ranges are made from again; the receive buffer takes what comes in order.
 *
 * A segment shorter than the largest leaves only if it ends what was written, or if nothing is in
 * flight that would bring a larger permission: the sender's half of silly window avoidance (RFC
 * 9293, 3.8.6.2.1). There is no Nagle's algorithm.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "base/minmax.h"
#include "sockets.h"

enum { SEND_BYTES = 4 << 20 };

struct sl_socket *sl_stream_new(const struct sl_test_stack *stack, int domain)
{
	struct sl_socket *socket = calloc(1, sizeof(*socket));

	if (!socket)
		return NULL;
	socket->domain = domain;
	socket->in_max_bytes = stack->config.receive_bytes;
	socket->out_max_bytes = SEND_BYTES;
	return socket;
}

void sl_stream_free(struct sl_socket *socket)
{
	if (!socket)
		return;
	sl_bytes_free(&socket->in);
	sl_bytes_free(&socket->out);
	free(socket);
}

struct sl_socket *sl_stream_of(struct sl_test_stack *stack, struct sl_tcp_conn conn)
{
	struct sl_socket **socket = &stack->by_conn[conn.idx];
	struct sl_tcp_info info;

	if (*socket)
		return *socket;
	sl_tcp_info(stack->tcp, conn, &info);
	*socket = sl_stream_new(stack, sl_address_is_ipv4(&info.peer) ? AF_INET : AF_INET6);
	if (!*socket)
		return NULL;
	(*socket)->kind = SL_SOCKET_STREAM;
	(*socket)->conn = conn;
	(*socket)->alive = true;
	(*socket)->listener_idx = sl_tcp_listener(stack->tcp, conn);
	(*socket)->peer = info.peer;
	(*socket)->peer_port = info.peer_port;
	return *socket;
}

void sl_stream_abort(struct sl_test_stack *stack, struct sl_socket *socket)
{
	if (socket->alive) {
		stack->by_conn[socket->conn.idx] = NULL;
		sl_tcp_abort(stack->tcp, socket->conn, stack->now_ns);
	}
	sl_stream_free(socket);
}

/* ---- Receiving ----------------------------------------------------------------------- */

uint32_t sl_stream_room_bytes(const struct sl_socket *socket)
{
	return socket->in.cnt < socket->in_max_bytes
		   ? socket->in_max_bytes - (uint32_t)socket->in.cnt
		   : 0;
}

/* How much of the payload the application's buffer takes; all of it if nobody reads any more. */
static uint32_t take(struct sl_socket *socket, const struct sl_tcp_verdict *verdict)
{
	uint32_t took_bytes = verdict->payload_bytes;

	if (socket->read_shut)
		return took_bytes;
	took_bytes = min_u32(took_bytes, sl_stream_room_bytes(socket));
	return sl_bytes_put(&socket->in, verdict->payload, took_bytes) == 0 ? took_bytes : 0;
}

void sl_stream_payload(struct sl_test_stack *stack, struct sl_tcp_verdict *verdict)
{
	struct sl_socket *socket = sl_stream_of(stack, verdict->conn);
	uint32_t took_bytes;

	if (!socket || verdict->payload_bytes == 0)
		return;
	if (socket->orphan) {
		sl_stream_abort(stack, socket);
		return;
	}
	do
		took_bytes = take(socket, verdict);
	while (sl_tcp_accept(stack->tcp, verdict, took_bytes, sl_stream_room_bytes(socket),
			     stack->now_ns));
}

/* ---- Sending ------------------------------------------------------------------------- */

uint32_t sl_stream_unsent_bytes(const struct sl_test_stack *stack, const struct sl_socket *socket)
{
	uint64_t end_seq = socket->out_seq + socket->out.cnt;

	return socket->alive && socket->opened
		   ? (uint32_t)(end_seq - sl_tcp_stream_seq(stack->tcp, socket->conn))
		   : 0;
}

static void send_segment(struct sl_test_stack *stack, const struct sl_socket *socket, uint64_t seq,
			 uint32_t bytes)
{
	uint8_t frame[SL_FRAME_HEADROOM_BYTES + SL_MTU_MAX];
	uint8_t *payload = frame + SL_FRAME_HEADROOM_BYTES;
	bool push = seq + bytes == socket->out_seq + socket->out.cnt;
	struct sl_tcp_payload given = { .data = payload, .len_bytes = bytes };
	uint32_t header_bytes;

	memcpy(payload, sl_bytes_at(&socket->out, seq - socket->out_seq), bytes);
	given.sum = sl_checksum_add(0, payload, bytes);
	header_bytes = sl_tcp_segment(stack->tcp, socket->conn, &given, seq, push, stack->now_ns);
	if (header_bytes)
		sl_stack_emit(stack, payload, header_bytes, bytes);
}

static void send_lost(struct sl_test_stack *stack, const struct sl_socket *socket)
{
	uint32_t most_bytes = sl_tcp_payload_max(stack->tcp, socket->conn);
	struct sl_tcp_range range;

	while (sl_tcp_lost(stack->tcp, socket->conn, UINT32_MAX, &range)) {
		while (range.start_seq < range.end_seq) {
			uint64_t left_bytes = range.end_seq - range.start_seq;
			uint32_t bytes =
			    left_bytes < most_bytes ? (uint32_t)left_bytes : most_bytes;

			send_segment(stack, socket, range.start_seq, bytes);
			range.start_seq += bytes;
		}
	}
}

/* How much of what was not sent goes now. */
static uint32_t allowed_bytes(const struct sl_test_stack *stack, const struct sl_socket *socket,
			      uint32_t unsent_bytes, uint32_t most_bytes)
{
	uint32_t bytes = min_u32(unsent_bytes, sl_tcp_window(stack->tcp, socket->conn));

	if (bytes == unsent_bytes)
		return bytes;
	if (bytes >= most_bytes) {
		/* The first may be longer: a probe of the path. */
		uint32_t first_bytes = sl_tcp_first_payload_max(
		    stack->tcp, socket->conn, sl_tcp_stream_seq(stack->tcp, socket->conn), bytes);

		return bytes - (bytes - first_bytes) % most_bytes;
	}
	return sl_tcp_stream_seq(stack->tcp, socket->conn) >
		       sl_tcp_acked_seq(stack->tcp, socket->conn)
		   ? 0
		   : bytes;
}

/* True if something left: the window allows only a quantum at once, so there may be more. */
static bool send_new(struct sl_test_stack *stack, struct sl_socket *socket)
{
	uint64_t seq = sl_tcp_stream_seq(stack->tcp, socket->conn);
	uint32_t most_bytes = sl_tcp_payload_max(stack->tcp, socket->conn);
	uint32_t unsent_bytes = sl_stream_unsent_bytes(stack, socket);
	uint32_t bytes = allowed_bytes(stack, socket, unsent_bytes, most_bytes), part_bytes;
	uint32_t next_bytes;

	if (bytes == 0)
		return false;
	sl_tcp_reserve(stack->tcp, socket->conn, bytes);
	if (socket->write_shut && bytes == unsent_bytes) { /* FIN rides */
		socket->write_closed = true;
		sl_tcp_close(stack->tcp, socket->conn, stack->now_ns);
	}
	next_bytes = sl_tcp_first_payload_max(stack->tcp, socket->conn, seq, bytes);
	for (; bytes; bytes -= part_bytes) {
		part_bytes = min_u32(bytes, next_bytes);
		send_segment(stack, socket, seq, part_bytes);
		seq += part_bytes;
		next_bytes = most_bytes;
	}
	return true;
}

void sl_stream_send(struct sl_test_stack *stack, struct sl_socket *socket)
{
	if (!socket->alive || !socket->opened)
		return;
	send_lost(stack, socket);
	while (send_new(stack, socket))
		;
	if (sl_stream_unsent_bytes(stack, socket) == 0)
		sl_tcp_app_limited(stack->tcp, socket->conn);
	if (socket->write_shut && !socket->write_closed &&
	    sl_stream_unsent_bytes(stack, socket) == 0) {
		socket->write_closed = true;
		sl_tcp_close(stack->tcp, socket->conn, stack->now_ns);
	}
}

/* ---- Events -------------------------------------------------------------------------- */

static void opened(struct sl_test_stack *stack, struct sl_socket *socket)
{
	struct sl_socket *listener;

	socket->opened = true;
	socket->out_seq = sl_tcp_stream_seq(stack->tcp, socket->conn);
	if (socket->connecting)
		return;
	listener = stack->by_listener[socket->listener_idx];
	if (!listener || listener->waiting_cnt >= listener->backlog) {
		sl_stream_abort(stack, socket);
		return;
	}
	socket->local = listener->local;
	socket->in_max_bytes = listener->in_max_bytes;
	socket->out_max_bytes = listener->out_max_bytes;
	socket->linger_reset = listener->linger_reset;
	if (listener->last)
		listener->last->next = socket;
	else
		listener->first = socket;
	listener->last = socket;
	listener->waiting_cnt++;
}

static void gone(struct sl_test_stack *stack, struct sl_socket *socket)
{
	const struct sl_tcp_counters *counters = sl_tcp_counters(stack->tcp);

	stack->by_conn[socket->conn.idx] = NULL;
	socket->alive = false;
	if (counters->reset_received > stack->reset_received)
		socket->error = socket->opened ? ECONNRESET : ECONNREFUSED;
	else if (counters->timed_out + counters->stalled > stack->timed_out)
		socket->error = ETIMEDOUT;
	sl_bytes_drop(&socket->out, socket->out.cnt);
	if (socket->orphan)
		sl_stream_free(socket);
}

static void acked(struct sl_test_stack *stack, struct sl_socket *socket)
{
	uint64_t acked_seq = sl_tcp_acked_seq(stack->tcp, socket->conn);

	sl_bytes_drop(&socket->out, acked_seq - socket->out_seq);
	socket->out_seq = acked_seq;
}

void sl_stream_events(struct sl_test_stack *stack, struct sl_tcp_conn conn, uint32_t events)
{
	struct sl_socket *socket = stack->by_conn[conn.idx];

	if (!socket && (events & SL_TCP_OPENED))
		socket = sl_stream_of(stack, conn);
	if (!socket)
		return; /* aborted: only the end of it */
	if (events & SL_TCP_OPENED) {
		opened(stack, socket);
		if (stack->by_conn[conn.idx] != socket)
			return;
	}
	if (events & SL_TCP_ACKED)
		acked(stack, socket);
	if (events & SL_TCP_PEER_CLOSED)
		socket->peer_closed = true;
	if (events & SL_TCP_GONE)
		gone(stack, socket);
	else
		sl_stream_send(stack, socket);
}
