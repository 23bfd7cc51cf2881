/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pipeline benchmark's NIC: nic/nic.h without a kernel. Frames go to the TX ring and are free
 * again a turn later, as if a device had fetched them; in between the clients may look at their
 * headers. What the clients send is written straight into receive frames, as a device would.
 */
#ifndef SL_TESTS_BENCH_PIPELINE_NIC_H
#define SL_TESTS_BENCH_PIPELINE_NIC_H

#include <stdint.h>

#include "nic/nic.h"

/* The only one there is; NULL before sl_nic_open. */
struct sl_nic *pipeline_nic(void);

/* What was flushed since the last call, oldest first: a packet, or as much of one as a frame has,
 * and its next part at the next call; valid until the worker's next turn. NULL: no more. */
const uint8_t *pipeline_nic_next_sent(struct sl_nic *nic, uint32_t *len_bytes);

/* Where the next packet to the worker is to be written: headers before, payload from there on.
 * NULL: the RX ring is full. */
uint8_t *pipeline_nic_slot(struct sl_nic *nic);
void pipeline_nic_arrived(struct sl_nic *nic, uint32_t header_bytes, uint32_t payload_bytes);

#endif
