/* SPDX-License-Identifier: BSD-2-Clause */
/* What of the room can be tried without a kernel on the other side; the rest is in tests/bpf. */
#include "room_nic.h"
#include "suites.h"

const struct sl_suite sl_suites[] = {
	{ "frames", suite_frames },
	{ "interface", suite_interface },
	{ "ring", suite_ring },
	{ NULL, NULL },
};
