/* SPDX-License-Identifier: BSD-2-Clause */
/* Settings that the benchmarks' clients have in common: whom to ask, how, how long, and where. */
#ifndef SL_TESTS_BENCH_SETTINGS_H
#define SL_TESTS_BENCH_SETTINGS_H

#include <netinet/in.h>
#include <stdbool.h>

struct settings {
	struct sockaddr_in address;
	const char *host; /* the address as it was given */
	int conn_cnt;
	double warmup_s, measured_s;
	int cpu, server_cpu; /* -1: none */
};

#define SETTINGS_OPTIONS "c:w:t:C:S:" /* for getopt */
#define SETTINGS_USAGE   "[-c CONNECTIONS] [-w WARM_UP_S] [-t MEASURED_S] [-C CPU] [-S SERVER_CPU]"

/* False: it is none of SETTINGS_OPTIONS. */
bool settings_take(struct settings *settings, int option, const char *value);

/* False: not an IPv4 address. host is kept. */
bool settings_target(struct settings *settings, const char *host, const char *port);

#endif
