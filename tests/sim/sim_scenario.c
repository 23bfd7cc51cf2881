/* SPDX-License-Identifier: BSD-2-Clause */
/* The scenarios: each draws a plan. What they have in common comes first; then each changes what it
 * is about. */
#include "sim_plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "sim_clock.h"
#include "sim_random.h"

#define MS        SL_NS_PER_MS
#define S         SL_NS_PER_S
#define MINUTE_NS (60 * SL_NS_PER_S)

enum {
	KB = 1000,
	MB = 1000 * 1000,
	PERCENT_PPM = 10000,
	VISITS_MAX = 8192,
	PATHS_MAX = 4096,
};

static uint64_t below(struct sl_sim_plan *plan, uint64_t bound_cnt)
{
	return sl_sim_dice_below(&plan->dice, bound_cnt);
}

static uint64_t between(struct sl_sim_plan *plan, uint64_t least, uint64_t most)
{
	return least + below(plan, most - least + 1);
}

static bool one_in(struct sl_sim_plan *plan, uint32_t cnt)
{
	return below(plan, cnt) == 0;
}

/* As often small as large: uniform in its logarithm, nearly. */
static uint64_t spread(struct sl_sim_plan *plan, uint64_t least, uint64_t most)
{
	uint64_t low = least, doublings = 0;

	while (low * 2 <= most) {
		low *= 2;
		doublings++;
	}
	low = least << below(plan, doublings + 1);
	return between(plan, low, low * 2 < most ? low * 2 : most);
}

/* ---- what plans are made of ---- */

static void draw_files(struct sl_sim_plan *plan, uint32_t cnt, uint64_t least_bytes,
		       uint64_t most_bytes)
{
	plan->file_cnt = cnt;
	for (uint32_t i = 0; i < cnt; i++) {
		snprintf(plan->files[i].name, sizeof(plan->files[i].name), "f%u.mp4", i);
		plan->files[i].seed = sl_sim_dice(&plan->dice);
		plan->files[i].size_bytes = spread(plan, least_bytes, most_bytes);
		plan->files[i].version_cnt = 1;
	}
}

static void draw_link(struct sl_sim_plan *plan, struct sl_sim_link_config *link, uint64_t rate)
{
	link->delay_ns = spread(plan, MS / 4, 100 * MS);
	link->jitter_ns = one_in(plan, 3) ? below(plan, link->delay_ns / 4 + 1) : 0;
	link->in_order = true;
	link->rate_bytes_s = rate;
	/* Half of what is in flight to twice of it, at a packet of 1500 bytes. */
	link->queue_max = (uint32_t)(20 + rate / 1500 * (2 * link->delay_ns / 1000) / MB *
					      between(plan, 1, 4) / 2);
}

/* A path each, of all speeds. */
static void draw_paths(struct sl_sim_plan *plan, uint32_t cnt)
{
	BUG_ON(cnt > PATHS_MAX);
	plan->path_cnt = cnt;
	for (uint32_t i = 0; i < cnt; i++) {
		draw_link(plan, &plan->paths[i].out, spread(plan, 250 * KB, 125 * MB));
		draw_link(plan, &plan->paths[i].in, 0);
		plan->paths[i].in.queue_max = 0;
	}
}

static struct sl_sim_client_options draw_client(struct sl_sim_plan *plan)
{
	static const uint16_t sizes[] = { 0, 0, 0, 0, 1460, 1400, 1220, 536, 216, 88 };
	static const uint32_t everies[] = { 0, 0, 0, 1, 3, 4, 8 };
	struct sl_sim_client_options client = {
		.ipv6 = one_in(plan, 3),
		.no_sack = one_in(plan, 5),
		.no_timestamps = one_in(plan, 4),
		.no_window_scale = one_in(plan, 6),
		.mss = sizes[below(plan, sizeof(sizes) / sizeof(sizes[0]))],
		.window_bytes = (uint32_t)spread(plan, 4 * KB, 2 * MB),
		.ack_every = everies[below(plan, sizeof(everies) / sizeof(everies[0]))],
		.delayed_ack_ns = one_in(plan, 3) ? between(plan, 1, 200) * MS : 0,
		.dsack = one_in(plan, 2),
		.dice = sl_sim_dice(&plan->dice),
	};

	if (client.no_window_scale && client.window_bytes > 65535)
		client.window_bytes = 65535;
	if (client.mss > 0 && client.window_bytes < 4U * client.mss)
		client.window_bytes = 4U * client.mss;
	return client;
}

/* A third of the clients speaks TLS 1.2, if TLS at all. */
static const char *const suites_12[] = { "ECDHE+AESGCM", "ECDHE+CHACHA20", NULL, NULL, NULL, NULL };
/* And one in eight takes short records only. */
static const uint8_t fragment_codes[] = { 1, 2, 3, 4, [31] = 0 };
enum {
	FRAGMENT_CODES = sizeof(fragment_codes),
	SUITES_12 = sizeof(suites_12) / sizeof(suites_12[0])
};

static void draw_visits(struct sl_sim_plan *plan, uint32_t cnt, uint32_t tls_percent)
{
	BUG_ON(cnt > VISITS_MAX);
	plan->visit_cnt = cnt;
	for (uint32_t i = 0; i < cnt; i++) {
		struct sl_sim_visit *visit = &plan->visits[i];

		visit->client = draw_client(plan);
		visit->client.tls = below(plan, 100) < tls_percent;
		visit->client.suites_12 = suites_12[visit->client.dice % SUITES_12];
		visit->client.fragment_code =
		    fragment_codes[visit->client.dice / SUITES_12 % FRAGMENT_CODES];
		visit->client.path_idx = i % plan->path_cnt;
		visit->start_ns = spread(plan, MS, 4 * S);
		visit->request_cnt = (uint32_t)between(plan, 1, 4);
		visit->pipeline_cnt = one_in(plan, 3) ? (uint32_t)between(plan, 2, 8) : 1;
		visit->think_ns = one_in(plan, 2) ? below(plan, 2 * S) : 0;
		visit->range_max_bytes = one_in(plan, 2) ? spread(plan, 1, MB) : 0;
		visit->goodbye = (enum sl_sim_goodbye)below(plan, SL_SIM_GOODBYES);
		if (visit->goodbye == SL_SIM_LEAVE_HALF && visit->client.tls)
			visit->goodbye = SL_SIM_LEAVE_CLOSES;
		visit->dice = sl_sim_dice(&plan->dice);
	}
}

static void draw_base(struct sl_sim_plan *plan, uint32_t visits, uint32_t tls_percent)
{
	draw_files(plan, (uint32_t)between(plan, 4, 6), 20 * KB, 2 * MB);
	plan->files[0].size_bytes = 0;
	plan->files[1].size_bytes = spread(plan, 1, 20 * KB);
	draw_paths(plan, visits);
	draw_visits(plan, visits, tls_percent);
}

/* ---- loss and order ---- */

static void calm(struct sl_sim_plan *plan)
{
	draw_base(plan, (uint32_t)between(plan, 1, 24), 60);
}

static void lossy(struct sl_sim_plan *plan)
{
	draw_base(plan, (uint32_t)between(plan, 1, 16), 50);
	for (uint32_t i = 0; i < plan->path_cnt; i++) {
		struct sl_sim_path_config *path = &plan->paths[i];

		path->out.loss_ppm = (uint32_t)spread(plan, 100, 5 * PERCENT_PPM);
		path->in.loss_ppm = (uint32_t)spread(plan, 100, 3 * PERCENT_PPM);
		path->out.duplicate_ppm = path->in.duplicate_ppm =
		    one_in(plan, 2) ? (uint32_t)below(plan, PERCENT_PPM) : 0;
		path->out.corrupt_ppm = path->in.corrupt_ppm =
		    one_in(plan, 2) ? (uint32_t)below(plan, PERCENT_PPM) : 0;
	}
}

static void bursty(struct sl_sim_plan *plan)
{
	draw_base(plan, (uint32_t)between(plan, 1, 16), 50);
	for (uint32_t i = 0; i < plan->path_cnt; i++) {
		struct sl_sim_link_config *out = &plan->paths[i].out, *in = &plan->paths[i].in;

		out->burst_every_ns = in->burst_every_ns = spread(plan, 300 * MS, 10 * S);
		out->burst_ns = in->burst_ns = spread(plan, MS, out->burst_every_ns / 5);
		out->burst_loss_ppm = in->burst_loss_ppm =
		    (uint32_t)between(plan, 20, 100) * PERCENT_PPM;
	}
}

static void reordered(struct sl_sim_plan *plan)
{
	draw_base(plan, (uint32_t)between(plan, 1, 16), 50);
	for (uint32_t i = 0; i < plan->path_cnt; i++) {
		struct sl_sim_path_config *path = &plan->paths[i];

		path->out.in_order = path->in.in_order = one_in(plan, 2);
		path->out.jitter_ns = below(plan, path->out.delay_ns);
		path->in.jitter_ns = below(plan, path->in.delay_ns);
		path->out.reorder_ppm = (uint32_t)spread(plan, 1000, 20 * PERCENT_PPM);
		path->in.reorder_ppm = (uint32_t)spread(plan, 1000, 10 * PERCENT_PPM);
		path->out.duplicate_ppm = one_in(plan, 3) ? (uint32_t)below(plan, PERCENT_PPM) : 0;
		path->out.loss_ppm = one_in(plan, 2) ? (uint32_t)below(plan, PERCENT_PPM) : 0;
	}
}

/* All through one queue. */
static void bottleneck(struct sl_sim_plan *plan)
{
	uint32_t visits = (uint32_t)between(plan, 4, 40);

	draw_files(plan, 3, 100 * KB, MB);
	plan->path_cnt = 1;
	draw_link(plan, &plan->paths[0].out, spread(plan, 500 * KB, 20 * MB));
	draw_link(plan, &plan->paths[0].in, 0);
	plan->paths[0].in.queue_max = 0;
	/* Room for the first packets of all: a handshake has no second chance after 15 s. */
	plan->paths[0].out.queue_max = 2 * visits + (uint32_t)between(plan, 20, 200);
	draw_visits(plan, visits, 30);
	plan->patience_ns = 4 * MINUTE_NS;
}

/* Routers that take only short packets, and say so or do not. */
static void narrow(struct sl_sim_plan *plan)
{
	draw_base(plan, (uint32_t)between(plan, 4, 16), 50);
	for (uint32_t i = 0; i < plan->visit_cnt; i++) {
		struct sl_sim_path_config *path = &plan->paths[plan->visits[i].client.path_idx];

		path->mtu_bytes =
		    (uint32_t)(plan->visits[i].client.ipv6 ? between(plan, 1280, 1500)
							   : between(plan, 1228, 1500));
		path->silent = one_in(plan, 2);
		path->out.loss_ppm = path->in.loss_ppm =
		    one_in(plan, 3) ? (uint32_t)below(plan, PERCENT_PPM) : 0;
	}
}

/* An interface whose packets have several frames; its clients take such packets, or shorter ones,
 * and the paths to some of them do not. */
static void jumbo(struct sl_sim_plan *plan)
{
	static const uint16_t mtus[] = { 3001, 4352, 9000, SL_MTU_MAX };
	static const uint16_t sizes[] = { 8960, 8960, 9176, 4312, 3068, 1460 };

	plan->world.mtu_bytes = mtus[below(plan, sizeof(mtus) / sizeof(mtus[0]))];
	draw_base(plan, (uint32_t)between(plan, 1, 16), 50);
	for (uint32_t i = 0; i < plan->visit_cnt; i++) {
		struct sl_sim_client_options *client = &plan->visits[i].client;
		struct sl_sim_path_config *path = &plan->paths[client->path_idx];

		client->mss = sizes[below(plan, sizeof(sizes) / sizeof(sizes[0]))];
		if (client->window_bytes < 4U * client->mss)
			client->window_bytes = 4U * client->mss;
		path->mtu_bytes = one_in(plan, 3) ? (uint32_t)between(plan, 1280, 9000) : 0;
		path->silent = one_in(plan, 2);
		path->out.loss_ppm = path->in.loss_ppm =
		    one_in(plan, 2) ? (uint32_t)below(plan, 2 * PERCENT_PPM) : 0;
	}
}

/* ---- clients ---- */

static void readers(struct sl_sim_plan *plan)
{
	draw_base(plan, (uint32_t)between(plan, 4, 24), 50);
	for (uint32_t i = 0; i < plan->visit_cnt; i++) {
		struct sl_sim_visit *visit = &plan->visits[i];

		if (one_in(plan, 2))
			visit->read_rate_bytes_s = spread(plan, 20 * KB, 2 * MB);
		if (one_in(plan, 2))
			visit->client.window_bytes = (uint32_t)spread(plan, 4 * KB, 64 * KB);
		if (one_in(plan, 3)) {
			visit->pause_at_bytes = spread(plan, 1, MB);
			visit->pause_ns = one_in(plan, 4) ? SL_SIM_NEVER : spread(plan, MS, 20 * S);
		}
		visit->lenient = visit->pause_ns == SL_SIM_NEVER;
		if (one_in(plan, 3))
			plan->paths[visit->client.path_idx].in.loss_ppm =
			    plan->paths[visit->client.path_idx].out.loss_ppm = PERCENT_PPM;
	}
}

static void quitters(struct sl_sim_plan *plan)
{
	draw_base(plan, (uint32_t)between(plan, 8, 40), 50);
	for (uint32_t i = 0; i < plan->visit_cnt; i++) {
		struct sl_sim_visit *visit = &plan->visits[i];

		switch (below(plan, 4)) {
		case 0:
			visit->vanish_at_bytes = spread(plan, 1, MB);
			visit->lenient = true;
			break;
		case 1:
			visit->reset_at_bytes = spread(plan, 1, MB);
			visit->lenient = true;
			visit->again_cnt = (uint32_t)below(plan, 3);
			break;
		case 2:
			visit->goodbye =
			    visit->client.tls ? SL_SIM_LEAVE_RESETS : SL_SIM_LEAVE_HALF;
			break;
		default:
			break;
		}
		if (one_in(plan, 4))
			plan->paths[visit->client.path_idx].out.loss_ppm = 2 * PERCENT_PPM;
	}
}

static void renegers(struct sl_sim_plan *plan)
{
	lossy(plan);
	for (uint32_t i = 0; i < plan->visit_cnt; i++)
		if (one_in(plan, 2))
			plan->visits[i].renege_each_bytes = spread(plan, 20 * KB, 500 * KB);
}

/* Requests that come in pieces, out of order, twice; many of them; from ports used before. */
static void requests(struct sl_sim_plan *plan)
{
	draw_base(plan, (uint32_t)between(plan, 4, 30), 30);
	for (uint32_t i = 0; i < plan->visit_cnt; i++) {
		struct sl_sim_visit *visit = &plan->visits[i];

		visit->client.segment_bytes =
		    one_in(plan, 2) ? (uint32_t)spread(plan, visit->client.tls ? 64 : 1, 200) : 0;
		visit->client.untidy_ppm = one_in(plan, 2) ? (uint32_t)below(plan, 500000) : 0;
		visit->request_cnt = (uint32_t)between(plan, 1, 30);
		visit->pipeline_cnt = (uint32_t)between(plan, 1, 16);
		visit->range_max_bytes = spread(plan, 1, 100 * KB);
		visit->again_cnt = one_in(plan, 2) ? (uint32_t)below(plan, 5) : 0;
		plan->paths[visit->client.path_idx].in.loss_ppm = one_in(plan, 2) ? PERCENT_PPM : 0;
		plan->paths[visit->client.path_idx].in.reorder_ppm =
		    one_in(plan, 2) ? 5 * PERCENT_PPM : 0;
	}
}

static void mischief(struct sl_sim_plan *plan)
{
	draw_base(plan, (uint32_t)between(plan, 4, 16), 20);
	for (uint32_t i = 0; i < plan->visit_cnt; i++) {
		plan->visits[i].mischief = (enum sl_sim_mischief)below(plan, SL_SIM_MISCHIEFS);
		plan->visits[i].client.lies = plan->visits[i].mischief != SL_SIM_HONEST;
		if (one_in(plan, 2))
			plan->paths[i].out.loss_ppm = (uint32_t)below(plan, 2 * PERCENT_PPM);
	}
}

/* ---- disks ---- */

static void lazy_disk(struct sl_sim_plan *plan)
{
	draw_base(plan, (uint32_t)between(plan, 4, 24), 50);
	plan->disk.read_ns = spread(plan, MS / 20, 50 * MS);
	plan->disk.spread = (enum sl_sim_disk_spread)below(plan, SL_SIM_DISK_SPREADS);
	plan->disk.jitter_ns = below(plan, plan->disk.read_ns);
	plan->disk.align_bytes = 512U << below(plan, 4);
	plan->world.pipeline_budget_bytes = one_in(plan, 2) ? 1 : spread(plan, 256 * KB, 8 * MB);
	plan->mishap_cnt = (uint32_t)below(plan, 4);
	for (uint32_t i = 0; i < plan->mishap_cnt; i++)
		plan->mishaps[i] = (struct sl_sim_mishap){
			.kind = one_in(plan, 2) ? SL_SIM_STALL : SL_SIM_SHORT_READS,
			.at_ns = spread(plan, 10 * MS, 20 * S),
			.file_idx = (uint32_t)below(plan, plan->file_cnt),
			.value = spread(plan, 10 * MS, 5 * S),
		};
	for (uint32_t i = 0; i < plan->path_cnt; i++)
		plan->paths[i].out.loss_ppm = one_in(plan, 2) ? PERCENT_PPM : 0;
}

static void broken_disk(struct sl_sim_plan *plan)
{
	lazy_disk(plan);
	plan->faults = true;
	plan->mishap_cnt = (uint32_t)between(plan, 1, 8);
	for (uint32_t i = 0; i < plan->mishap_cnt; i++)
		plan->mishaps[i] = (struct sl_sim_mishap){
			.kind = one_in(plan, 2) ? SL_SIM_READ_ERROR : SL_SIM_OPEN_ERROR,
			.at_ns = spread(plan, MS, 10 * S),
			.file_idx = (uint32_t)below(plan, plan->file_cnt),
			.value = between(plan, 1, 20),
		};
}

/* In place, while they are being sent: what must never be done to a served file. */
static void changing_files(struct sl_sim_plan *plan)
{
	lossy(plan);
	draw_files(plan, 2, 200 * KB, 4 * MB);
	plan->faults = true;
	plan->mishap_cnt = (uint32_t)between(plan, 1, 6);
	for (uint32_t i = 0; i < plan->mishap_cnt; i++) {
		struct sl_sim_mishap *mishap = &plan->mishaps[i];

		mishap->kind = one_in(plan, 3) ? SL_SIM_CUT : SL_SIM_OVERWRITE;
		mishap->at_ns = spread(plan, 50 * MS, 10 * S);
		mishap->file_idx = (uint32_t)below(plan, plan->file_cnt);
		mishap->value = below(plan, plan->files[mishap->file_idx].size_bytes);
		if (one_in(plan, 2))
			mishap->value = 0;
	}
	for (uint32_t i = 0; i < plan->visit_cnt; i++)
		plan->visits[i].range_max_bytes = 0;
}

static void first_version(struct sl_sim_file *file)
{
	file->versions[0] = (struct sl_sim_version){
		.seed = file->seed,
		.size_bytes = file->size_bytes,
	};
}

static void add_version(struct sl_sim_plan *plan, uint32_t file_idx)
{
	struct sl_sim_file *file = &plan->files[file_idx];
	uint32_t number = file->version_cnt++;
	struct sl_sim_version *version = &file->versions[number];

	*version = version[-1];
	version->at_ns += spread(plan, MS, 3 * S);
	if (one_in(plan, 2)) {
		version->seed = sl_sim_dice(&plan->dice);
		version->size_bytes = file->size_bytes + below(plan, file->size_bytes);
	} else {
		version->size_bytes += spread(plan, 1, 500 * KB);
	}
	plan->mishaps[plan->mishap_cnt++] = (struct sl_sim_mishap){
		.kind = SL_SIM_VERSION,
		.at_ns = version->at_ns,
		.file_idx = file_idx,
		.value = number,
	};
}

/* The edge of live streams: all want the same, which grows or is replaced, and there may be fewer
 * buffers than it would take. */
static void live(struct sl_sim_plan *plan)
{
	uint32_t visits = (uint32_t)between(plan, 20, 120);

	draw_paths(plan, visits);
	draw_visits(plan, visits, 40);
	draw_files(plan, (uint32_t)between(plan, 1, 3), 2 * KB, 3 * MB);
	for (uint32_t i = 0; i < plan->file_cnt; i++) {
		uint32_t version_cnt = (uint32_t)between(plan, 1, SL_SIM_VERSIONS_MAX);

		first_version(&plan->files[i]);
		while (plan->files[i].version_cnt < version_cnt)
			add_version(plan, i);
	}
	for (uint32_t i = 0; i < visits; i++) {
		plan->visits[i].start_ns = below(plan, 2 * S);
		plan->visits[i].think_ns = one_in(plan, 2) ? below(plan, S) : 0;
		plan->paths[i].out.loss_ppm = one_in(plan, 4) ? PERCENT_PPM : 0;
	}
	plan->world.conns_max = 256;
	plan->world.pipeline_budget_bytes = one_in(plan, 2) ? 1 : 0;
	plan->disk.read_ns = spread(plan, MS / 20, 20 * MS);
	plan->disk.align_bytes = 512U << below(plan, 4);
}

/* ---- strangers ---- */

static void attacked(struct sl_sim_plan *plan)
{
	draw_base(plan, (uint32_t)between(plan, 4, 16), 40);
	plan->world.conns_max = 1024;
	plan->attack_cnt = (uint32_t)between(plan, 1, 6);
	for (uint32_t i = 0; i < plan->attack_cnt; i++)
		plan->attacks[i] = (struct sl_sim_attack){
			.kind = (enum sl_sim_attack_kind)below(plan, SL_SIM_ATTACKS),
			.start_ns = below(plan, 5 * S),
			.each_ns = spread(plan, MS, 200 * MS),
			.packet_cnt = (uint32_t)between(plan, 10, 2000),
			.path_idx = (uint32_t)below(plan, plan->path_cnt),
			.dice = sl_sim_dice(&plan->dice),
		};
	for (uint32_t i = 0; i < plan->attack_cnt; i++)
		if (plan->attacks[i].kind == SL_SIM_SYN_FLOOD && plan->attacks[i].packet_cnt > 200)
			plan->attacks[i].packet_cnt = 200;
}

/* ---- many ---- */

static void crowd(struct sl_sim_plan *plan)
{
	uint32_t visits = (uint32_t)between(plan, 1000, 3000);

	draw_files(plan, 8, 1, 30 * KB);
	draw_paths(plan, visits);
	draw_visits(plan, visits, 3);
	plan->world.conns_max = 8192;
	for (uint32_t i = 0; i < visits; i++) {
		struct sl_sim_visit *visit = &plan->visits[i];

		visit->start_ns = below(plan, 30 * S);
		visit->think_ns = 20 * S;
		visit->client.window_bytes = (uint32_t)spread(plan, 4 * KB, 64 * KB);
		plan->paths[i].out.loss_ppm = one_in(plan, 4) ? PERCENT_PPM : 0;
		if (!one_in(plan, 20))
			continue;
		visit->vanish_at_bytes = spread(plan, 1, 10 * KB);
		visit->lenient = true;
	}
}

/* A player each: a piece now and then, for an hour. */
static void hour(struct sl_sim_plan *plan)
{
	draw_files(plan, 4, 100 * KB, MB);
	draw_paths(plan, (uint32_t)between(plan, 4, 12));
	draw_visits(plan, plan->path_cnt, 50);
	plan->until_ns = 90 * MINUTE_NS;
	for (uint32_t i = 0; i < plan->visit_cnt; i++) {
		struct sl_sim_visit *visit = &plan->visits[i];

		visit->start_ns = below(plan, 10 * MINUTE_NS);
		visit->request_cnt = 60;
		visit->pipeline_cnt = 1;
		visit->think_ns = 100 * S; /* 50 on average */
		visit->range_max_bytes = 200 * KB;
		plan->paths[i].out.loss_ppm = (uint32_t)below(plan, PERCENT_PPM);
	}
}

static void draining(struct sl_sim_plan *plan)
{
	draw_base(plan, (uint32_t)between(plan, 8, 30), 50);
	for (uint32_t i = 0; i < plan->visit_cnt; i++)
		plan->visits[i].lenient = true;
	plan->mishap_cnt = 1;
	plan->mishaps[0] =
	    (struct sl_sim_mishap){ .kind = SL_SIM_DRAIN, .at_ns = spread(plan, 10 * MS, 5 * S) };
}

/* Less of everything than is asked for at the same time. A handshake that finds no chunks for its
 * flight is refused, so those clients bear with it; everybody else gets all of it, later. */
static void scarce(struct sl_sim_plan *plan)
{
	draw_base(plan, (uint32_t)between(plan, 8, 40), 40);
	for (uint32_t i = 0; i < plan->visit_cnt; i++) {
		plan->visits[i].start_ns = spread(plan, MS, S / 2);
		plan->visits[i].lenient = plan->visits[i].client.tls;
	}
	plan->world.pipeline_budget_bytes = one_in(plan, 2) ? 1 : 0;
	plan->world.capacity = (struct sl_capacity){
		.inbox_cnt = (uint32_t)between(plan, 2, 8),
		.inbox_large_cnt = (uint32_t)between(plan, 1, 3),
		.chunk_cnt = (uint32_t)between(plan, 4, 12),
		.record_cnt = (uint32_t)between(plan, 16, 200),
		.read_cnt = (uint32_t)between(plan, 2, 20),
	};
	plan->world.capacity.node_cnt =
	    plan->world.capacity.chunk_cnt + (uint32_t)between(plan, 1, 8);
}

/* ---- choosing ---- */

static const struct {
	const char *name, *about;
	void (*draw)(struct sl_sim_plan *plan);
} scenarios[] = {
	{ "calm", "good paths, clients of all kinds", calm },
	{ "lossy", "random loss, duplicates, damage", lossy },
	{ "bursty", "loss that comes in bursts", bursty },
	{ "reordered", "packets overtake each other", reordered },
	{ "bottleneck", "all clients share one short queue", bottleneck },
	{ "narrow", "path MTUs, with ICMP and without", narrow },
	{ "jumbo", "an MTU of up to 9216, paths that are narrower", jumbo },
	{ "readers", "slow readers, closed windows", readers },
	{ "quitters", "clients vanish, reset, close early", quitters },
	{ "renegers", "clients forget what they have SACKed", renegers },
	{ "requests", "requests in pieces, pipelined, from ports used before", requests },
	{ "mischief", "clients acknowledge what is not so", mischief },
	{ "lazy-disk", "latency of all distributions, stalls, a small budget", lazy_disk },
	{ "scarce", "pools that are too small", scarce },
	{ "broken-disk", "EIO at reads and opens", broken_disk },
	{ "changing-files", "files are overwritten and cut while they are sent", changing_files },
	{ "live", "many want what grows or is replaced", live },
	{ "attacked", "blind RST, SYN, data and ACKs, SYN floods, garbage", attacked },
	{ "crowd", "thousands of clients", crowd },
	{ "hour", "an hour of players", hour },
	{ "draining", "the server is told to end", draining },
};
enum { SCENARIOS = sizeof(scenarios) / sizeof(scenarios[0]), CROWD_IN = 8 };

const char *sl_sim_scenario_name(uint32_t number)
{
	return number < SCENARIOS ? scenarios[number].name : NULL;
}

const char *sl_sim_scenario_about(uint32_t number)
{
	return number < SCENARIOS ? scenarios[number].about : NULL;
}

/* Those that take seconds come up less often. */
static uint32_t choose(struct sl_sim_plan *plan)
{
	for (;;) {
		uint32_t number = (uint32_t)below(plan, SCENARIOS);
		bool long_one = scenarios[number].draw == crowd || scenarios[number].draw == hour;

		if (!long_one || one_in(plan, CROWD_IN))
			return number;
	}
}

static void set_defaults(struct sl_sim_plan *plan, uint64_t seed)
{
	static const char *const engines[] = { NULL, "openssl" };

	plan->dice = sl_sim_random_mix(seed + 1);
	plan->world.seed = seed;
	plan->world.conns_max = 128;
	plan->world.idle_timeout_ns = 5 * MINUTE_NS;
	plan->world.header_timeout_ns = 15 * SL_NS_PER_S;
	plan->world.aead = engines[below(plan, 2)];
	for (int i = 0; i < 4; i++)
		plan->world.congestion[i] = (uint8_t)below(plan, SL_CONGESTION_NEWRENO + 1);
	plan->disk = SL_SIM_DISK_OPTIONS;
	plan->patience_ns = 150 * S;
	plan->until_ns = 60 * MINUTE_NS;
	plan->wrap_bytes = (uint32_t)spread(plan, 2 * KB, MB);
	plan->paths = calloc(PATHS_MAX, sizeof(*plan->paths));
	plan->visits = calloc(VISITS_MAX, sizeof(*plan->visits));
	BUG_ON(!plan->paths || !plan->visits);
}

bool sl_sim_plan_open(struct sl_sim_plan *plan, uint64_t seed, const char *name)
{
	uint32_t number = 0;

	memset(plan, 0, sizeof(*plan));
	set_defaults(plan, seed);
	if (!name)
		number = choose(plan);
	else
		while (number < SCENARIOS && strcmp(scenarios[number].name, name) != 0)
			number++;
	if (number == SCENARIOS) {
		sl_sim_plan_close(plan);
		return false;
	}
	plan->scenario = scenarios[number].name;
	scenarios[number].draw(plan);
	plan->world.segments = one_in(plan, 2);
	for (uint32_t i = 0; i < plan->file_cnt; i++)
		first_version(&plan->files[i]);
	plan->world.paths_max = plan->path_cnt + 1;
	plan->world.clients_max = plan->visit_cnt + plan->attack_cnt + plan->mishap_cnt + 1;
	return true;
}

void sl_sim_plan_close(struct sl_sim_plan *plan)
{
	free(plan->paths);
	free(plan->visits);
}
