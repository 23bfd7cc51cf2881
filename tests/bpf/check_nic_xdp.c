/* SPDX-License-Identifier: BSD-2-Clause */
/* The NIC on a real AF_XDP socket: packets through a veth, and every frame accounted for at each
 * step. */
#include <errno.h>
#include <linux/if_xdp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/arena.h"
#include "base/limits.h"
#include "bpf/packet.h"
#include "bpf/suites.h"
#include "bpf/veth.h"
#include "nic/compat.h"
#include "nic/interface.h"
#include "nic/steer.h"
#include "wire/segment.h"

enum {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_OURS = 0x88b5, /* for local experiments, IEEE 802 */
	PATIENCE_MS = 5000,
	PAYLOAD_BYTES = 1400,
	BATCH_CNT = 64,
};

static struct sl_listener listener;
static struct sl_steer *steer;
static struct sl_nic_config config;
static struct sl_nic *nic;

static void open_link(void)
{
	veth_open();
	listener = veth_listener(443);
	config = veth_nic_config();
}

/* Bits of the loop variable: without zero-copy packets leave through a packet socket, or, if there
 * are several queues to send on, through the AF_XDP socket. */
enum { GENERIC = 1, SEVERAL_QUEUES = 2, WAYS = 4 };

static void open_all(int way)
{
	bool generic = way & GENERIC;
	struct sl_steer_config steer_config = {
		.iface = VETH_NEAR,
		.listeners = &listener,
		.listener_cnt = 1,
		.generic = generic,
	};

	if (way & SEVERAL_QUEUES)
		veth_two_tx_queues();
	config.copy_only = generic;
	ck_assert_int_eq(sl_steer_open(&steer, &steer_config), 0);
	nic = veth_open_nic(&config);
	ck_assert_int_eq(sl_steer_add_socket(steer, 0, sl_nic_fd(nic)), 0);
	ck_assert(sl_nic_segments(nic) == !(way & SEVERAL_QUEUES));
}

static void close_all(void)
{
	sl_steer_close(steer);
	sl_nic_close(nic);
}

static void pause_ms(int ms)
{
	nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000L }, NULL);
}

/* Counted one by one in debug builds, too. */
static uint32_t owned(enum sl_frame_owner owner)
{
	uint32_t owner_cnt[SL_FRAME_OWNERS], total_cnt = 0;

	sl_nic_count(nic, owner_cnt);
	for (int i = 0; i < SL_FRAME_OWNERS; i++)
		total_cnt += owner_cnt[i];
	ck_assert_uint_eq(total_cnt, config.frame_cnt);
	return owner_cnt[owner];
}

static void expect_owners(uint32_t rx, uint32_t tx, uint32_t pump)
{
	ck_assert_uint_eq(owned(SL_FRAME_RX), rx);
	ck_assert_uint_eq(owned(SL_FRAME_TX), tx);
	ck_assert_uint_eq(owned(SL_FRAME_PUMP), pump);
}

/* ---- the far end -------------------------------------------------------------------------------
 */

static int far;

/* A segment for the listener; its payload begins with number. */
static void far_send(uint32_t number)
{
	struct packet_shape shape = { .payload_bytes = PAYLOAD_BYTES };
	struct packet packet;

	packet_make(&packet, &shape);
	memcpy(packet.bytes + packet.header_bytes, &number, sizeof(number));
	ck_assert_int_eq(send(far, packet.bytes, packet.len_bytes, 0), packet.len_bytes);
}

/* The next packet of ours, or 0 if none comes in time. */
static uint32_t far_receive(uint8_t *bytes, uint32_t max_bytes, int wait_ms)
{
	struct pollfd wait = { .fd = far, .events = POLLIN };

	if (poll(&wait, 1, wait_ms) != 1)
		return 0;
	return (uint32_t)recv(far, bytes, max_bytes, 0);
}

/* ---- the near end ------------------------------------------------------------------------------
 */

/* Receives, looks at, and releases cnt packets numbered from first. */
static void receive(uint32_t first, uint32_t cnt)
{
	struct packet_shape shape = { .payload_bytes = PAYLOAD_BYTES };
	struct sl_nic_packet packets[BATCH_CNT];
	struct packet expected;
	uint32_t got_cnt = 0;

	packet_make(&expected, &shape);
	for (int ms = 0; got_cnt < cnt && ms < PATIENCE_MS; ms++) {
		uint32_t packet_cnt = sl_nic_rx(nic, packets, BATCH_CNT);

		expect_owners(packet_cnt, 0, owned(SL_FRAME_PUMP));
		for (uint32_t i = 0; i < packet_cnt; i++) {
			uint32_t number = first + got_cnt++;

			memcpy(expected.bytes + expected.header_bytes, &number, sizeof(number));
			ck_assert_uint_eq(packets[i].len_bytes, expected.len_bytes);
			ck_assert_mem_eq(packets[i].data, expected.bytes, expected.len_bytes);
			sl_nic_release(nic, packets[i].frame);
		}
		sl_nic_reap(nic);
		sl_nic_flush(nic);
		ck_assert_uint_eq(owned(SL_FRAME_FILL), config.fill_cnt);
		if (packet_cnt == 0)
			pause_ms(1);
	}
	ck_assert_uint_eq(got_cnt, cnt);
}

/* An Ethernet header for our own type. */
static void write_link(uint8_t *payload)
{
	static const uint8_t ethertype[2] = { ETHERTYPE_OURS >> 8, ETHERTYPE_OURS & 0xff };

	memcpy(payload - 2, ethertype, 2);
	memcpy(payload - 8, veth_near_mac, 6);
	memcpy(payload - 14, veth_far_mac, 6);
}

/* Writes a packet whose payload begins with number, and gives it to tx. */
static void transmit(uint32_t number)
{
	struct sl_frame frame;
	uint8_t *payload;

	ck_assert(sl_nic_take(nic, &frame));
	payload = sl_nic_payload(nic, frame);
	memset(payload, (int)number, PAYLOAD_BYTES);
	memcpy(payload, &number, sizeof(number));
	write_link(payload);
	sl_nic_tx(nic, frame, 14, PAYLOAD_BYTES);
}

static void expect_arrival(uint32_t number)
{
	uint8_t expected[PAYLOAD_BYTES], bytes[2048];

	memset(expected, (int)number, sizeof(expected));
	memcpy(expected, &number, sizeof(number));
	ck_assert_uint_eq(far_receive(bytes, sizeof(bytes), PATIENCE_MS), 14 + PAYLOAD_BYTES);
	ck_assert_mem_eq(bytes, veth_far_mac, 6);
	ck_assert_mem_eq(bytes + 14, expected, sizeof(expected));
}

static void reap_all(void)
{
	for (int ms = 0; owned(SL_FRAME_TX) && ms < PATIENCE_MS; ms++) {
		sl_nic_flush(nic);
		if (sl_nic_reap(nic) == 0)
			pause_ms(1);
	}
	ck_assert_uint_eq(owned(SL_FRAME_TX), 0);
}

/* ---- receive -----------------------------------------------------------------------------------
 */

START_TEST(a_burst_is_received)
{
	open_all(_i);
	far = veth_far_packet_socket(ETHERTYPE_OURS);
	expect_owners(0, 0, 0);
	for (uint32_t i = 0; i < 200; i++)
		far_send(i);
	receive(0, 200);
	for (uint32_t i = 0; i < 200; i++) /* frames go round */
		far_send(i);
	receive(0, 200);
	close_all();
}
END_TEST

/* Many times round the rings, so that indices and frames wrap. */
START_TEST(rings_go_round)
{
	config.fill_cnt = 64;
	open_all(_i);
	far = veth_far_packet_socket(ETHERTYPE_OURS);
	for (uint32_t first = 0; first < 1000; first += 40) {
		for (uint32_t i = 0; i < 40; i++)
			far_send(first + i);
		receive(first, 40);
	}
	close_all();
}
END_TEST

START_TEST(sending_cannot_starve_receiving)
{
	struct sl_frame frame;
	uint32_t taken_cnt = 0;

	open_all(_i);
	far = veth_far_packet_socket(ETHERTYPE_OURS);
	while (sl_nic_take(nic, &frame))
		taken_cnt++;
	ck_assert_uint_eq(taken_cnt, config.frame_cnt - config.fill_cnt);
	ck_assert_uint_eq(sl_nic_free_frames(nic), 0);
	ck_assert_uint_eq(owned(SL_FRAME_PUMP), taken_cnt);
	for (uint32_t i = 0; i < 200; i++)
		far_send(i);
	receive(0, 200);
	close_all();
}
END_TEST

/* A receiver that does not keep up loses packets, not frames, and it shows. */
START_TEST(an_empty_fill_ring_is_counted)
{
	struct sl_nic_packet packets[BATCH_CNT];
	struct sl_nic_counters counters;

	config.fill_cnt = 64;
	open_all(_i);
	far = veth_far_packet_socket(ETHERTYPE_OURS);
	for (uint32_t i = 0; i < 100; i++)
		far_send(i);
	do
		sl_nic_counters(nic, &counters);
	while (counters.rx_dropped + counters.fill_ring_empty == 0);
	pause_ms(100);
	ck_assert_uint_eq(sl_nic_rx(nic, packets, BATCH_CNT), 64);
	expect_owners(64, 0, 0);
	for (uint32_t i = 0; i < 64; i++)
		sl_nic_release(nic, packets[i].frame);
	sl_nic_reap(nic);
	ck_assert_uint_eq(sl_nic_rx(nic, packets, BATCH_CNT), 0);
	far_send(7);
	receive(7, 1);
	close_all();
}
END_TEST

START_TEST(busy_polling_receives)
{
	config.polling = SL_NIC_POLL_ALWAYS;
	open_all(_i);
	far = veth_far_packet_socket(ETHERTYPE_OURS);
	for (uint32_t i = 0; i < 200; i++)
		far_send(i);
	receive(0, 200);
	close_all();
}
END_TEST

/* ---- transmit ----------------------------------------------------------------------------------
 */

START_TEST(frames_are_sent_in_order)
{
	uint32_t sent_cnt = 0;

	open_all(_i);
	far = veth_far_packet_socket(ETHERTYPE_OURS);
	while (sent_cnt < 1000) {
		uint32_t batch_cnt = 0;

		while (sl_nic_tx_room(nic) && batch_cnt < BATCH_CNT && sent_cnt < 1000) {
			transmit(sent_cnt++);
			batch_cnt++;
		}
		ck_assert_uint_ge(owned(SL_FRAME_TX), batch_cnt);
		sl_nic_flush(nic);
		for (uint32_t i = sent_cnt - batch_cnt; i < sent_cnt; i++)
			expect_arrival(i);
		sl_nic_reap(nic);
		expect_owners(0, owned(SL_FRAME_TX), 0);
	}
	reap_all();
	ck_assert_uint_eq(sl_nic_free_frames(nic), config.frame_cnt - config.fill_cnt);
	close_all();
}
END_TEST

START_TEST(one_flush_sends_a_burst)
{
	struct sl_nic_counters counters;
	uint32_t burst_cnt = 200;

	open_all(_i);
	far = veth_far_packet_socket(ETHERTYPE_OURS);
	for (uint32_t i = 0; i < burst_cnt; i++)
		transmit(i);
	ck_assert_uint_eq(sl_nic_tx_room(nic), config.tx_cnt - burst_cnt);
	sl_nic_flush(nic);
	for (uint32_t i = 0; i < burst_cnt; i++)
		expect_arrival(i);
	sl_nic_counters(nic, &counters);
	/* Before Linux 6.17 an AF_XDP socket took 32 a call, too. */
	if (_i & SEVERAL_QUEUES)
		ck_assert_uint_le(counters.tx_kicks, (burst_cnt + 31) / 32);
	else
		ck_assert_uint_eq(counters.tx_kicks, (burst_cnt + 31) / 32);
	ck_assert_uint_eq(counters.tx_kick_errors, 0);
	ck_assert_uint_eq(counters.tx_invalid, 0);
	reap_all();
	close_all();
}
END_TEST

START_TEST(nothing_leaves_before_a_flush)
{
	uint8_t bytes[2048];

	open_all(_i);
	far = veth_far_packet_socket(ETHERTYPE_OURS);
	transmit(1);
	ck_assert_uint_eq(far_receive(bytes, sizeof(bytes), 100), 0);
	sl_nic_flush(nic);
	expect_arrival(1);
	close_all();
}
END_TEST

START_TEST(unsent_frames_come_back)
{
	struct sl_frame first, again;

	open_all(_i);
	ck_assert(sl_nic_take(nic, &first));
	expect_owners(0, 0, 1);
	sl_nic_give(nic, first);
	expect_owners(0, 0, 0);
	ck_assert(sl_nic_take(nic, &again));
	ck_assert_msg(first.idx == again.idx, "the one given back last is the hottest");
	close_all();
}
END_TEST

/* The largest packet there may be, in both directions. */
START_TEST(a_full_frame)
{
	uint8_t bytes[4096], expected[1500 - 20 - 60];
	struct sl_frame frame;
	uint8_t *payload;

	open_all(_i);
	far = veth_far_packet_socket(ETHERTYPE_IPV4);
	ck_assert(sl_nic_take(nic, &frame));
	payload = sl_nic_payload(nic, frame);
	ck_assert_uint_eq((uintptr_t)payload % 64, 0);
	memset(payload - 80, 0, 80);
	memset(payload, 0xa5, sizeof(expected));
	memset(expected, 0xa5, sizeof(expected));
	memcpy(payload - 82, "\x08\x00", 2);
	memcpy(payload - 88, veth_near_mac, 6);
	memcpy(payload - 94, veth_far_mac, 6);
	sl_nic_tx(nic, frame, 94, sizeof(expected));
	sl_nic_flush(nic);
	ck_assert_uint_eq(far_receive(bytes, sizeof(bytes), PATIENCE_MS), 1514);
	ck_assert_mem_eq(bytes + 94, expected, sizeof(expected));
	reap_all();
	close_all();
}
END_TEST

enum { SEGMENTS = 10, SEGMENT_BYTES = 1000, HEADER_BYTES = 14 + 20 + 32 };
/* Segments of a connection to the far end, as one packet that is to be cut; the last is shorter. */
static void transmit_segments(uint32_t first, uint32_t cnt)
{
	uint32_t payload_bytes = cnt * SEGMENT_BYTES - 1;
	struct sl_route route = { .link_bytes = 14, .local_port = 443, .peer_port = 50000 };
	struct sl_header header = {
		.seq = 7 + first * SEGMENT_BYTES,
		.flags = SL_TCP_ACK,
		.window_scale = -1,
		.timestamps = true,
	};
	uint8_t *payload = sl_nic_stage(nic, payload_bytes);
	struct sl_frame frame;

	ck_assert_ptr_nonnull(payload);
	memcpy(route.link, veth_far_mac, 6);
	memcpy(route.link + 6, veth_near_mac, 6);
	route.link[12] = ETHERTYPE_IPV4 >> 8;
	route.local = sl_address_from_ipv4(veth_near_ipv4);
	route.peer = sl_address_from_ipv4(veth_near_ipv4);
	ck_assert(sl_nic_take(nic, &frame));
	for (uint32_t i = 0; i < payload_bytes; i++)
		payload[i] = (uint8_t)(first + i / SEGMENT_BYTES);
	ck_assert_uint_eq(
	    sl_header_write_partial(&route, &header, sl_nic_payload(nic, frame), payload_bytes),
	    HEADER_BYTES);
	sl_nic_tx_segmented(nic, frame, HEADER_BYTES, payload, payload_bytes, SEGMENT_BYTES);
}

static void expect_payload(uint32_t first, uint32_t payload_bytes)
{
	static uint8_t bytes[SL_SEGMENTED_MAX_BYTES], expected[SL_SEGMENTED_MAX_BYTES];

	ck_assert_uint_eq(far_receive(bytes, sizeof(bytes), PATIENCE_MS),
			  HEADER_BYTES + payload_bytes);
	for (uint32_t i = 0; i < payload_bytes; i++)
		expected[i] = (uint8_t)(first + i / SEGMENT_BYTES);
	ck_assert_mem_eq(bytes + HEADER_BYTES, expected, payload_bytes);
}

/* The far end sees what the kernel was given: one packet, and then the kernel has to cut. What it
 * cuts has checksums of its own. */
START_TEST(the_kernel_cuts)
{
	struct sl_segment segment;
	uint8_t bytes[2048];
	uint32_t len_bytes;

	open_all(_i);
	far = veth_far_packet_socket(ETHERTYPE_IPV4);
	transmit_segments(3, SEGMENTS);
	transmit_segments(77, 1);
	sl_nic_flush(nic);
	expect_payload(3, SEGMENTS * SEGMENT_BYTES - 1);
	expect_payload(77, SEGMENT_BYTES - 1);
	veth_run("ethtool -K " VETH_NEAR " tx off >/dev/null");
	transmit_segments(100, SEGMENTS);
	transmit(9);
	sl_nic_flush(nic);
	for (uint32_t i = 0; i < SEGMENTS; i++) {
		len_bytes = far_receive(bytes, sizeof(bytes), PATIENCE_MS);
		ck_assert_int_eq(sl_segment_parse(bytes, len_bytes, &segment), SL_WIRE_OK);
		ck_assert_uint_eq(segment.seq, 7 + (100 + i) * SEGMENT_BYTES);
		ck_assert_uint_eq(segment.payload_bytes,
				  i + 1 < SEGMENTS ? SEGMENT_BYTES : SEGMENT_BYTES - 1);
		ck_assert_uint_eq(segment.payload[0], 100 + i);
	}
	reap_all();
	close_all();
}
END_TEST

/* It is used up, sent, and there again; what is taken back is there at once. */
START_TEST(the_staging_area_goes_round)
{
	uint32_t each_bytes = SEGMENTS * SEGMENT_BYTES - 1, round_cnt;
	uint8_t *first;

	open_all(_i);
	far = veth_far_packet_socket(ETHERTYPE_IPV4);
	first = sl_nic_stage(nic, SL_STAGING_BYTES);
	ck_assert_ptr_nonnull(first);
	ck_assert_uint_eq((uintptr_t)first % 64, 0);
	ck_assert_uint_eq(sl_nic_staged_bytes(nic), SL_STAGING_BYTES);
	sl_nic_unstage(nic, first);
	ck_assert_uint_eq(sl_nic_staged_bytes(nic), 0);
	round_cnt = 2 * SL_STAGING_BYTES / each_bytes;
	for (uint32_t i = 0; i < round_cnt; i++)
		transmit_segments(i, SEGMENTS);
	sl_nic_flush(nic);
	ck_assert_uint_eq(sl_nic_staged_bytes(nic), 0);
	for (uint32_t i = 0; i < round_cnt; i++)
		expect_payload(i, each_bytes);
	ck_assert_ptr_eq(sl_nic_stage(nic, 1), first);
	sl_nic_unstage(nic, first);
	reap_all();
	close_all();
}
END_TEST

/* While nothing leaves, there is none; what was staged before is not lost. */
START_TEST(staging_ends_while_the_link_is_down)
{
	uint32_t each_bytes = SEGMENTS * SEGMENT_BYTES - 1, staged_cnt = 0;
	uint8_t *payload;

	veth_run("ip link set " VETH_NEAR " down");
	open_all(_i);
	while ((payload = sl_nic_stage(nic, each_bytes))) {
		sl_nic_unstage(nic, payload);
		transmit_segments(staged_cnt++, SEGMENTS);
	}
	ck_assert_uint_ge(staged_cnt, SL_STAGING_BYTES / (each_bytes + 64));
	ck_assert_ptr_null(sl_nic_stage(nic, each_bytes));
	veth_run("ip link set " VETH_NEAR " up");
	veth_settle();
	far = veth_far_packet_socket(ETHERTYPE_IPV4);
	ck_assert_ptr_nonnull(payload = sl_nic_stage(nic, each_bytes));
	sl_nic_unstage(nic, payload);
	for (uint32_t i = 0; i < staged_cnt; i++)
		expect_payload(i, each_bytes);
	reap_all();
	close_all();
}
END_TEST

/* Of several frames each, numbered. */
static void transmit_long(uint32_t number, uint32_t payload_bytes)
{
	struct sl_frame frames[SL_PACKET_FRAMES_MAX];
	uint32_t frame_cnt = (payload_bytes + SL_FRAME_PAYLOAD_BYTES - 1) / SL_FRAME_PAYLOAD_BYTES;

	for (uint32_t i = 0; i < frame_cnt; i++) {
		uint32_t left_bytes = payload_bytes - i * SL_FRAME_PAYLOAD_BYTES;

		ck_assert(sl_nic_take(nic, &frames[i]));
		memset(sl_nic_payload(nic, frames[i]), (int)(number + i),
		       left_bytes < SL_FRAME_PAYLOAD_BYTES ? left_bytes : SL_FRAME_PAYLOAD_BYTES);
	}
	write_link(sl_nic_payload(nic, frames[0]));
	sl_nic_tx_long(nic, frames, frame_cnt, 14, payload_bytes);
}

static void expect_long(uint32_t number, uint32_t payload_bytes)
{
	uint8_t expected[SL_MTU_MAX], bytes[SL_MTU_MAX + 14];

	for (uint32_t i = 0; i < payload_bytes; i++)
		expected[i] = (uint8_t)(number + i / SL_FRAME_PAYLOAD_BYTES);
	ck_assert_uint_eq(far_receive(bytes, sizeof(bytes), PATIENCE_MS), 14 + payload_bytes);
	ck_assert_mem_eq(bytes, veth_far_mac, 6);
	ck_assert_mem_eq(bytes + 14, expected, payload_bytes);
}

static void open_all_long(int way)
{
	veth_run("ip link set " VETH_NEAR " mtu 9000");
	veth_run_far("ip link set " VETH_FAR " mtu 9000");
	config.chunk_bytes = sl_nic_chunk_bytes(9000);
	config.long_packets = true;
	open_all(way);
	far = veth_far_packet_socket(ETHERTYPE_OURS);
}

/* In turns with packets of one frame; every frame comes back. */
START_TEST(packets_of_several_frames_are_sent)
{
	static const uint32_t sizes[] = { 60,
					  SL_FRAME_PAYLOAD_BYTES,
					  SL_FRAME_PAYLOAD_BYTES + 1,
					  2 * SL_FRAME_PAYLOAD_BYTES,
					  8948,
					  9000 };
	enum { SIZES = sizeof(sizes) / sizeof(sizes[0]), ROUNDS = 40 };

	open_all_long(_i);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		for (uint32_t i = 0; i < SIZES; i++)
			transmit_long(round + i, sizes[i]);
		transmit(round);
		expect_owners(0, owned(SL_FRAME_TX), 0);
		sl_nic_flush(nic);
		for (uint32_t i = 0; i < SIZES; i++)
			expect_long(round + i, sizes[i]);
		expect_arrival(round);
		reap_all();
	}
	ck_assert_uint_eq(sl_nic_free_frames(nic), config.frame_cnt - config.fill_cnt);
	close_all();
}
END_TEST

/* As many as the TX ring holds, in whatever batches the kernel takes them. */
START_TEST(one_flush_sends_a_burst_of_long_packets)
{
	uint32_t cnt = config.tx_cnt / 3;

	open_all_long(_i);
	for (uint32_t i = 0; i < cnt; i++)
		transmit_long(i, 8948);
	sl_nic_flush(nic);
	for (uint32_t i = 0; i < cnt; i++)
		expect_long(i, 8948);
	reap_all();
	close_all();
}
END_TEST

/* They do not fit a frame, so they are not for us; what comes between them is. */
START_TEST(packets_of_several_frames_are_dropped)
{
	struct packet_shape shape = { .payload_bytes = 8000 };
	struct sl_nic_counters counters;
	struct packet packet;

	open_all_long(_i);
	packet_make(&packet, &shape);
	for (uint32_t i = 0; i < 100; i++) {
		ck_assert_int_eq(send(far, packet.bytes, packet.len_bytes, 0), packet.len_bytes);
		far_send(i);
	}
	receive(0, 100);
	sl_nic_counters(nic, &counters);
	ck_assert_uint_eq(counters.rx_too_long, 100);
	expect_owners(0, 0, 0);
	close_all();
}
END_TEST

START_TEST(a_link_that_is_down)
{
	struct sl_nic_counters counters;

	veth_run("ip link set " VETH_NEAR " down");
	open_all(_i);
	far = veth_far_packet_socket(ETHERTYPE_OURS);
	transmit(5);
	sl_nic_flush(nic);
	sl_nic_counters(nic, &counters);
	ck_assert_uint_eq(counters.tx_kick_errors, 1);
	expect_owners(0, 1, 0);
	veth_run("ip link set " VETH_NEAR " up");
	veth_settle();
	sl_nic_flush(nic);
	expect_arrival(5);
	reap_all();
	close_all();
}
END_TEST

/* ---- open and close ----------------------------------------------------------------------------
 */

START_TEST(opened_again_at_once)
{
	far = veth_far_packet_socket(ETHERTYPE_OURS);
	for (uint32_t i = 0; i < 5; i++) {
		open_all(_i);
		far_send(i);
		receive(i, 1);
		transmit(i);
		sl_nic_flush(nic);
		expect_arrival(i);
		close_all();
	}
}
END_TEST

START_TEST(what_the_kernel_grants)
{
	open_all(_i);
	printf("veth, %s XDP: %s\n", sl_steer_mode(steer) == SL_STEER_NATIVE ? "native" : "generic",
	       sl_nic_zero_copy(nic) ? "zero-copy" : "copy mode");
	ck_assert_int_eq(sl_steer_mode(steer), _i ? SL_STEER_GENERIC : SL_STEER_NATIVE);
	ck_assert(!sl_nic_zero_copy(nic));
	close_all();
}
END_TEST

static void expect_refusal(int error, size_t arena_bytes, const char *why)
{
	struct sl_nic *refused = NULL;
	struct sl_arena arena;
	const char *log;
	int got;

	ck_assert_int_eq(sl_arena_init(&arena, arena_bytes), 0);
	veth_catch_log();
	got = sl_nic_open(&refused, &config, &arena);
	log = veth_take_log();
	ck_assert_int_eq(got, error);
	ck_assert_ptr_null(refused);
	ck_assert_msg(strstr(log, why) != NULL, "\"%s\" is not in: %s", why, log);
	ck_assert_msg(strchr(log, '\n') == log + strlen(log) - 1, "more than one line: %s", log);
	sl_arena_fini(&arena);
}

static size_t enough_bytes(void)
{
	return (size_t)config.frame_cnt * config.chunk_bytes + SL_STAGING_BYTES;
}

START_TEST(a_queue_that_is_taken)
{
	open_all(0);
	expect_refusal(-EBUSY, enough_bytes(), "queue 0 is taken");
	close_all();
	open_all(0);
	close_all();
}
END_TEST

START_TEST(a_queue_that_does_not_exist)
{
	config.queue = 7;
	expect_refusal(-EINVAL, enough_bytes(), "has no queue 7: it has 1");
}
END_TEST

START_TEST(an_interface_that_does_not_exist)
{
	config.iface = "eth9";
	expect_refusal(-ENODEV, enough_bytes(),
		       "interface \"eth9\" does not exist; `ip link` lists them");
}
END_TEST

START_TEST(an_arena_too_small)
{
	expect_refusal(-ENOMEM, enough_bytes() / 2, "no room for 1024 packet buffers");
}
END_TEST

START_TEST(an_mtu_too_large)
{
	veth_run("ip link set " VETH_NEAR " mtu 9217");
	expect_refusal(-EMSGSIZE, enough_bytes(), "9216 is the most that Sluice sends");
}
END_TEST

/* ---- interface ---------------------------------------------------------------------------------
 */

START_TEST(mtu_and_queues)
{
	ck_assert_int_eq(sl_nic_mtu(VETH_NEAR), 1500);
	veth_run("ip link set " VETH_NEAR " mtu 1400");
	ck_assert_int_eq(sl_nic_mtu(VETH_NEAR), 1400);
	ck_assert_int_eq(sl_steer_queues(VETH_NEAR), 1);
	ck_assert_int_eq(sl_steer_queues("lo"), 1);
	veth_run("ip link add sl-nic-many numrxqueues 4 numtxqueues 4 type veth");
	ck_assert_int_eq(sl_steer_queues("sl-nic-many"), 4);
	ck_assert_int_eq(sl_nic_mtu("sl-nic-none"), -ENODEV);
	ck_assert(!sl_nic_defers_interrupts("sl-nic-none"));
	ck_assert_int_eq(sl_steer_queues("sl-nic-none"), -ENODEV);
	ck_assert_int_eq(sl_nic_mtu("a-name-longer-than-any-may-be"), -ENODEV);
}
END_TEST

Suite *suite_nic_xdp(void)
{
	Suite *suite = suite_create("nic_xdp");
	TCase *packets = tcase_create("packets"), *opening = tcase_create("opening");

	tcase_set_timeout(packets, 30);
	tcase_add_checked_fixture(packets, open_link, NULL);
	/* Each in native and in generic mode, and in both ways of sending. */
	tcase_add_loop_test(packets, a_burst_is_received, 0, 2);
	tcase_add_loop_test(packets, rings_go_round, 0, 2);
	tcase_add_loop_test(packets, sending_cannot_starve_receiving, 0, 2);
	tcase_add_loop_test(packets, an_empty_fill_ring_is_counted, 0, 2);
	tcase_add_loop_test(packets, busy_polling_receives, 0, 2);
	tcase_add_loop_test(packets, frames_are_sent_in_order, 0, WAYS);
	tcase_add_loop_test(packets, one_flush_sends_a_burst, 0, WAYS);
	tcase_add_loop_test(packets, nothing_leaves_before_a_flush, 0, WAYS);
	tcase_add_loop_test(packets, unsent_frames_come_back, 0, WAYS);
	tcase_add_loop_test(packets, a_full_frame, 0, WAYS);
	tcase_add_loop_test(packets, the_kernel_cuts, 0, 2);
	tcase_add_loop_test(packets, the_staging_area_goes_round, 0, 2);
	tcase_add_loop_test(packets, staging_ends_while_the_link_is_down, 0, 2);
	tcase_add_loop_test(packets, packets_of_several_frames_are_sent, SEVERAL_QUEUES, WAYS);
	tcase_add_loop_test(packets, one_flush_sends_a_burst_of_long_packets, SEVERAL_QUEUES, WAYS);
	tcase_add_loop_test(packets, packets_of_several_frames_are_dropped, 0, WAYS);
	tcase_add_loop_test(packets, a_link_that_is_down, 0, WAYS);
	suite_add_tcase(suite, packets);

	tcase_set_timeout(opening, 30);
	tcase_add_checked_fixture(opening, open_link, NULL);
	tcase_add_loop_test(opening, opened_again_at_once, 0, 2);
	tcase_add_loop_test(opening, what_the_kernel_grants, 0, 2);
	tcase_add_test(opening, a_queue_that_is_taken);
	tcase_add_test(opening, a_queue_that_does_not_exist);
	tcase_add_test(opening, an_interface_that_does_not_exist);
	tcase_add_test(opening, an_arena_too_small);
	tcase_add_test(opening, an_mtu_too_large);
	tcase_add_test(opening, mtu_and_queues);
	suite_add_tcase(suite, opening);
	return suite;
}
