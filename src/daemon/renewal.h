/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Renewal: keeps the certificates and ticket keys of a running server those of their files. Reads
 * them again when one of them has changed, or when told to; looks after what time brings (ticket
 * keys, staples); frees what nobody uses any more. Main thread only.
 */
#ifndef SL_DAEMON_RENEWAL_H
#define SL_DAEMON_RENEWAL_H

#include <stdint.h>

#include "daemon/serve_options.h"
#include "daemon/watch.h"
#include "serve/credentials.h"
#include "sluice/stats.h"

struct sl_worker;

struct sl_renewal {
	const struct sl_options *options;
	struct sl_credentials *credentials; /* NULL: no TLS, nothing to do */
	struct sl_worker *const *workers;
	uint32_t worker_cnt;
	struct sluice_process_stats *stats;
	struct sl_watch watch;
	uint64_t tick_ns;    /* when to look at the clock next */
	uint64_t collect_ns; /* when to look for contexts that are no more used; UINT64_MAX: none */
};

/* Begins to watch the files. Nothing in it fails: what cannot be watched has a line in the log. All
 * arguments outlive the renewal; credentials may be NULL. With the privileges that the server will
 * keep. */
void sl_renewal_open(struct sl_renewal *renewal, const struct sl_options *options,
		     struct sl_credentials *credentials, struct sl_worker *const workers[],
		     uint32_t worker_cnt, struct sluice_process_stats *stats);
void sl_renewal_close(struct sl_renewal *renewal);

/* To poll for reading, or -1; and when to call run even if there is nothing to be read. */
int sl_renewal_fd(const struct sl_renewal *renewal);
uint64_t sl_renewal_due_ns(const struct sl_renewal *renewal);

/* Does what is due. */
void sl_renewal_run(struct sl_renewal *renewal, uint64_t now_ns);

/* Reads all files now, changed or not. Errors, each with its line in the log: those of
 * sl_certificate_files_list and sl_credentials_renew; then nothing has changed. */
int sl_renewal_now(struct sl_renewal *renewal, uint64_t now_ns);

#endif
