/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_link.h"

#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/clock.h"

enum { MILLION = 1000000, FRAME_GAP_BYTES = 24 }; /* preamble, FCS, gap */

struct packet {
	uint64_t due_ns, order; /* order settles equal times */
	uint32_t len_bytes;
	uint8_t data[];
};

struct sl_sim_link {
	struct sl_sim_link_config config;
	struct sl_sim_link_counters counters;
	uint64_t random, order, free_ns, latest_ns;
	uint64_t turn_ns; /* when good times become bad, or bad ones good */
	bool bad;
	struct packet **heap; /* earliest first */
	uint32_t heap_cnt, heap_max;
};

static bool earlier(const struct packet *a, const struct packet *b)
{
	return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

static void heap_push(struct sl_sim_link *link, struct packet *packet)
{
	uint32_t at;

	if (link->heap_cnt == link->heap_max) {
		link->heap_max = link->heap_max ? link->heap_max * 2 : 256;
		link->heap = realloc(link->heap, link->heap_max * sizeof(struct packet *));
		BUG_ON(!link->heap);
	}
	for (at = link->heap_cnt++; at > 0 && earlier(packet, link->heap[(at - 1) / 2]);
	     at = (at - 1) / 2)
		link->heap[at] = link->heap[(at - 1) / 2];
	link->heap[at] = packet;
}

static struct packet *heap_pop(struct sl_sim_link *link)
{
	struct packet *first = link->heap[0], *last = link->heap[--link->heap_cnt];
	uint32_t at = 0, child;

	while ((child = 2 * at + 1) < link->heap_cnt) {
		if (child + 1 < link->heap_cnt && earlier(link->heap[child + 1], link->heap[child]))
			child++;
		if (!earlier(link->heap[child], last))
			break;
		link->heap[at] = link->heap[child];
		at = child;
	}
	link->heap[at] = last;
	return first;
}

/* xorshift64*: the link has its own, so that what others draw does not change its faults. */
static uint64_t draw(struct sl_sim_link *link)
{
	link->random ^= link->random >> 12;
	link->random ^= link->random << 25;
	link->random ^= link->random >> 27;
	return link->random * UINT64_C(0x2545F4914F6CDD1D) >> 16;
}

static bool happens(struct sl_sim_link *link, uint32_t ppm)
{
	return ppm > 0 && draw(link) % MILLION < ppm;
}

struct sl_sim_link *sl_sim_link_open(const struct sl_sim_link_config *config)
{
	struct sl_sim_link *link = calloc(1, sizeof(*link));

	BUG_ON(!link);
	link->random = config->seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
	sl_sim_link_set(link, config);
	return link;
}

void sl_sim_link_set(struct sl_sim_link *link, const struct sl_sim_link_config *config)
{
	link->config = *config;
}

void sl_sim_link_close(struct sl_sim_link *link)
{
	while (link->heap_cnt > 0)
		free(heap_pop(link));
	free(link->heap);
	free(link);
}

uint64_t sl_sim_link_queue_ns(const struct sl_sim_link *link)
{
	uint64_t now_ns = sl_clock_now_ns();

	return link->free_ns > now_ns ? link->free_ns - now_ns : 0;
}

/* Drop-tail. */
static bool overflows(const struct sl_sim_link *link, uint32_t len_bytes)
{
	const struct sl_sim_link_config *config = &link->config;
	uint64_t waiting_bytes;

	if (config->queue_max > 0 && link->heap_cnt >= config->queue_max)
		return true;
	if (config->queue_max_bytes == 0)
		return false;
	waiting_bytes = sl_sim_link_queue_ns(link) * config->rate_bytes_s / SL_NS_PER_S;
	return waiting_bytes + len_bytes + FRAME_GAP_BYTES > config->queue_max_bytes;
}

/* When a packet that enters now leaves the far end. */
static uint64_t arrival_ns(struct sl_sim_link *link, uint32_t len_bytes)
{
	const struct sl_sim_link_config *config = &link->config;
	uint64_t at_ns = sl_clock_now_ns();

	if (config->rate_bytes_s > 0) {
		if (link->free_ns < at_ns)
			link->free_ns = at_ns;
		link->free_ns += (len_bytes + FRAME_GAP_BYTES) * SL_NS_PER_S / config->rate_bytes_s;
		at_ns = link->free_ns;
	}
	at_ns += config->delay_ns;
	if (config->jitter_ns > 0)
		at_ns += draw(link) % config->jitter_ns;
	if (config->in_order && at_ns < link->latest_ns)
		at_ns = link->latest_ns;
	link->latest_ns = at_ns;
	if (happens(link, config->reorder_ppm)) {
		at_ns += config->delay_ns / 4 + 3 * SL_NS_PER_MS;
		link->counters.reordered++;
	}
	return at_ns;
}

/* How long the times last is uniform, up to twice the average. */
static bool in_burst(struct sl_sim_link *link)
{
	const struct sl_sim_link_config *config = &link->config;
	uint64_t now_ns = sl_clock_now_ns();

	if (config->burst_every_ns == 0)
		return false;
	if (link->turn_ns == 0)
		link->turn_ns = now_ns + draw(link) % (2 * config->burst_every_ns);
	while (link->turn_ns <= now_ns) {
		link->bad = !link->bad;
		link->turn_ns +=
		    1 + draw(link) % (2 * (link->bad ? config->burst_ns : config->burst_every_ns));
	}
	return link->bad && happens(link, config->burst_loss_ppm);
}

static void enqueue(struct sl_sim_link *link, const uint8_t *data, uint32_t len_bytes)
{
	struct packet *packet = malloc(sizeof(*packet) + len_bytes);

	BUG_ON(!packet);
	packet->due_ns = arrival_ns(link, len_bytes);
	packet->order = link->order++;
	packet->len_bytes = len_bytes;
	memcpy(packet->data, data, len_bytes);
	if (happens(link, link->config.corrupt_ppm)) {
		packet->data[14 + draw(link) % (len_bytes - 14)] ^= (uint8_t)(1 << draw(link) % 8);
		link->counters.corrupted++;
	}
	heap_push(link, packet);
}

void sl_sim_link_put(struct sl_sim_link *link, const uint8_t *packet, uint32_t len_bytes)
{
	BUG_ON(len_bytes <= 14 || len_bytes > SL_SIM_PACKET_MAX_BYTES);
	link->counters.in++;
	if (happens(link, link->config.loss_ppm)) {
		link->counters.lost++;
		return;
	}
	if (in_burst(link)) {
		link->counters.lost_in_bursts++;
		return;
	}
	if (overflows(link, len_bytes)) {
		link->counters.overflowed++;
		return;
	}
	enqueue(link, packet, len_bytes);
	if (happens(link, link->config.duplicate_ppm)) {
		link->counters.duplicated++;
		enqueue(link, packet, len_bytes);
	}
}

uint32_t sl_sim_link_get(struct sl_sim_link *link, uint8_t *out)
{
	struct packet *packet;
	uint32_t len_bytes;

	if (link->heap_cnt == 0 || link->heap[0]->due_ns > sl_clock_now_ns())
		return 0;
	packet = heap_pop(link);
	len_bytes = packet->len_bytes;
	memcpy(out, packet->data, len_bytes);
	free(packet);
	link->counters.out++;
	return len_bytes;
}

uint64_t sl_sim_link_next_ns(const struct sl_sim_link *link)
{
	return link->heap_cnt == 0 ? UINT64_MAX : link->heap[0]->due_ns;
}

const struct sl_sim_link_counters *sl_sim_link_counters(const struct sl_sim_link *link)
{
	return &link->counters;
}
