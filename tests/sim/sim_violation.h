/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Violation: something that must hold does not. The first one ends the run of the seed: the process
 * says what, when and of whom, and exits.
 */
#ifndef SL_TESTS_SIM_VIOLATION_H
#define SL_TESTS_SIM_VIOLATION_H

#include <stdint.h>

enum { SL_SIM_VIOLATED = 2 }; /* the exit status */

/* Of no connection in particular. */
#define SL_SIM_NOBODY UINT32_MAX

/* One line on standard error; place is the connection's. */
__attribute__((noreturn, format(printf, 2, 3))) void sl_sim_violation(uint32_t place,
								      const char *format, ...);

#endif
