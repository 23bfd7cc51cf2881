/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "sim_attacker.h"
#include "sim_clock.h"
#include "sim_random.h"
#include "sim_trace.h"
#include "sim_violation.h"
#include "sim_visitor.h"

/* When all visitors are gone, what they have left behind must be gone after this: TIME-WAIT, a peer
 * that vanished with data in flight, with an idle connection. */
#define CLEAN_UP_NS (20 * 60 * SL_NS_PER_S)

/* More steps than this are a world that does not end. */
enum { STEPS_MAX = 100 * 1000 * 1000 };

struct run {
	struct sl_sim_plan plan;
	struct sl_sim_world world;
	struct sl_sim_visitor *visitors;
	struct sl_sim_attacker attackers[SL_SIM_PLAN_ATTACKS];
	bool draining;
	uint32_t here_cnt; /* visitors that are not gone */
};

/* Returns when to look whether it has ended. */
static uint64_t drain(struct run *run)
{
	if (run->world.worker->drained)
		return UINT64_MAX;
	if (run->draining)
		sl_sim_violation(SL_SIM_NOBODY, "told to end, and goes on");
	run->draining = true;
	sl_worker_drain(run->world.worker);
	return run->world.now_ns + run->world.config.drain_ns + SL_NS_PER_S;
}

static void next_version(struct sl_disk *disk, const struct sl_sim_file *file, uint64_t number)
{
	const struct sl_sim_version *version = &file->versions[number];

	if (version->seed == version[-1].seed)
		sl_sim_disk_grow(disk, file->name, version->size_bytes);
	else
		sl_sim_disk_add(disk, file->name, version->seed, version->size_bytes);
}

static uint64_t mishap(struct run *run, const struct sl_sim_mishap *mishap)
{
	struct sl_disk *disk = run->world.worker->disk;
	const char *name = run->plan.files[mishap->file_idx].name;

	if (run->world.now_ns < SL_SIM_START_NS + mishap->at_ns)
		return SL_SIM_START_NS + mishap->at_ns;
	switch (mishap->kind) {
	case SL_SIM_READ_ERROR:
		sl_sim_disk_fail_reads(disk, name, -EIO, (uint32_t)mishap->value);
		break;
	case SL_SIM_OPEN_ERROR:
		sl_sim_disk_fail_opens(disk, name, -EIO, (uint32_t)mishap->value);
		break;
	case SL_SIM_SHORT_READS:
		sl_sim_disk_shorten_reads(disk, name, (uint32_t)(mishap->value % 100));
		break;
	case SL_SIM_OVERWRITE:
		run->world.files_change = true;
		sl_sim_disk_overwrite(disk, name, mishap->value);
		break;
	case SL_SIM_CUT:
		sl_sim_disk_cut_at_most(disk, name, mishap->value);
		break;
	case SL_SIM_VERSION:
		next_version(disk, &run->plan.files[mishap->file_idx], mishap->value);
		break;
	case SL_SIM_STALL:
		sl_sim_disk_stall(disk, run->world.now_ns + mishap->value);
		break;
	case SL_SIM_DRAIN:
		return drain(run);
	default:
		BUG_ON(mishap->kind);
	}
	return UINT64_MAX;
}

static uint64_t attend(void *arg, struct sl_sim_world *world, uint32_t idx)
{
	struct run *run = arg;
	const struct sl_sim_plan *plan = &run->plan;
	uint64_t at_ns;
	bool was_here;

	if (idx < plan->visit_cnt) {
		was_here = run->visitors[idx].phase != SL_SIM_GONE;
		at_ns = sl_sim_visitor_attend(&run->visitors[idx], world);
		run->here_cnt -= was_here && run->visitors[idx].phase == SL_SIM_GONE;
		return at_ns;
	}
	idx -= plan->visit_cnt;
	if (idx < plan->attack_cnt)
		return sl_sim_attacker_attend(&run->attackers[idx], world, plan->visit_cnt);
	idx -= plan->attack_cnt;
	return idx < plan->mishap_cnt ? mishap(run, &plan->mishaps[idx]) : UINT64_MAX;
}

static void begin(struct run *run)
{
	struct sl_sim_plan *plan = &run->plan;

	plan->world.attend = attend;
	plan->world.attend_arg = run;
	plan->world.out = plan->paths[0].out;
	plan->world.in = plan->paths[0].in;
	sl_sim_world_open(&run->world, &plan->world);
	sl_sim_path_set(&run->world.paths[0], &plan->paths[0]);
	for (uint32_t i = 1; i < plan->path_cnt; i++)
		sl_sim_world_add_path(&run->world, &plan->paths[i]);
	sl_sim_disk_options(run->world.worker->disk, &plan->disk);
	for (uint32_t i = 0; i < plan->file_cnt; i++)
		sl_sim_disk_add(run->world.worker->disk, plan->files[i].name, plan->files[i].seed,
				plan->files[i].size_bytes);
	run->visitors = calloc(plan->visit_cnt, sizeof(*run->visitors));
	BUG_ON(!run->visitors);
	for (uint32_t i = 0; i < plan->visit_cnt; i++)
		sl_sim_visitor_init(&run->visitors[i], plan, i);
	for (uint32_t i = 0; i < plan->attack_cnt; i++)
		sl_sim_attacker_init(&run->attackers[i], &plan->attacks[i]);
	for (uint32_t i = 0; i < plan->world.clients_max; i++)
		sl_sim_world_wake(&run->world, i, SL_SIM_START_NS);
	run->here_cnt = plan->visit_cnt;
	sl_sim_world_wrap(&run->world, 0, &plan->visits[0].client,
			  SL_SIM_START_NS + plan->visits[0].start_ns, plan->wrap_bytes);
}

static void step(struct run *run, uint64_t until_ns)
{
	sl_sim_world_step(&run->world, until_ns);
	if (run->world.step_cnt > STEPS_MAX)
		sl_sim_violation(SL_SIM_NOBODY, "%d steps, and no end", STEPS_MAX);
}

/* All visitors are gone, or the worker is. */
static bool all_over(const struct run *run)
{
	return run->here_cnt == 0 || run->world.worker->drained;
}

static bool tidied_up(const struct run *run)
{
	const struct sl_tcp_counters *counters = sl_tcp_counters(run->world.worker->tcp);

	return run->world.worker->drained ||
	       (counters->open_cnt == 0 && counters->time_wait_cnt == 0);
}

static void finish(struct run *run, struct sl_sim_result *result)
{
	uint64_t until_ns = SL_SIM_START_NS + run->plan.until_ns;

	while (!all_over(run) && run->world.now_ns < until_ns)
		step(run, until_ns);
	if (!all_over(run))
		sl_sim_violation(SL_SIM_NOBODY, "%u visitors are still there", run->here_cnt);
	result->virtual_ns = run->world.now_ns - SL_SIM_START_NS;
	until_ns = run->world.now_ns + CLEAN_UP_NS;
	while (!tidied_up(run) && run->world.now_ns < until_ns)
		step(run, until_ns);
	if (run->world.worker->drained)
		return; /* it ends with its process: who is reset last is not told any more */
	sl_sim_world_run(&run->world, SL_NS_PER_S);
	sl_sim_judge_end(run->world.worker);
}

void sl_sim_run(uint64_t seed, const char *scenario, const struct sl_sim_certificate *certificate,
		struct sl_sim_result *result)
{
	struct run *run = calloc(1, sizeof(*run));

	BUG_ON(!run);
	BUG_ON(!sl_sim_plan_open(&run->plan, seed, scenario));
	snprintf(result->scenario, sizeof(result->scenario), "%s", run->plan.scenario);
	run->plan.world.certificate = certificate;
	begin(run);
	finish(run, result);
	result->hash = sl_sim_trace_hash();
	result->entries = sl_sim_trace_cnt();
	result->steps = run->world.step_cnt;
	result->bytes = run->world.stats->tx_bytes;
	result->permissions = run->world.judge.permissions;
	result->visits = run->plan.visit_cnt;
	for (uint32_t i = 0; i < run->plan.visit_cnt; i++)
		result->answers += run->visitors[i].got_cnt;
	sl_sim_world_close(&run->world);
	sl_sim_plan_close(&run->plan);
	free(run->visitors);
	free(run);
}
