/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "sockets.h"
#include "wire/segment.h"

enum {
	CONNECTIONS = 64,
	MTU_BYTES = 1500,
	RECEIVE_BYTES = 32768,
	WINDOW_MAX_BYTES = 65535,
	FIRST_PORT = 49152,
	ETHERNET_BYTES = 14,
};
#define START_NS (1000 * SL_NS_PER_S)

/* ---- Beginning and end --------------------------------------------------------------- */

static void fill_addresses(struct sl_test_config *config)
{
	static const uint8_t none[16];
	static const uint8_t ipv4[4] = { 198, 51, 100, 1 };
	static const uint8_t ipv6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 };
	static const uint8_t local_mac[6] = { 2, 0, 0, 0, 0, 0x51 };
	static const uint8_t peer_mac[6] = { 2, 0, 0, 0, 0, 0xc1 };

	if (memcmp(config->local_ipv4, none, sizeof(ipv4)) == 0)
		memcpy(config->local_ipv4, ipv4, sizeof(ipv4));
	if (memcmp(config->local_ipv6, none, sizeof(ipv6)) == 0)
		memcpy(config->local_ipv6, ipv6, sizeof(ipv6));
	if (memcmp(config->local_mac, none, sizeof(local_mac)) == 0)
		memcpy(config->local_mac, local_mac, sizeof(local_mac));
	if (memcmp(config->peer_mac, none, sizeof(peer_mac)) == 0)
		memcpy(config->peer_mac, peer_mac, sizeof(peer_mac));
}

static int fill_config(struct sl_test_config *config)
{
	if (config->connections_max == 0)
		config->connections_max = CONNECTIONS;
	if (config->backlog_max == 0)
		config->backlog_max = config->connections_max;
	if (config->mtu_bytes == 0)
		config->mtu_bytes = MTU_BYTES;
	if (config->receive_bytes == 0)
		config->receive_bytes = RECEIVE_BYTES;
	if (config->start_ns == 0)
		config->start_ns = START_NS;
	fill_addresses(config);
	if (config->connections_max > SL_CONNS_MAX || config->receive_bytes > WINDOW_MAX_BYTES ||
	    config->mtu_bytes < SL_MTU_MIN || config->mtu_bytes > SL_MTU_MAX)
		return -EINVAL;
	return 0;
}

static int open_tcp(struct sl_test_stack *stack)
{
	const struct sl_listener nobodys[SL_CONGESTIONS] = {
		{ .port = 1, .congestion = SL_CONGESTION_CUBIC },
		{ .port = 1, .congestion = SL_CONGESTION_BBR },
		{ .port = 1, .congestion = SL_CONGESTION_NEWRENO },
	};
	const struct sl_tcp_config config = {
		.conns_max = stack->config.connections_max,
		.backlog_max = stack->config.backlog_max,
		.mtu_bytes = stack->config.mtu_bytes,
		.listeners = nobodys,
		.listener_cnt = SL_CONGESTIONS,
		.unpaced = stack->config.unpaced,
		.keepalive_ns = stack->config.keepalive_ns,
		.stall_ns = stack->config.stall_ns,
		.secret = stack->config.secret,
		.receive_window_bytes = stack->config.receive_bytes,
	};

	return sl_tcp_init(&stack->tcp, &config, stack->now_ns);
}

int sl_test_open(struct sl_test_stack **stack, const struct sl_test_config *config)
{
	struct sl_test_stack *new = calloc(1, sizeof(*new));
	int error;

	*stack = NULL;
	if (!new)
		return -ENOMEM;
	if (config)
		new->config = *config;
	error = fill_config(&new->config);
	if (error)
		goto fail;
	error = -ENOMEM;
	new->by_conn = calloc(new->config.connections_max, sizeof(*new->by_conn));
	if (!new->by_conn)
		goto fail;
	new->now_ns = new->config.start_ns;
	new->next_port = FIRST_PORT;
	error = open_tcp(new);
	if (error)
		goto fail;
	*stack = new;
	return 0;
fail:
	sl_test_free(new);
	return error;
}

static void free_waiting(struct sl_socket *listener)
{
	while (listener->first) {
		struct sl_socket *next = listener->first->next;

		if (!listener->first->alive) /* else it is found by its connection */
			sl_stream_free(listener->first);
		listener->first = next;
	}
}

void sl_test_free(struct sl_test_stack *stack)
{
	uint8_t nothing[1];
	uint64_t at_ns;

	if (!stack)
		return;
	while (sl_test_output(stack, nothing, 0, &at_ns))
		;
	for (uint32_t i = 0; i < stack->fd_cnt; i++) {
		if (!stack->by_fd[i] || stack->by_fd[i]->alive)
			continue;
		free_waiting(stack->by_fd[i]);
		sl_stream_free(stack->by_fd[i]);
	}
	for (uint32_t i = 0; stack->by_conn && i < stack->config.connections_max; i++)
		sl_stream_free(stack->by_conn[i]);
	sl_tcp_fini(stack->tcp);
	free(stack->by_conn);
	free(stack->by_fd);
	free(stack);
}

/* ---- The turn ------------------------------------------------------------------------ */

void sl_turn_begin(struct sl_test_stack *stack)
{
	const struct sl_tcp_counters *counters = sl_tcp_counters(stack->tcp);

	stack->reset_received = counters->reset_received;
	stack->timed_out = counters->timed_out + counters->stalled;
}

void sl_turn_end(struct sl_test_stack *stack)
{
	uint8_t frame[SL_FRAME_HEADROOM_BYTES];
	uint8_t *payload = frame + sizeof(frame);
	struct sl_tcp_conn conn;
	uint32_t events;

	while (sl_tcp_ready(stack->tcp, &conn, &events))
		sl_stream_events(stack, conn, events);
	/* After data, which carries the ACK that would else be one of these. */
	while (sl_tcp_control_due(stack->tcp)) {
		uint32_t header_bytes = sl_tcp_control(stack->tcp, payload, stack->now_ns);

		if (header_bytes)
			sl_stack_emit(stack, payload, header_bytes, 0);
	}
}

/* ---- Packets ------------------------------------------------------------------------- */

void sl_stack_emit(struct sl_test_stack *stack, const uint8_t *payload, uint32_t header_bytes,
		   uint32_t payload_bytes)
{
	uint32_t link_bytes = stack->config.bare_ip ? ETHERNET_BYTES : 0;
	size_t bytes = header_bytes - link_bytes + payload_bytes;
	struct sl_test_packet *packet = malloc(sizeof(*packet) + bytes);

	if (!packet)
		return; /* as if lost */
	packet->next = NULL;
	packet->at_ns = stack->now_ns;
	packet->bytes = bytes;
	memcpy(packet->data, payload - header_bytes + link_bytes, bytes);
	if (stack->out_last)
		stack->out_last->next = packet;
	else
		stack->out_first = packet;
	stack->out_last = packet;
}

size_t sl_test_output(struct sl_test_stack *stack, void *out, size_t max_bytes, uint64_t *at_ns)
{
	struct sl_test_packet *packet = stack->out_first;
	size_t bytes;

	if (!packet)
		return 0;
	bytes = packet->bytes;
	*at_ns = packet->at_ns;
	memcpy(out, packet->data, bytes < max_bytes ? bytes : max_bytes);
	stack->out_first = packet->next;
	if (!stack->out_first)
		stack->out_last = NULL;
	free(packet);
	return bytes;
}

static void take(struct sl_test_stack *stack, const struct sl_segment *segment)
{
	struct sl_tcp_verdict verdict;

	sl_turn_begin(stack);
	sl_tcp_input(stack->tcp, segment, stack->now_ns, &verdict);
	if (verdict.has_conn)
		sl_stream_payload(stack, &verdict);
	sl_turn_end(stack);
}

static void take_icmp(struct sl_test_stack *stack, const struct sl_icmp_error *error)
{
	sl_turn_begin(stack);
	sl_tcp_icmp(stack->tcp, error, stack->now_ns);
	sl_turn_end(stack);
}

static int input_frame(struct sl_test_stack *stack, const uint8_t *frame, uint32_t bytes)
{
	struct sl_segment segment;
	struct sl_icmp_error error;
	enum sl_wire_verdict verdict = sl_segment_parse(frame, bytes, &segment);

	if (verdict == SL_WIRE_OK) {
		take(stack, &segment);
		return 0;
	}
	if (verdict == SL_WIRE_ICMP && sl_icmp_parse(frame, bytes, &error) == SL_WIRE_OK) {
		take_icmp(stack, &error);
		return 0;
	}
	stack->bad_in++;
	return -EBADMSG;
}

int sl_test_input(struct sl_test_stack *stack, const void *packet, size_t packet_bytes)
{
	const struct sl_test_config *config = &stack->config;
	const uint8_t *ip = packet;
	uint8_t *frame;
	int error;

	if (packet_bytes > UINT16_MAX)
		return -EBADMSG;
	if (!config->bare_ip)
		return input_frame(stack, packet, (uint32_t)packet_bytes);
	frame = calloc(1, ETHERNET_BYTES + packet_bytes);
	if (!frame)
		return -ENOMEM;
	memcpy(frame, config->local_mac, sizeof(config->local_mac));
	memcpy(frame + 6, config->peer_mac, sizeof(config->peer_mac));
	frame[12] = packet_bytes && ip[0] >> 4 == 6 ? 0x86 : 0x08;
	frame[13] = packet_bytes && ip[0] >> 4 == 6 ? 0xdd : 0x00;
	memcpy(frame + ETHERNET_BYTES, packet, packet_bytes);
	error = input_frame(stack, frame, ETHERNET_BYTES + (uint32_t)packet_bytes);
	free(frame);
	return error;
}

/* ---- Time ---------------------------------------------------------------------------- */

uint64_t sl_test_now_ns(const struct sl_test_stack *stack)
{
	return stack->now_ns;
}

static void step(struct sl_test_stack *stack, uint64_t until_ns)
{
	uint64_t next_ns = sl_tcp_next_ns(stack->tcp);

	if (next_ns <= stack->now_ns)
		next_ns = stack->now_ns + 1;
	stack->now_ns = next_ns < until_ns ? next_ns : until_ns;
	sl_turn_begin(stack);
	sl_tcp_tick(stack->tcp, stack->now_ns);
	sl_turn_end(stack);
}

void sl_test_advance(struct sl_test_stack *stack, uint64_t until_ns)
{
	while (stack->now_ns < until_ns)
		step(stack, until_ns);
}

bool sl_test_run(struct sl_test_stack *stack, uint64_t until_ns)
{
	while (!stack->out_first && stack->now_ns < until_ns)
		step(stack, until_ns);
	return stack->out_first;
}
