/* SPDX-License-Identifier: BSD-2-Clause */
/* A self-signed ECDSA P-256 certificate for the length of a test. */
#ifndef SL_TESTS_SIM_CERTIFICATE_H
#define SL_TESTS_SIM_CERTIFICATE_H

struct sl_sim_certificate {
	char certificate_path[64], key_path[64];
};

/* Writes both files below /tmp; remove deletes them. */
void sl_sim_certificate_make(struct sl_sim_certificate *certificate);
void sl_sim_certificate_remove(struct sl_sim_certificate *certificate);

#endif
