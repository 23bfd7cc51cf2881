/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Assertions. BUG_ON is for our own mistakes and is always compiled in: a server that goes on with
 * a broken invariant sends somebody the wrong bytes. BUG_ON_HOT is for the paths that run per
 * packet; it is compiled in by --enable-debug, in the simulation and in fuzzers.
 *
 * Bad input is never a BUG: it gets a verdict or an error.
 */
#ifndef SL_BASE_BUG_H
#define SL_BASE_BUG_H

#include "config.h"

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* Prints the condition with its place and aborts; the core dump is the report. */
__attribute__((noreturn, cold)) void sl_base_bug(const char *file, int line, const char *condition);

#define BUG_ON(condition)                                            \
	do {                                                         \
		if (unlikely(condition))                             \
			sl_base_bug(__FILE__, __LINE__, #condition); \
	} while (0)

#ifdef SL_DEBUG
#define BUG_ON_HOT(condition) BUG_ON(condition)
#else
/* sizeof keeps the names in use without evaluating anything. */
#define BUG_ON_HOT(condition) ((void)sizeof(condition))
#endif

#endif
