/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Credentials: the certificates and the ticket keys of all workers, of which each gets a context of
 * its own; and new ones for workers that run. Main thread only.
 *
 * New ones are complete, or they are not used: every file is read and checked for every worker
 * before the first of them gets its context. So there may be two of each for as long as it takes.
 */
#ifndef SL_SERVE_CREDENTIALS_H
#define SL_SERVE_CREDENTIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "tls/credentials.h"

struct sl_worker;
struct sl_credentials;

struct sl_credentials_config {
	const struct sl_tls_pair *pairs; /* for the call only; the first is for everybody */
	uint32_t pair_cnt;               /* [1, SL_CERTIFICATES_MAX] */
	const char *const *ticket_paths; /* outlive the credentials */
	uint32_t ticket_path_cnt;        /* 0: keys are random */
	bool only_tls13;                 /* no TLS 1.2 */
};

/* Reads and checks all files and makes context_cnt contexts [1, SL_WORKERS_MAX]; touches nothing
 * else. Errors, each with its line in the log: those of sl_tls_context_open and sl_tickets_open. */
int sl_credentials_open(struct sl_credentials **credentials,
			const struct sl_credentials_config *config, uint32_t context_cnt);

/* No worker has a context of them any more. */
void sl_credentials_close(struct sl_credentials *credentials);

/* One of the contexts that open made, for the caller to use and to close. NULL: all are taken. */
struct sl_tls_context *sl_credentials_take(struct sl_credentials *credentials);

/* What handshakes will add to a worker's contexts, the one that is to be replaced and the next
 * included, if there are as many keys then: the worker's heap (tls/heap.h) is to be larger by that.
 * With more keys there is room for fewer handshakes. */
uint64_t sl_credentials_heap_bytes(const struct sl_credentials *credentials);

/* Reads all files again and gives each of these workers, all there are, a new context. Errors, each
 * with its line in the log: as open; then what was there before stays in force. */
int sl_credentials_renew(struct sl_credentials *credentials, const struct sl_tls_pair *pairs,
			 uint32_t pair_cnt, struct sl_worker *const workers[], uint32_t worker_cnt);

/* What time brings: new ticket keys, certificates that expire. Returns when to call again. */
uint64_t sl_credentials_tick(struct sl_credentials *credentials, uint64_t now_ns);

/* Says which certificates are in force, and which of them will not be for long. */
void sl_credentials_report(const struct sl_credentials *credentials);

struct sl_credentials_summary {
	uint32_t certificate_cnt;
	int64_t not_after_s; /* of the certificate that expires first */
};

void sl_credentials_summary(const struct sl_credentials *credentials,
			    struct sl_credentials_summary *summary);

#endif
