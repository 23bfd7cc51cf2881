/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Link: one direction of a simulated path. Packets go in at one time and come out at another, or
 * not at all, or twice, or damaged: as its configuration and its seed say. Time is the simulation's
 * clock.
 */
#ifndef SL_TESTS_SIM_LINK_H
#define SL_TESTS_SIM_LINK_H

#include <stdbool.h>
#include <stdint.h>

enum { SL_SIM_PACKET_MAX_BYTES = 9300 };

struct sl_sim_link_config {
	uint64_t delay_ns, jitter_ns;
	uint64_t rate_bytes_s; /* 0: no limit */
	uint32_t queue_max;    /* packets on their way; 0: no limit */
	/* What may wait for the rate, frames' gaps and the packet just being sent included, those
	 * that the delay holds not; 0: no limit. */
	uint64_t queue_max_bytes;
	uint32_t loss_ppm, reorder_ppm, duplicate_ppm, corrupt_ppm;
	bool in_order; /* jitter never lets one packet overtake another */
	/* Bad times come and go (Gilbert, Elliott): good ones of burst_every_ns and bad ones of
	 * burst_ns, on average, in which burst_loss_ppm are lost; burst_every_ns 0: none come. */
	uint64_t burst_every_ns, burst_ns;
	uint32_t burst_loss_ppm;
	uint64_t seed;
};

struct sl_sim_link_counters {
	uint64_t in, out, lost, lost_in_bursts, overflowed, reordered, duplicated, corrupted;
};

struct sl_sim_link;

struct sl_sim_link *sl_sim_link_open(const struct sl_sim_link_config *config);
void sl_sim_link_close(struct sl_sim_link *link);

/* From now on other faults; what is on its way stays so. */
void sl_sim_link_set(struct sl_sim_link *link, const struct sl_sim_link_config *config);

/* Copies the packet in. */
void sl_sim_link_put(struct sl_sim_link *link, const uint8_t *packet, uint32_t len_bytes);

/* The next packet that has arrived by now: its length, copied to out (SL_SIM_PACKET_MAX_BYTES); 0
 * if none. */
uint32_t sl_sim_link_get(struct sl_sim_link *link, uint8_t *out);

/* How long a packet that goes in now waits for the rate before its first bit leaves. */
uint64_t sl_sim_link_queue_ns(const struct sl_sim_link *link);

/* When the next one arrives; UINT64_MAX if none is on its way. */
uint64_t sl_sim_link_next_ns(const struct sl_sim_link *link);

const struct sl_sim_link_counters *sl_sim_link_counters(const struct sl_sim_link *link);

#endif
