/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/renewal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/minmax.h"
#include "daemon/certificate_files.h"
#include "serve/worker.h"

/* Handshakes take some seconds at most; there is no hurry. */
#define COLLECT_NS SL_NS_PER_S

/* ---- the files ---- */

static void look_at_staple(struct sl_watch *watch, const char *certificate_path)
{
	char path[4096];

	if (snprintf(path, sizeof(path), "%s.ocsp", certificate_path) < (int)sizeof(path))
		sl_watch_file(watch, path);
}

/* True if they are not those of the look before. */
static bool look(struct sl_renewal *renewal, const struct sl_certificate_files *files)
{
	const struct sl_options *options = renewal->options;
	struct sl_watch *watch = &renewal->watch;

	sl_watch_look(watch);
	if (options->certificate_dir)
		sl_watch_dir(watch, options->certificate_dir);
	for (uint32_t idx = 0; idx < files->pair_cnt; idx++) {
		const struct sl_tls_pair *pair = &files->pairs[idx];

		sl_watch_file(watch, pair->certificate_path);
		if (pair->key_path)
			sl_watch_file(watch, pair->key_path);
		look_at_staple(watch, pair->certificate_path);
	}
	for (uint32_t idx = 0; idx < options->ticket_path_cnt; idx++)
		sl_watch_file(watch, options->ticket_paths[idx]);
	return sl_watch_looked(watch);
}

/* Certificates are read with all privileges at the start, and again with those that are left. */
static bool warn_of_unreadable(const char *path)
{
	if (!path || access(path, R_OK) == 0)
		return false;
	sl_warning("%s cannot be read with the rights the server keeps (%s): a change of it will "
		   "not be taken over; let its user read it",
		   path, strerror(errno));
	return true;
}

static void check_readable(const struct sl_renewal *renewal,
			   const struct sl_certificate_files *files)
{
	for (uint32_t idx = 0; idx < files->pair_cnt; idx++)
		if (warn_of_unreadable(files->pairs[idx].certificate_path) ||
		    warn_of_unreadable(files->pairs[idx].key_path))
			return; /* the others are no better, most likely */
	for (uint32_t idx = 0; idx < renewal->options->ticket_path_cnt; idx++)
		if (warn_of_unreadable(renewal->options->ticket_paths[idx]))
			return;
}

/* ---- renewing ---- */

static void count(struct sl_renewal *renewal)
{
	struct sl_credentials_summary summary;

	sl_credentials_summary(renewal->credentials, &summary);
	renewal->stats->certificates = summary.certificate_cnt;
	renewal->stats->certificate_expires_s = (uint64_t)summary.not_after_s;
}

static int renew(struct sl_renewal *renewal, const struct sl_certificate_files *files,
		 uint64_t now_ns)
{
	int error = sl_credentials_renew(renewal->credentials, files->pairs, files->pair_cnt,
					 renewal->workers, renewal->worker_cnt);

	if (error < 0)
		return error;
	renewal->stats->certificate_reloads++;
	renewal->collect_ns = now_ns + COLLECT_NS;
	renewal->tick_ns = now_ns; /* new dates */
	count(renewal);
	sl_info("certificates and ticket keys are read again, and in force");
	sl_credentials_report(renewal->credentials);
	return 0;
}

static int list_and_renew(struct sl_renewal *renewal, uint64_t now_ns, bool even_if_same)
{
	struct sl_certificate_files files;
	int error = sl_certificate_files_list(&files, renewal->options);

	if (error == 0 && (look(renewal, &files) || even_if_same))
		error = renew(renewal, &files, now_ns);
	if (error < 0)
		renewal->stats->certificate_reload_failures++;
	sl_certificate_files_free(&files);
	return error;
}

int sl_renewal_now(struct sl_renewal *renewal, uint64_t now_ns)
{
	return renewal->credentials ? list_and_renew(renewal, now_ns, true) : 0;
}

static void collect(struct sl_renewal *renewal, uint64_t now_ns)
{
	bool any = false;

	for (uint32_t idx = 0; idx < renewal->worker_cnt; idx++)
		any |= sl_worker_renewing(renewal->workers[idx]);
	renewal->collect_ns = any ? now_ns + COLLECT_NS : UINT64_MAX;
}

/* ---- the loop ---- */

int sl_renewal_fd(const struct sl_renewal *renewal)
{
	return renewal->watch.fd;
}

uint64_t sl_renewal_due_ns(const struct sl_renewal *renewal)
{
	return min_u64(sl_watch_due_ns(&renewal->watch),
		       min_u64(renewal->tick_ns, renewal->collect_ns));
}

void sl_renewal_run(struct sl_renewal *renewal, uint64_t now_ns)
{
	if (!renewal->credentials)
		return;
	if (sl_watch_run(&renewal->watch, now_ns))
		list_and_renew(renewal, now_ns, false);
	if (now_ns >= renewal->tick_ns)
		renewal->tick_ns = sl_credentials_tick(renewal->credentials, now_ns);
	if (now_ns >= renewal->collect_ns)
		collect(renewal, now_ns);
}

void sl_renewal_open(struct sl_renewal *renewal, const struct sl_options *options,
		     struct sl_credentials *credentials, struct sl_worker *const workers[],
		     uint32_t worker_cnt, struct sluice_process_stats *stats)
{
	struct sl_certificate_files files;

	*renewal = (struct sl_renewal){
		.options = options,
		.credentials = credentials,
		.workers = workers,
		.worker_cnt = worker_cnt,
		.stats = stats,
		.watch = { .fd = -1 },
		.tick_ns = credentials ? 0 : UINT64_MAX,
		.collect_ns = UINT64_MAX,
	};
	if (!credentials)
		return;
	count(renewal);
	if (sl_watch_open(&renewal->watch) < 0)
		sl_warning("certificates are not watched: inotify: %s; after a change send SIGHUP",
			   strerror(errno));
	if (sl_certificate_files_list(&files, options) == 0) {
		look(renewal, &files);
		check_readable(renewal, &files);
	}
	sl_certificate_files_free(&files);
}

void sl_renewal_close(struct sl_renewal *renewal)
{
	if (renewal->credentials)
		sl_watch_close(&renewal->watch);
	renewal->credentials = NULL;
}
