/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bug.h"

#include <stdio.h>
#include <stdlib.h>

void sl_base_bug(const char *file, int line, const char *condition)
{
	fprintf(stderr, "sluice: BUG at %s:%d: %s\n", file, line, condition);
	abort();
}
