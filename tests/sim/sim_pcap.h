/* SPDX-License-Identifier: BSD-2-Clause */
/* Capture: every packet that reaches the worker or leaves it, in a file for tcpdump and Wireshark,
 * with its virtual time. */
#ifndef SL_TESTS_SIM_PCAP_H
#define SL_TESTS_SIM_PCAP_H

#include <stdint.h>

/* From now on, in this process. Nothing is captured before. */
void sl_sim_pcap_open(const char *path);
void sl_sim_pcap_add(const uint8_t *packet, uint32_t len_bytes);

#endif
