/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/handshakes.h"

#include <errno.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "serve/pump.h"
#include "serve/state.h"

/* ---- lists ---- */

static void list_add(struct sl_handshakes *handshakes, enum sl_handshakes_list list,
		     uint32_t place_idx)
{
	struct sl_handshakes_place *place = &handshakes->places[place_idx];

	place->list = list;
	place->next_idx = SL_NONE;
	place->prev_idx = handshakes->last_idx[list];
	if (place->prev_idx == SL_NONE)
		handshakes->first_idx[list] = place_idx;
	else
		handshakes->places[place->prev_idx].next_idx = place_idx;
	handshakes->last_idx[list] = place_idx;
	handshakes->cnt[list]++;
}

static void list_remove(struct sl_handshakes *handshakes, uint32_t place_idx)
{
	struct sl_handshakes_place *place = &handshakes->places[place_idx];

	if (place->prev_idx == SL_NONE)
		handshakes->first_idx[place->list] = place->next_idx;
	else
		handshakes->places[place->prev_idx].next_idx = place->next_idx;
	if (place->next_idx == SL_NONE)
		handshakes->last_idx[place->list] = place->prev_idx;
	else
		handshakes->places[place->next_idx].prev_idx = place->prev_idx;
	handshakes->cnt[place->list]--;
}

static void move(struct sl_handshakes *handshakes, enum sl_handshakes_list list, uint32_t place_idx)
{
	list_remove(handshakes, place_idx);
	list_add(handshakes, list, place_idx);
}

/* ---- setup ---- */

int sl_handshakes_init(struct sl_handshakes *handshakes, uint32_t inbox_cnt)
{
	/* Whoever has not begun holds an inbox. */
	uint32_t place_cnt = inbox_cnt + SL_HANDSHAKES_BEGUN_MAX;

	handshakes->places = sl_alloc(place_cnt, sizeof(*handshakes->places));
	if (!handshakes->places)
		return -ENOMEM;
	for (uint32_t list = 0; list < SL_HANDSHAKES_LISTS; list++)
		handshakes->first_idx[list] = handshakes->last_idx[list] = SL_NONE;
	handshakes->new_max = inbox_cnt - inbox_cnt / SL_HANDSHAKES_INBOX_SHARE;
	return sl_pool_init(&handshakes->pool, place_cnt);
}

void sl_handshakes_fini(struct sl_handshakes *handshakes)
{
	sl_pool_fini(&handshakes->pool);
	sl_free(handshakes->places);
}

/* ---- standing in line ---- */

bool sl_handshakes_open(const struct sl_worker *worker, const struct sl_session *session)
{
	const struct sl_handshakes *handshakes = &worker->handshakes;

	return session->place_idx != SL_NONE ||
	       handshakes->cnt[SL_HANDSHAKES_NEW] < handshakes->new_max;
}

static void place_take(struct sl_worker *worker, struct sl_session *session, uint32_t conn_idx)
{
	struct sl_handshakes *handshakes = &worker->handshakes;
	uint32_t place_idx;

	BUG_ON(!sl_pool_take(&handshakes->pool, &place_idx));
	handshakes->places[place_idx] = (struct sl_handshakes_place){ .conn_idx = conn_idx };
	list_add(handshakes, SL_HANDSHAKES_NEW, place_idx);
	session->place_idx = place_idx;
}

void sl_handshakes_wait(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	struct sl_handshakes *handshakes = &worker->handshakes;
	struct sl_session *session = sl_session_of(worker, conn);
	uint32_t waiting_cnt;

	if (session->place_idx == SL_NONE)
		place_take(worker, session, conn.idx);
	else if (handshakes->places[session->place_idx].list == SL_HANDSHAKES_IDLE)
		move(handshakes, SL_HANDSHAKES_BEGUN, session->place_idx);
	waiting_cnt = handshakes->cnt[SL_HANDSHAKES_NEW] + handshakes->cnt[SL_HANDSHAKES_BEGUN];
	if (waiting_cnt > worker->stats->handshakes_waiting_high)
		worker->stats->handshakes_waiting_high = waiting_cnt;
}

struct sl_handshake *sl_handshakes_begin(struct sl_worker *worker, struct sl_session *session)
{
	struct sl_handshakes_place *place = &worker->handshakes.places[session->place_idx];

	if (!place->handshake)
		place->handshake = sl_handshake_start(worker->tls.current);
	return place->handshake;
}

void sl_handshakes_leave(struct sl_worker *worker, struct sl_session *session)
{
	struct sl_handshakes *handshakes = &worker->handshakes;
	uint32_t place_idx = session->place_idx;

	if (place_idx == SL_NONE)
		return;
	sl_handshake_free(handshakes->places[place_idx].handshake);
	list_remove(handshakes, place_idx);
	sl_pool_give(&handshakes->pool, place_idx);
	session->place_idx = SL_NONE;
}

/* ---- turns ---- */

static bool has_room(const struct sl_handshakes *handshakes)
{
	return handshakes->cnt[SL_HANDSHAKES_BEGUN] + handshakes->cnt[SL_HANDSHAKES_IDLE] <
	       SL_HANDSHAKES_BEGUN_MAX;
}

static uint64_t droppable_ns(const struct sl_handshakes *handshakes)
{
	uint32_t idle_idx = handshakes->first_idx[SL_HANDSHAKES_IDLE];

	if (idle_idx == SL_NONE)
		return UINT64_MAX;
	return handshakes->places[idle_idx].stepped_ns + SL_HANDSHAKES_PATIENCE_NS;
}

static void drop_longest_idle(struct sl_worker *worker)
{
	const struct sl_handshakes *handshakes = &worker->handshakes;
	uint32_t idle_idx = handshakes->first_idx[SL_HANDSHAKES_IDLE];
	struct sl_tcp_conn conn = { handshakes->places[idle_idx].conn_idx };

	worker->stats->handshakes_dropped++;
	sl_handshakes_leave(worker, sl_session_of(worker, conn));
	sl_pump_abort(worker, conn);
}

static bool make_room(struct sl_worker *worker)
{
	while (!has_room(&worker->handshakes)) {
		if (droppable_ns(&worker->handshakes) > worker->now_ns)
			return false;
		drop_longest_idle(worker);
	}
	return true;
}

/* Whose turn it is, or SL_NONE. */
static uint32_t next_place(struct sl_worker *worker)
{
	const struct sl_handshakes *handshakes = &worker->handshakes;

	if (handshakes->cnt[SL_HANDSHAKES_BEGUN] > 0)
		return handshakes->first_idx[SL_HANDSHAKES_BEGUN];
	if (handshakes->cnt[SL_HANDSHAKES_NEW] > 0 && make_room(worker))
		return handshakes->first_idx[SL_HANDSHAKES_NEW];
	return SL_NONE;
}

bool sl_handshakes_run(struct sl_worker *worker)
{
	struct sl_handshakes *handshakes = &worker->handshakes;
	uint32_t place_idx = next_place(worker);
	uint64_t start_ns, taken_ns = 0;

	if (place_idx == SL_NONE)
		return false;
	start_ns = sl_clock_stopwatch_ns();
	while (place_idx != SL_NONE && taken_ns < SL_HANDSHAKES_TURN_NS) {
		struct sl_handshakes_place *place = &handshakes->places[place_idx];

		place->stepped_ns = worker->now_ns;
		move(handshakes, SL_HANDSHAKES_IDLE, place_idx);
		sl_session_run(worker, (struct sl_tcp_conn){ place->conn_idx });
		taken_ns = sl_clock_stopwatch_ns() - start_ns;
		place_idx = next_place(worker);
	}
	worker->stats->handshakes_ns += taken_ns;
	return true;
}

uint64_t sl_handshakes_next_ns(const struct sl_worker *worker)
{
	const struct sl_handshakes *handshakes = &worker->handshakes;

	return handshakes->cnt[SL_HANDSHAKES_NEW] > 0 ? droppable_ns(handshakes) : UINT64_MAX;
}
