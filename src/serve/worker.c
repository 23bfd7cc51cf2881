/* SPDX-License-Identifier: BSD-2-Clause */
/* The loop: one turn from packets in to packets out. Start reading here. */
#include "serve/worker.h"

#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "base/clock.h"
#include "base/minmax.h"
#include "base/prefetch.h"
#include "serve/ahead.h"
#include "serve/state.h"
#include "tls/heap.h"

enum {
	RX_BATCHES = 4,
	AHEAD_CNT = 2, /* connections: a few hundred nanoseconds each, and a miss takes one */
};

/* While packets are on their way out nobody tells us that their frames are free again: look now and
 * then, soon if somebody waits for them. */
#define TX_PENDING_NS (1 * SL_NS_PER_MS)
#define TX_AWAITED_NS (50 * SL_NS_PER_US)

static void count_drop(struct sluice_worker_stats *stats, enum sl_wire_verdict verdict)
{
	switch (verdict) {
	case SL_WIRE_TRUNCATED:
		stats->rx_truncated++;
		break;
	case SL_WIRE_ICMP:
	case SL_WIRE_NOT_TCP:
		stats->rx_not_tcp++;
		break;
	case SL_WIRE_FRAGMENT:
		stats->rx_fragments++;
		break;
	case SL_WIRE_BAD_HEADER:
		stats->rx_bad_headers++;
		break;
	case SL_WIRE_BAD_CHECKSUM:
		stats->rx_bad_checksums++;
		break;
	case SL_WIRE_BAD_OPTIONS:
		stats->rx_bad_options++;
		break;
	case SL_WIRE_OK:
	case SL_WIRE_VERDICTS:
		break;
	}
}

void sl_worker_wake(struct sl_worker *worker)
{
	uint64_t one = 1;
	ssize_t put = write(worker->wake_fd, &one, sizeof(one));

	(void)put; /* it can only fail if the counter is full, and then the worker wakes anyway */
}

/* Whoever has the connection; it is not we. */
static void hand_over(struct sl_worker *worker, const struct sl_icmp_error *error)
{
	for (uint32_t idx = 0; idx < worker->peer_cnt; idx++) {
		struct sl_worker *peer = worker->peers[idx];

		if (peer != worker && sl_mailbox_put(peer->mailbox, worker->own_idx, error))
			sl_worker_wake(peer);
	}
	worker->stats->icmp_handed_over += worker->peer_cnt > 1;
}

static void take_icmp(struct sl_worker *worker, const struct sl_nic_packet *packet)
{
	struct sl_icmp_error error;
	enum sl_wire_verdict parsed = sl_icmp_parse(packet->data, packet->len_bytes, &error);

	if (parsed != SL_WIRE_OK)
		count_drop(worker->stats, parsed);
	else if (!sl_tcp_icmp(worker->tcp, &error, worker->now_ns))
		hand_over(worker, &error);
}

static bool take_mail(struct sl_worker *worker)
{
	struct sl_icmp_error error;

	if (!worker->mailbox || !sl_mailbox_has_mail(worker->mailbox))
		return false;
	while (sl_mailbox_take(worker->mailbox, &error))
		sl_tcp_icmp(worker->tcp, &error, worker->now_ns);
	return true;
}

/* A packet of a batch, from understood to taken. */
struct arrival {
	struct sl_segment segment;
	enum sl_wire_verdict parsed;
	bool has_conn; /* of which it probably is */
	struct sl_tcp_conn conn;
	uint64_t hash;
};

static void understand(struct sl_worker *worker, const struct sl_nic_packet *packet,
		       struct arrival *arrival)
{
	worker->stats->rx_packets++;
	worker->stats->rx_bytes += packet->len_bytes;
	arrival->has_conn = false;
	arrival->parsed = sl_segment_parse(packet->data, packet->len_bytes, &arrival->segment);
	if (likely(arrival->parsed == SL_WIRE_OK))
		arrival->hash = sl_tcp_expect_hash(worker->tcp, &arrival->segment);
}

/* What the whole batch will need is asked for, a step at a time. */
static void expect_batch(struct sl_worker *worker, struct arrival *arrivals, uint32_t cnt)
{
	for (uint32_t i = 0; i < cnt; i++)
		if (arrivals[i].parsed == SL_WIRE_OK)
			sl_tcp_expect_link(worker->tcp, arrivals[i].hash);
	for (uint32_t i = 0; i < cnt; i++) {
		struct arrival *arrival = &arrivals[i];

		if (arrival->parsed != SL_WIRE_OK ||
		    !sl_tcp_expect_input(worker->tcp, arrival->hash, &arrival->conn))
			continue;
		arrival->has_conn = true;
		sl_ahead_session(worker, arrival->conn);
	}
}

static void take_packet(struct sl_worker *worker, const struct sl_nic_packet *packet,
			const struct arrival *arrival)
{
	struct sl_tcp_verdict verdict;
	uint32_t took_bytes, window_bytes;

	if (unlikely(arrival->parsed == SL_WIRE_ICMP)) {
		take_icmp(worker, packet);
		return;
	}
	if (unlikely(arrival->parsed != SL_WIRE_OK)) {
		count_drop(worker->stats, arrival->parsed);
		return;
	}
	sl_tcp_input(worker->tcp, &arrival->segment, worker->now_ns, &verdict);
	if (verdict.payload_bytes == 0)
		return;
	do {
		took_bytes = sl_session_input(worker, verdict.conn, verdict.payload,
					      verdict.payload_bytes, &window_bytes);
	} while (sl_tcp_accept(worker->tcp, &verdict, took_bytes, window_bytes, worker->now_ns));
}

static uint32_t receive_batch(struct sl_worker *worker)
{
	struct sl_nic_packet packets[SL_RX_BATCH];
	struct arrival arrivals[SL_RX_BATCH];
	uint32_t packet_cnt = sl_nic_rx(worker->nic, packets, SL_RX_BATCH);

	for (uint32_t i = 0; i < packet_cnt; i++)
		sl_prefetch_lines(packets[i].data, SL_FRAME_HEADROOM_BYTES);
	for (uint32_t i = 0; i < packet_cnt; i++)
		understand(worker, &packets[i], &arrivals[i]);
	expect_batch(worker, arrivals, packet_cnt);
	for (uint32_t i = 0; i < packet_cnt; i++) {
		if (i + AHEAD_CNT < packet_cnt && arrivals[i + AHEAD_CNT].has_conn)
			sl_ahead_acked(worker, arrivals[i + AHEAD_CNT].conn);
		take_packet(worker, &packets[i], &arrivals[i]);
		sl_nic_release(worker->nic, packets[i].frame);
	}
	return packet_cnt;
}

/* An ACK that waits here counts as time on the way, and one that finds the ring full is lost; to
 * take it is cheap. So they are taken before anything is sent. But not without end: what they allow
 * must be done some time. */
static bool receive(struct sl_worker *worker)
{
	uint32_t batch_cnt = 0, packet_cnt;

	do
		packet_cnt = receive_batch(worker);
	while (packet_cnt == SL_RX_BATCH && ++batch_cnt < RX_BATCHES);
	return batch_cnt > 0 || packet_cnt > 0;
}

static void handle_events(struct sl_worker *worker, struct sl_tcp_conn conn, uint32_t events)
{
	if (events & SL_TCP_GONE) {
		sl_session_gone(worker, conn);
		return;
	}
	if (events & SL_TCP_OPENED)
		sl_session_open(worker, conn);
	if (events & SL_TCP_ACKED)
		sl_session_acked(worker, conn);
	if (events & SL_TCP_PEER_CLOSED)
		sl_session_peer_closed(worker, conn);
	else if (events & (SL_TCP_ACKED | SL_TCP_CAN_SEND))
		sl_pump_run(worker, conn);
}

static void expect_ready(struct sl_worker *worker)
{
	struct sl_tcp_conn next;

	if (sl_tcp_ready_next(worker->tcp, 0, &next))
		sl_ahead_cut(worker, next);
	if (sl_tcp_ready_next(worker->tcp, 1, &next))
		sl_ahead_session(worker, next);
}

static bool run_connections(struct sl_worker *worker)
{
	struct sl_tcp_conn conn;
	uint32_t events, idx;
	bool busy = false;

	sl_tcp_tick(worker->tcp, worker->now_ns);
	while (sl_tcp_ready(worker->tcp, &conn, &events)) {
		expect_ready(worker);
		handle_events(worker, conn, events);
		busy = true;
	}
	while ((idx = sl_fifo_pop(&worker->work)) != SL_NONE) {
		worker->sessions[idx].has_work = false;
		sl_session_run(worker, (struct sl_tcp_conn){ idx });
		busy = true;
	}
	while (sl_wheel_expire(&worker->timers, worker->now_ns, &idx)) {
		sl_session_timer(worker, (struct sl_tcp_conn){ idx });
		busy = true;
	}
	return busy;
}

static void clear_wake(struct sl_worker *worker)
{
	uint64_t woken_cnt;
	ssize_t got = read(worker->wake_fd, &woken_cnt, sizeof(woken_cnt));

	(void)got; /* non-blocking: what matters is in drain and mailbox */
}

/* Of the events [idx, cnt) those that come a little later; of the first ones, now. */
static void expect_disk_events(struct sl_worker *worker, const struct sl_disk_event *events,
			       uint32_t idx, uint32_t cnt)
{
	uint32_t send_idx = idx + AHEAD_CNT, end_idx = min_u32(idx + 2 * AHEAD_CNT + 1, cnt);

	for (uint32_t i = idx == 0 ? 0 : idx + 2 * AHEAD_CNT; i < end_idx; i++)
		if (events[i].kind == SL_DISK_READ)
			sl_ahead_block(worker, (uint32_t)events[i].cookie);
	if (send_idx < cnt && events[send_idx].kind == SL_DISK_READ)
		sl_ahead_block_send(worker, (uint32_t)events[send_idx].cookie);
}

static bool take_disk_events(struct sl_worker *worker)
{
	struct sl_disk_event events[SL_DISK_BATCH];
	uint32_t event_cnt = sl_disk_reap(worker->disk, events, SL_DISK_BATCH);
	uint32_t waiter, object_idx;
	int error;

	for (uint32_t i = 0; i < event_cnt; i++) {
		expect_disk_events(worker, events, i, event_cnt);
		switch (events[i].kind) {
		case SL_DISK_READ:
			sl_pump_read_back(worker, &events[i]);
			break;
		case SL_DISK_OPENED:
			sl_content_opened(worker->content, &events[i], worker->now_ns);
			break;
		case SL_DISK_WOKEN:
			if (events[i].cookie == SL_WAKE_PEOPLE)
				clear_wake(worker);
			break;
		}
	}
	while (sl_content_answer(worker->content, &waiter, &error, &object_idx))
		sl_session_found(worker, (struct sl_tcp_conn){ waiter }, error, object_idx);
	return event_cnt > 0;
}

/* Packets without payload: SYN-ACKs, ACKs, FINs, RSTs. */
static void send_control(struct sl_worker *worker)
{
	struct sl_frame frame;

	while (sl_tcp_control_due(worker->tcp) && sl_nic_tx_room(worker->nic) > 0 &&
	       sl_nic_take(worker->nic, &frame)) {
		uint32_t header_bytes =
		    sl_tcp_control(worker->tcp, sl_nic_payload(worker->nic, frame), worker->now_ns);

		if (header_bytes == 0) {
			sl_nic_give(worker->nic, frame);
			return;
		}
		sl_nic_tx(worker->nic, frame, header_bytes, 0);
		worker->stats->tx_packets++;
		worker->stats->tx_bytes += header_bytes;
	}
}

static void for_each_session(struct sl_worker *worker,
			     void (*act)(struct sl_worker *, struct sl_tcp_conn))
{
	for (uint32_t idx = 0; idx < worker->config->conns_max; idx++)
		if (worker->sessions[idx].phase != SL_SESSION_FREE)
			act(worker, (struct sl_tcp_conn){ idx });
}

static void drain(struct sl_worker *worker)
{
	if (!worker->draining) {
		worker->draining = true;
		worker->drain_until_ns = worker->now_ns + worker->config->drain_ns;
		sl_tcp_stop_listening(worker->tcp);
		for_each_session(worker, sl_session_drain);
	}
	if (sl_tcp_counters(worker->tcp)->open_cnt == 0) {
		worker->drained = true;
	} else if (worker->now_ns >= worker->drain_until_ns) {
		for_each_session(worker, sl_pump_abort);
		worker->drained = true; /* the resets leave at the end of this turn */
	}
}

static void take_mtu(struct sl_worker *worker, uint32_t mtu_bytes)
{
	if (likely(mtu_bytes == worker->mtu_taken_bytes))
		return;
	worker->mtu_taken_bytes = mtu_bytes;
	sl_tcp_set_mtu(worker->tcp, mtu_bytes);
}

static uint32_t frames_in_tx(const struct sl_worker *worker)
{
	uint32_t owner_cnt[SL_FRAME_OWNERS];

	sl_nic_count(worker->nic, owner_cnt);
	return owner_cnt[SL_FRAME_TX];
}

static void watch_tx(struct sl_worker *worker, bool reaped, bool out)
{
	switch (sl_watchdog_look(&worker->watchdog, reaped, out, worker->now_ns)) {
	case SL_WATCHDOG_QUIET:
		return;
	case SL_WATCHDOG_STUCK:
		worker->stats->tx_stuck++;
		worker->stats->tx_stuck_now = 1;
		sl_nic_kick(worker->nic);
		return;
	case SL_WATCHDOG_KICK:
		sl_nic_kick(worker->nic);
		return;
	case SL_WATCHDOG_FREE:
		worker->stats->tx_stuck_now = 0;
		return;
	}
}

/* When the transmit side wants to be looked at again. */
static uint64_t tx_next_ns(const struct sl_worker *worker, uint32_t tx_cnt)
{
	bool awaited = worker->wait_frames.head_idx != SL_NONE || sl_tcp_control_due(worker->tcp);

	if (tx_cnt == 0) /* what is awaited came back with the flush */
		return awaited ? worker->now_ns : UINT64_MAX;
	awaited |= worker->wait_buffer.head_idx != SL_NONE || worker->wait_lanes_cnt > 0;
	return worker->now_ns + (awaited ? TX_AWAITED_NS : TX_PENDING_NS);
}

/* What the kernel has counted of the last packets would not show while we sleep: once more, then.
 */
static uint64_t next_count(const struct sl_worker *worker)
{
	return worker->counted_all ? UINT64_MAX : worker->counted_ns + SL_COUNT_EVERY_NS;
}

static uint64_t next_deadline(const struct sl_worker *worker, uint32_t tx_cnt)
{
	uint64_t next_ns = min_u64(sl_tcp_next_ns(worker->tcp), sl_wheel_next_ns(&worker->timers));

	next_ns = min_u64(next_ns, sl_handshakes_next_ns(worker));
	next_ns = min_u64(next_ns, next_count(worker));
	if (worker->draining)
		next_ns = min_u64(next_ns, worker->drain_until_ns);
	if (worker->watchdog.stuck)
		return min_u64(next_ns, worker->watchdog.kick_ns);
	return min_u64(next_ns, tx_next_ns(worker, tx_cnt));
}

bool sl_worker_turn(struct sl_worker *worker, uint64_t now_ns, uint64_t *next_ns)
{
	struct sl_tls_heap *before = sl_tls_heap_enter(worker->tls_heap);
	uint32_t reaped_cnt, tx_cnt;
	bool busy;

	worker->now_ns = now_ns;
	worker->wall_s = sl_clock_wall_s();
	worker->stats->loop_turns++;
	sl_tls_seat_turn(&worker->tls);
	reaped_cnt = sl_nic_reap(worker->nic);
	busy = reaped_cnt > 0;
	busy |= receive(worker);
	busy |= take_mail(worker);
	busy |= run_connections(worker);
	busy |= take_disk_events(worker);
	busy |= sl_handshakes_run(worker);
	sl_pump_wake(worker);
	if (unlikely(atomic_load_explicit(&worker->drain, memory_order_relaxed)))
		drain(worker);
	take_mtu(worker, atomic_load_explicit(&worker->mtu_bytes, memory_order_relaxed));
	send_control(worker);
	sl_nic_flush(worker->nic);
	sl_disk_submit(worker->disk);
	reaped_cnt += sl_nic_reap(worker->nic);
	worker->counted_all &= !busy;
	sl_worker_count_sometimes(worker);
	if (unlikely(sl_snapshot_state(worker) == SL_SNAPSHOT_ASKED))
		sl_snapshot_fill(worker);
	tx_cnt = frames_in_tx(worker);
	watch_tx(worker, reaped_cnt > 0, tx_cnt > 0);
	*next_ns = next_deadline(worker, tx_cnt);
	sl_tls_heap_enter(before);
	return busy;
}

/* There is no interface, so nothing is missed, and nobody waits for a wake-up that is worth a
 * descriptor of its own. */
static void stand_still(struct sl_worker *worker)
{
	const struct timespec pause = { .tv_nsec = SL_NS_PER_MS };

	atomic_store_explicit(&worker->park, SL_PARK_STANDS, memory_order_release);
	while (atomic_load_explicit(&worker->park, memory_order_acquire) != SL_PARK_RUNS)
		nanosleep(&pause, NULL);
}

void sl_worker_run(struct sl_worker *worker)
{
	uint64_t now_ns = sl_clock_now_ns(), next_ns, slept_ns;

	sl_alloc_seal();
	while (!worker->drained) {
		bool busy = sl_worker_turn(worker, now_ns, &next_ns);
		uint64_t done_ns = sl_clock_now_ns();

		if (unlikely(atomic_load_explicit(&worker->park, memory_order_relaxed) ==
			     SL_PARK_ASKED)) {
			stand_still(worker);
			busy = true; /* there may be things to do */
		}
		if (busy) {
			worker->stats->loop_busy_ns += done_ns - now_ns;
			sl_poll_worked(&worker->poll, done_ns);
		} else {
			worker->stats->loop_looked_ns += done_ns - now_ns;
		}
		now_ns = done_ns;
		if (busy || next_ns <= now_ns || !sl_poll_sleeps(&worker->poll, now_ns))
			continue;
		sl_worker_count(worker);
		sl_disk_wait(worker->disk, next_ns == UINT64_MAX ? UINT64_MAX : next_ns - now_ns);
		slept_ns = now_ns;
		now_ns = sl_clock_now_ns();
		worker->stats->loop_idle_ns += now_ns - slept_ns;
		sl_poll_slept(&worker->poll, now_ns - slept_ns);
	}
	sl_worker_count(worker);
	sl_snapshot_end(worker);
	atomic_store_explicit(&worker->park, SL_PARK_ENDED, memory_order_release);
	sl_alloc_unseal();
}

void sl_worker_drain(struct sl_worker *worker)
{
	atomic_store_explicit(&worker->drain, true, memory_order_relaxed);
	sl_worker_wake(worker);
}

void sl_worker_set_mtu(struct sl_worker *worker, uint32_t mtu_bytes)
{
	BUG_ON(mtu_bytes < SL_MTU_MIN || mtu_bytes > worker->config->mtu_bytes);
	atomic_store_explicit(&worker->mtu_bytes, mtu_bytes, memory_order_relaxed);
	sl_worker_wake(worker);
}

void sl_worker_renew(struct sl_worker *worker, struct sl_tls_context *context)
{
	sl_tls_seat_offer(&worker->tls, context);
	sl_worker_wake(worker);
}

bool sl_worker_renewing(struct sl_worker *worker)
{
	bool any = sl_tls_seat_collect(&worker->tls);

	if (any)
		sl_worker_wake(worker); /* it may have nothing else to do than to let go */
	return any;
}

bool sl_worker_drained(const struct sl_worker *worker)
{
	return worker->drained;
}

int sl_worker_socket(const struct sl_worker *worker)
{
	return sl_nic_fd(worker->nic);
}
