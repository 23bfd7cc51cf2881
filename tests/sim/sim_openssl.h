/* SPDX-License-Identifier: BSD-2-Clause */
/* OpenSSL without chance: what it takes for random comes from the simulation's seed, and what it
 * takes for the time of day from its clock. For the whole process. */
#ifndef SL_TESTS_SIM_OPENSSL_H
#define SL_TESTS_SIM_OPENSSL_H

void sl_sim_openssl_seed(void);

#endif
