/* SPDX-License-Identifier: BSD-2-Clause */
/* Cores, for the benchmarks' clients: which one a client runs on, how busy the server's is. */
#ifndef SL_TESTS_BENCH_CORE_H
#define SL_TESTS_BENCH_CORE_H

/* This thread runs there and nowhere else. Says so if it cannot. */
void core_pin(int cpu);

/* Seconds since boot that the core was not idle: user, nice, system, irq, softirq. */
double core_busy_s(int cpu);

/* Seconds that all threads of a process have run so far. More precise than the above, and right on
 * a core that others use, too; but what the kernel does in interrupts is nobody's. */
double core_process_s(int pid);

#endif
