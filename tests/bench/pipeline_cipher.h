/* SPDX-License-Identifier: BSD-2-Clause */
/* The yardstick of the pipeline benchmark: AES-128-GCM alone, 16 KiB in one piece. */
#ifndef SL_TESTS_BENCH_PIPELINE_CIPHER_H
#define SL_TESTS_BENCH_PIPELINE_CIPHER_H

#include <stdint.h>

void pipeline_cipher_open(void);
void pipeline_cipher_close(void);

/* Seals some records; returns how many bytes. Takes some 40 us. */
uint64_t pipeline_cipher_turn(void);

#endif
