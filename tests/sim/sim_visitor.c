/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_visitor.h"

#include <string.h>

#include "base/bug.h"
#include "base/minmax.h"
#include "sim_clock.h"
#include "sim_mischief.h"
#include "sim_random.h"
#include "sim_trace.h"
#include "sim_violation.h"

/* A slow reader reads so often. */
#define READ_EACH_NS (20 * SL_NS_PER_MS)
/* Who has said FIN or got the answer that closes waits so long for the server's FIN. */
#define LEAVE_NS (90 * SL_NS_PER_S)
/* Who may fail gives up some time: when the server has long lost its own patience. */
#define GIVE_UP_NS (600 * SL_NS_PER_S)

enum { REQUEST_MAX_BYTES = 256, PART_BYTES = 16384, MISSING_IN = 40, HEAD_IN = 20 };

void sl_sim_visitor_init(struct sl_sim_visitor *visitor, const struct sl_sim_plan *plan,
			 uint32_t place)
{
	const struct sl_sim_visit *visit = &plan->visits[place];

	*visitor = (struct sl_sim_visitor){
		.visit = visit,
		.plan = plan,
		.place = place,
		.dice = visit->dice,
		.renege_at_bytes = visit->renege_each_bytes,
	};
}

static struct sl_sim_client *client_of(const struct sl_sim_visitor *visitor,
				       struct sl_sim_world *world)
{
	return world->clients[visitor->place];
}

static void note(const struct sl_sim_visitor *visitor, uint64_t what)
{
	sl_sim_trace(SL_SIM_TRACE_NOTE, visitor->place, &what, sizeof(what));
}

/* ---- asking ---- */

static struct sl_sim_question draw_question(struct sl_sim_visitor *visitor)
{
	const struct sl_sim_plan *plan = visitor->plan;
	uint64_t most_bytes = visitor->visit->range_max_bytes;
	struct sl_sim_question question = { .whole = true };
	const struct sl_sim_file *file;

	question.file_idx = (uint32_t)sl_sim_dice_below(&visitor->dice, plan->file_cnt);
	if (sl_sim_dice_below(&visitor->dice, MISSING_IN) == 0) {
		question.file_idx = SL_SIM_PLAN_FILES;
		return question;
	}
	file = &plan->files[question.file_idx];
	question.len_bytes = file->size_bytes;
	question.head_only = sl_sim_dice_below(&visitor->dice, HEAD_IN) == 0;
	if (most_bytes == 0 || file->size_bytes == 0 || question.head_only) /* HEAD has no ranges */
		return question;
	question.whole = false;
	question.off_bytes = sl_sim_dice_below(&visitor->dice, file->size_bytes);
	question.len_bytes = 1 + sl_sim_dice_below(&visitor->dice, most_bytes);
	question.len_bytes = min_u64(question.len_bytes, file->size_bytes - question.off_bytes);
	return question;
}

static void ask(struct sl_sim_visitor *visitor, struct sl_sim_world *world)
{
	const struct sl_sim_visit *visit = visitor->visit;
	struct sl_sim_question question = draw_question(visitor);
	bool last = visitor->sent_cnt + 1 == visit->request_cnt;
	char text[REQUEST_MAX_BYTES];

	question.asked_ns = world->now_ns;
	sl_sim_question_write(&question, visitor->plan,
			      last && visit->goodbye == SL_SIM_LEAVE_ASKED, text, sizeof(text));
	if (visitor->asked_cnt == 0)
		sl_sim_answer_expect(&visitor->answer, &question);
	visitor->asked[(visitor->asked_first + visitor->asked_cnt++) % SL_SIM_PIPELINE_MAX] =
	    question;
	visitor->sent_cnt++;
	sl_sim_client_send(client_of(visitor, world), text);
	if (last && visit->goodbye == SL_SIM_LEAVE_HALF && !visit->client.tls)
		sl_sim_tcp_close(&client_of(visitor, world)->tcp);
}

static void ask_more(struct sl_sim_visitor *visitor, struct sl_sim_world *world)
{
	const struct sl_sim_visit *visit = visitor->visit;

	if (visitor->asked_cnt > 0 && visitor->asked_cnt >= visit->pipeline_cnt)
		return;
	if (world->now_ns < visitor->think_until_ns || visitor->paused)
		return;
	while (visitor->sent_cnt < visit->request_cnt && visitor->asked_cnt < visit->pipeline_cnt)
		ask(visitor, world);
}

/* ---- reading ---- */

static void answered(struct sl_sim_visitor *visitor, struct sl_sim_world *world)
{
	note(visitor, 1000000 + visitor->answer.body_bytes);
	visitor->got_cnt++;
	visitor->asked_cnt--;
	visitor->asked_first = (visitor->asked_first + 1) % SL_SIM_PIPELINE_MAX;
	if (visitor->asked_cnt > 0)
		sl_sim_answer_expect(&visitor->answer, &visitor->asked[visitor->asked_first]);
	else if (visitor->visit->think_ns > 0)
		visitor->think_until_ns =
		    world->now_ns + sl_sim_dice_below(&visitor->dice, visitor->visit->think_ns);
}

static void take(struct sl_sim_visitor *visitor, struct sl_sim_world *world, const uint8_t *data,
		 size_t len_bytes)
{
	while (len_bytes > 0) {
		size_t took_bytes;

		if (visitor->asked_cnt == 0)
			sl_sim_violation(visitor->place, "%zu bytes nobody asked for", len_bytes);
		took_bytes = sl_sim_answer_take(&visitor->answer, visitor->plan, visitor->place,
						data, len_bytes);
		data += took_bytes;
		len_bytes -= took_bytes;
		if (sl_sim_answer_whole(&visitor->answer))
			answered(visitor, world);
	}
}

/* How much it would read now. */
static uint64_t appetite(struct sl_sim_visitor *visitor, const struct sl_sim_world *world)
{
	const struct sl_sim_visit *visit = visitor->visit;
	uint64_t bytes = UINT64_MAX;

	if (visitor->paused && world->now_ns < visitor->pause_until_ns)
		return 0;
	visitor->paused = false;
	if (visit->read_rate_bytes_s > 0) {
		if (world->now_ns < visitor->read_ns + READ_EACH_NS)
			return 0;
		bytes = min_u64(world->now_ns - visitor->read_ns, SL_NS_PER_S) *
			visit->read_rate_bytes_s / SL_NS_PER_S;
		visitor->read_ns = world->now_ns;
	}
	if (visit->pause_at_bytes > visitor->read_bytes)
		bytes = min_u64(bytes, visit->pause_at_bytes - visitor->read_bytes);
	return bytes;
}

static void pause_if_due(struct sl_sim_visitor *visitor, const struct sl_sim_world *world,
			 uint64_t before_bytes)
{
	const struct sl_sim_visit *visit = visitor->visit;

	if (visit->pause_at_bytes == 0 || before_bytes >= visit->pause_at_bytes ||
	    visitor->read_bytes < visit->pause_at_bytes)
		return;
	visitor->paused = true;
	visitor->pause_until_ns =
	    visit->pause_ns == SL_SIM_NEVER ? SL_SIM_NEVER : world->now_ns + visit->pause_ns;
}

static void read_some(struct sl_sim_visitor *visitor, struct sl_sim_world *world)
{
	uint64_t left_bytes = appetite(visitor, world), before_bytes = visitor->read_bytes;
	struct sl_sim_client *client = client_of(visitor, world);
	uint8_t data[PART_BYTES];
	size_t got = 1;

	while (left_bytes > 0 && got > 0) {
		got = sl_sim_client_read(client, data, min_u64(sizeof(data), left_bytes));
		if (got == 0)
			break;
		left_bytes -= got;
		visitor->read_bytes += got;
		visitor->progress_ns = world->now_ns;
		if (visitor->visit->mischief != SL_SIM_OPTIMIST)
			take(visitor, world, data, got);
	}
	visitor->dry = got == 0;
	if (client->failed && client->tcp.state != SL_SIM_TCP_RESET &&
	    visitor->visit->mischief == SL_SIM_HONEST)
		sl_sim_violation(visitor->place, "TLS does not understand what came");
	pause_if_due(visitor, world, before_bytes);
}

/* ---- leaving ---- */

static void come_back(struct sl_sim_visitor *visitor, struct sl_sim_world *world)
{
	visitor->phase = SL_SIM_GONE;
	if (visitor->came_cnt > visitor->visit->again_cnt)
		return;
	visitor->phase = SL_SIM_AWAY;
	visitor->think_until_ns =
	    world->now_ns + sl_sim_dice_below(&visitor->dice, visitor->visit->think_ns + 1);
}

static bool may_fail(const struct sl_sim_visitor *visitor)
{
	return visitor->plan->faults || visitor->visit->lenient ||
	       visitor->visit->mischief != SL_SIM_HONEST;
}

static void lost(struct sl_sim_visitor *visitor, struct sl_sim_world *world)
{
	bool had_all = visitor->got_cnt == visitor->visit->request_cnt;

	note(visitor, 2);
	if (!had_all && !may_fail(visitor))
		sl_sim_violation(visitor->place, "reset after %u of %u answers", visitor->got_cnt,
				 visitor->visit->request_cnt);
	come_back(visitor, world);
}

/* The server has closed: with the last answer whole, or it is a short body that looks complete. */
static void check_end(const struct sl_sim_visitor *visitor)
{
	if (visitor->visit->mischief != SL_SIM_HONEST || visitor->paused)
		return;
	if (visitor->asked_cnt > 0 && visitor->answer.head_done)
		sl_sim_violation(visitor->place, "closed with %llu bytes of the body missing",
				 (unsigned long long)visitor->answer.left_bytes);
	if (visitor->got_cnt < visitor->visit->request_cnt && !may_fail(visitor))
		sl_sim_violation(visitor->place, "closed after %u of %u answers", visitor->got_cnt,
				 visitor->visit->request_cnt);
}

static void say_goodbye(struct sl_sim_visitor *visitor, struct sl_sim_world *world)
{
	struct sl_sim_client *client = client_of(visitor, world);

	if (visitor->phase == SL_SIM_LEAVING)
		return;
	visitor->phase = SL_SIM_LEAVING;
	visitor->progress_ns = world->now_ns;
	if (visitor->visit->goodbye == SL_SIM_LEAVE_RESETS)
		sl_sim_tcp_reset(&client->tcp);
	else if (visitor->visit->goodbye == SL_SIM_LEAVE_CLOSES)
		sl_sim_tcp_close(&client->tcp);
}

static bool quits(struct sl_sim_visitor *visitor, struct sl_sim_world *world)
{
	const struct sl_sim_visit *visit = visitor->visit;
	struct sl_sim_client *client = client_of(visitor, world);

	if (visit->vanish_at_bytes > 0 && visitor->read_bytes >= visit->vanish_at_bytes) {
		client->silent = true;
		visitor->phase = SL_SIM_GONE;
		return true;
	}
	if (visit->reset_at_bytes > 0 && visitor->read_bytes >= visit->reset_at_bytes) {
		sl_sim_tcp_reset(&client->tcp);
		come_back(visitor, world);
		return true;
	}
	if (visit->renege_each_bytes > 0 && visitor->read_bytes >= visitor->renege_at_bytes) {
		visitor->renege_at_bytes = visitor->read_bytes + visit->renege_each_bytes;
		sl_sim_tcp_renege(&client->tcp);
	}
	return false;
}

/* ---- attending ---- */

static void arrive(struct sl_sim_visitor *visitor, struct sl_sim_world *world)
{
	visitor->phase = SL_SIM_THERE;
	visitor->came_cnt++;
	visitor->asked_cnt = visitor->sent_cnt = visitor->got_cnt = 0;
	visitor->read_bytes = 0;
	visitor->paused = false;
	visitor->renege_at_bytes = visitor->visit->renege_each_bytes;
	visitor->think_until_ns = 0;
	visitor->read_ns = visitor->progress_ns = world->now_ns;
	sl_sim_world_connect_at(world, visitor->place, &visitor->visit->client);
	note(visitor, 1);
}

static uint64_t limit_ns(const struct sl_sim_visitor *visitor)
{
	uint64_t idle_ns = visitor->plan->world.idle_timeout_ns;

	if (may_fail(visitor))
		return GIVE_UP_NS + idle_ns;
	if (visitor->phase == SL_SIM_LEAVING)
		return LEAVE_NS + (visitor->visit->goodbye == SL_SIM_LEAVE_STAYS ? 2 * idle_ns : 0);
	return visitor->plan->patience_ns + visitor->visit->pause_ns + visitor->visit->think_ns;
}

/* No news for so long: an honest visitor with an honest path should not have to wait. */
static void check_progress(struct sl_sim_visitor *visitor, struct sl_sim_world *world)
{
	if (world->now_ns < visitor->progress_ns + limit_ns(visitor))
		return;
	if (!may_fail(visitor))
		sl_sim_violation(visitor->place, "%s for %llu s, after %u of %u answers",
				 visitor->phase == SL_SIM_LEAVING ? "not closed" : "no progress",
				 (unsigned long long)(limit_ns(visitor) / SL_NS_PER_S),
				 visitor->got_cnt, visitor->visit->request_cnt);
	sl_sim_tcp_reset(&client_of(visitor, world)->tcp);
	visitor->phase = SL_SIM_GONE;
}

static uint64_t next_ns(const struct sl_sim_visitor *visitor, const struct sl_sim_world *world)
{
	const struct sl_sim_visit *visit = visitor->visit;
	uint64_t at_ns = visitor->progress_ns + limit_ns(visitor);

	if (visitor->phase == SL_SIM_GONE)
		return UINT64_MAX;
	if (visitor->phase == SL_SIM_AWAY)
		return max_u64(visitor->think_until_ns, SL_SIM_START_NS + visit->start_ns);
	if (visitor->paused)
		return min_u64(at_ns, visitor->pause_until_ns);
	if (visit->read_rate_bytes_s > 0 && !visitor->dry)
		at_ns = min_u64(at_ns, visitor->read_ns + READ_EACH_NS);
	if (visitor->think_until_ns > world->now_ns)
		at_ns = min_u64(at_ns, visitor->think_until_ns);
	return at_ns;
}

static void be_there(struct sl_sim_visitor *visitor, struct sl_sim_world *world)
{
	struct sl_sim_client *client = client_of(visitor, world);

	ask_more(visitor, world);
	read_some(visitor, world);
	if (quits(visitor, world))
		return;
	if (client->tcp.state == SL_SIM_TCP_RESET) {
		lost(visitor, world);
		return;
	}
	sl_sim_mischief(visitor->visit->mischief, &client->tcp, &world->taps[visitor->place],
			&visitor->dice);
	ask_more(visitor, world);
	if (client->tcp.state == SL_SIM_TCP_PEER_CLOSED && visitor->dry) {
		check_end(visitor);
		sl_sim_tcp_close(&client->tcp);
		visitor->phase = SL_SIM_LEAVING;
	}
	if (visitor->got_cnt == visitor->visit->request_cnt)
		say_goodbye(visitor, world);
	if (sl_sim_tcp_over(&client->tcp))
		come_back(visitor, world);
	else
		check_progress(visitor, world);
}

uint64_t sl_sim_visitor_attend(struct sl_sim_visitor *visitor, struct sl_sim_world *world)
{
	if (visitor->phase == SL_SIM_AWAY && world->now_ns >= next_ns(visitor, world))
		arrive(visitor, world);
	if (visitor->phase == SL_SIM_THERE || visitor->phase == SL_SIM_LEAVING)
		be_there(visitor, world);
	return next_ns(visitor, world);
}
