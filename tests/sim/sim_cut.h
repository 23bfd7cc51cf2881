/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cut: what a kernel makes of a packet with many segments' payload (wire/gso.h): a packet for each,
 * checksums and all.
 */
#ifndef SL_TESTS_SIM_CUT_H
#define SL_TESTS_SIM_CUT_H

#include "sim_nic.h"

/* Headers as sl_header_write_partial wrote them (it is a BUG if they are not), payload_bytes of
 * payload, to be cut every segment_bytes. Each packet is given to sink. */
void sl_sim_cut(const uint8_t *header, uint32_t header_bytes, const uint8_t *payload,
		uint32_t payload_bytes, uint32_t segment_bytes, sl_sim_nic_sink *sink, void *arg);

#endif
