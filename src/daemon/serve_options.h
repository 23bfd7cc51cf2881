/* SPDX-License-Identifier: BSD-2-Clause */
/* Options: the command line of `sluice serve`, parsed and checked as far as that needs no look at
 * the machine. */
#ifndef SL_DAEMON_SERVE_OPTIONS_H
#define SL_DAEMON_SERVE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/limits.h"
#include "content/choice.h"
#include "serve/credentials.h"
#include "serve/poll.h"

#define SL_RUN_DIR_DEFAULT "/run/sluice"

struct sl_options { /* strings are those of argv */
	const char *iface;
	const char *root;                  /* NULL: there are stores */
	const char *stores[SL_STORES_MAX]; /* as sl_stores_open takes them */
	uint32_t store_cnt;
	bool store_verify;
	struct sl_tls_pair pairs[SL_CERTIFICATES_MAX]; /* in the order they were given */
	uint32_t pair_cnt;
	const char *certificate_dir; /* or NULL */
	const char *ticket_paths[SL_TICKETS_KEYS_MAX];
	uint32_t ticket_path_cnt;
	bool only_tls13; /* no TLS 1.2 */
	const char *run_dir;
	const char *aead;                               /* NULL: the fastest */
	struct sl_listener listeners[SL_LISTENERS_MAX]; /* as written, wildcards included */
	uint32_t listener_cnt;                          /* [1, SL_LISTENERS_MAX] */
	uint32_t worker_cnt;                            /* 0: one a receive queue */
	uint32_t conns_max;
	uint64_t pipeline_budget_bytes; /* 0: from the last-level cache */
	uint64_t idle_timeout_ns;
	uint64_t header_timeout_ns;
	uint64_t drain_ns;
	enum sl_poll_mode poll_mode;
	bool dispatcher, generic, verbose;
	bool check; /* and do not serve */
};

enum sl_options_verdict {
	SL_OPTIONS_SERVE,
	SL_OPTIONS_HELP,     /* --help was asked for */
	SL_OPTIONS_UNUSABLE, /* understood, but what it names cannot be used: exit 1 */
	SL_OPTIONS_USAGE,    /* not understood, or not all that is needed: exit 2 */
};

enum { SL_PROBLEM_BYTES = 256 };

/* argv[0] is the command's own name. For UNUSABLE and USAGE problem says in one line what, where
 * and what to do. */
enum sl_options_verdict sl_options_parse(struct sl_options *options, int argc, char **argv,
					 char problem[SL_PROBLEM_BYTES]);

/* Is one of the listeners for TLS? */
bool sl_options_tls(const struct sl_options *options);

/* What is served, as the operator named it: the root, or the first store. */
const char *sl_options_what(const struct sl_options *options);

/* The text of `sluice serve --help`. */
extern const char sl_options_help[];

#endif
