/* SPDX-License-Identifier: BSD-2-Clause */
/* The simulation's own parts: they must keep the contracts of those they stand for. */
#include "suites.h"

#include <stddef.h>

Suite *sim_agenda_suite(void);
Suite *sim_clock_suite(void);
Suite *sim_disk_suite(void);
Suite *sim_random_suite(void);

const struct sl_suite sl_suites[] = {
	{ "sim_agenda", sim_agenda_suite },
	{ "sim_clock", sim_clock_suite },
	{ "sim_random", sim_random_suite },
	{ "sim_disk", sim_disk_suite },
	{ NULL, NULL },
};
