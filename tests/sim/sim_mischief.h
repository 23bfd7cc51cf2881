/* SPDX-License-Identifier: BSD-2-Clause */
/* Mischief: what a client acknowledges that it has not received, or more often than it should
 * (Savage, Cardwell, Wetherall, Anderson: "TCP congestion control with a misbehaving receiver",
 * 1999). It harms its own transfer; the worker must stay whole, and fair to the others. */
#ifndef SL_TESTS_SIM_MISCHIEF_H
#define SL_TESTS_SIM_MISCHIEF_H

#include "sim_plan.h"

/* Something has come for the client: does its mischief now and then. */
void sl_sim_mischief(enum sl_sim_mischief mischief, struct sl_sim_tcp *tcp,
		     const struct sl_sim_tap *tap, uint64_t *dice);

#endif
