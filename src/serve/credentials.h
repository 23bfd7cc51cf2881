/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Credentials: the certificates and the ticket keys of all workers, of which each gets a context of
 * its own. Main thread only.
 */
#ifndef SL_SERVE_CREDENTIALS_H
#define SL_SERVE_CREDENTIALS_H

#include <stdint.h>

#include "tls/credentials.h"

struct sl_credentials;

struct sl_credentials_config {
	const struct sl_tls_pair *pairs; /* for the call only; the first is for everybody */
	uint32_t pair_cnt;               /* [1, SL_CERTIFICATES_MAX] */
	const char *const *ticket_paths; /* outlive the credentials */
	uint32_t ticket_path_cnt;        /* 0: keys are random */
};

/* Reads and checks all files and makes context_cnt contexts [1, SL_WORKERS_MAX]; touches nothing
 * else. Errors, each with its line in the log: those of sl_tls_context_open and sl_tickets_open. */
int sl_credentials_open(struct sl_credentials **credentials,
			const struct sl_credentials_config *config, uint32_t context_cnt);

/* No worker has a context of them any more. */
void sl_credentials_close(struct sl_credentials *credentials);

/* One of the contexts that open made, for the caller to use and to close. NULL: all are taken. */
struct sl_tls_context *sl_credentials_take(struct sl_credentials *credentials);

/* Says which certificates are in force, and which of them will not be for long. */
void sl_credentials_report(const struct sl_credentials *credentials);

#endif
