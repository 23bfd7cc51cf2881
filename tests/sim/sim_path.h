/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Path: what lies between the worker and one client, or several: a link each way, and a router on
 * the way out that takes no packet longer than its MTU. What it drops for that it reports by ICMP
 * (RFC 792, 1191, 4443), or does not: then it is a black hole.
 */
#ifndef SL_TESTS_SIM_PATH_H
#define SL_TESTS_SIM_PATH_H

#include "sim_link.h"

struct sl_sim_path_config {
	struct sl_sim_link_config out, in; /* from and to the worker */
	uint32_t mtu_bytes;                /* of IP packets on the way out; 0: any */
	bool silent;                       /* no ICMP */
};

struct sl_sim_path {
	struct sl_sim_path_config config;
	struct sl_sim_link *out, *in;
	uint64_t too_big_cnt;
};

void sl_sim_path_open(struct sl_sim_path *path, const struct sl_sim_path_config *config);
void sl_sim_path_close(struct sl_sim_path *path);

/* From now on; what is on its way stays so. */
void sl_sim_path_set(struct sl_sim_path *path, const struct sl_sim_path_config *config);

/* A packet of the worker's goes out. */
void sl_sim_path_out(struct sl_sim_path *path, const uint8_t *packet, uint32_t len_bytes);

#endif
