/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Simulated NIC: src/nic/nic.h over a pair of links. The worker opens it like a real one; the test
 * then finds it and plays the far end.
 *
 *      worker ── sl_nic_tx ──► [TX ring] ── flush ──► link "out" ──► sl_sim_nic_pull ── clients
 *      worker ◄── sl_nic_rx ── [RX ring] ◄────────── link "in"  ◄── sl_sim_nic_push ── clients
 *
 * Every frame's owner is kept and checked at every step, whatever the build.
 */
#ifndef SL_TESTS_SIM_NIC_H
#define SL_TESTS_SIM_NIC_H

#include "nic/nic.h"
#include "sim_link.h"

/* The one that is open now (one worker a simulation), or NULL. */
struct sl_nic *sl_sim_nic(void);

/* Applies to the next sl_nic_open: out is from the worker, in is towards it. */
void sl_sim_nic_links(const struct sl_sim_link_config *out, const struct sl_sim_link_config *in);
void sl_sim_nic_set_links(struct sl_nic *nic, const struct sl_sim_link_config *out,
			  const struct sl_sim_link_config *in);

uint32_t sl_sim_nic_pull(struct sl_nic *nic, uint8_t *packet);
void sl_sim_nic_push(struct sl_nic *nic, const uint8_t *packet, uint32_t len_bytes);

/* When the worker has something to receive, and when a client has. */
uint64_t sl_sim_nic_worker_next_ns(const struct sl_nic *nic);
uint64_t sl_sim_nic_client_next_ns(const struct sl_nic *nic);

/* Frames add up, none is held by the pump between two turns: a BUG otherwise. */
void sl_sim_nic_check(const struct sl_nic *nic);

const struct sl_sim_link_counters *sl_sim_nic_out_counters(const struct sl_nic *nic);

#endif
