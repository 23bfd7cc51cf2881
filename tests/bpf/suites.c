/* SPDX-License-Identifier: BSD-2-Clause */
#include "bpf/suites.h"

const struct sl_suite sl_suites[] = {
	{ "steer", suite_steer },
	{ "attach", suite_attach },
	{ "bond", suite_bond },
	{ "expand", suite_expand },
	{ "hearing", suite_hearing },
	{ "nic_xdp", suite_nic_xdp },
	{ NULL, NULL },
};
