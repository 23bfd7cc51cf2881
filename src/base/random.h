/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random: a seam. The real one is getrandom(2); the simulation's is a generator with a seed.
 * Used at start for secrets (initial sequence numbers, hash keys), never per packet.
 */
#ifndef SL_BASE_RANDOM_H
#define SL_BASE_RANDOM_H

#include <stddef.h>

/* Fills [out, out + len_bytes) with bytes nobody can guess. Setup only: may block until the
 * kernel's generator is seeded. */
void sl_random_fill(void *out, size_t len_bytes);

#endif
