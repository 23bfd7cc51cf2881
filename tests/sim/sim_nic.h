/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Simulated NIC: src/nic/nic.h without a network behind it. The worker opens it like a real one;
 * whoever plays the network gives it packets, and is given those that leave.
 *
 *      worker ── sl_nic_tx ──► [TX ring] ── flush ──► sink
 *      worker ◄── sl_nic_rx ── [RX ring] ◄────────── sl_sim_nic_push
 *
 * Every frame's owner is kept and checked at every step, whatever the build.
 */
#ifndef SL_TESTS_SIM_NIC_H
#define SL_TESTS_SIM_NIC_H

#include "nic/nic.h"

/* Where packets go that leave from now on; they are gone when it returns. */
typedef void sl_sim_nic_sink(void *arg, const uint8_t *packet, uint32_t len_bytes);
void sl_sim_nic_connect(struct sl_nic *nic, sl_sim_nic_sink *sink, void *arg);

/* Whether NICs that are opened from now on have packets cut into segments (sl_nic_segments). */
void sl_sim_nic_set_segments(bool segments);

/* A packet arrives: copied into a frame, or lost if none is left for it. */
void sl_sim_nic_push(struct sl_nic *nic, const uint8_t *packet, uint32_t len_bytes);

/* Packets that wait for sl_nic_rx. */
uint32_t sl_sim_nic_waiting(const struct sl_nic *nic);
uint64_t sl_sim_nic_dropped(const struct sl_nic *nic);

/* Frames add up, none is held by the worker between two turns: a BUG otherwise. */
void sl_sim_nic_check(struct sl_nic *nic);

#endif
