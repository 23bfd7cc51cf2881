/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SL_TESTS_BPF_SUITES_H
#define SL_TESTS_BPF_SUITES_H

#include "unit/suites.h"

Suite *suite_steer(void);
Suite *suite_attach(void);
Suite *suite_bond(void);
Suite *suite_expand(void);
Suite *suite_hearing(void);
Suite *suite_nic_xdp(void);

#endif
