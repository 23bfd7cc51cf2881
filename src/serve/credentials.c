/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/credentials.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/minmax.h"
#include "serve/worker.h"
#include "tls/heap.h"

enum {
	SECONDS_A_DAY = 24 * 3600,
	/* Those who renew by themselves do so a month before: two weeks are left to look why not.
	 */
	WARN_DAYS = 14,
	LINES_MAX = 16, /* of certificates; more is for --verbose */
	TICK_MAX_S = 600,
};

/* Contexts of one reading of the files, and what it found. */
struct edition {
	struct sl_tls_context *contexts[SL_WORKERS_MAX]; /* not given away yet */
	uint32_t context_cnt;
	struct sl_tls_certificate_info *infos;
	uint32_t certificate_cnt;
};

struct sl_credentials {
	struct sl_tickets *tickets;
	bool only_tls13;
	struct edition now;
	int64_t seen_s; /* staples that went out of date up to here have been told of */
};

/* ---- editions ---- */

static void edition_drop(struct edition *edition)
{
	while (edition->context_cnt > 0)
		sl_tls_context_close(edition->contexts[--edition->context_cnt]);
	sl_free(edition->infos);
	edition->infos = NULL;
}

static int note_infos(struct edition *edition, uint32_t certificate_cnt, const char **problem)
{
	*problem = "certificates: out of memory";
	edition->infos = sl_alloc(certificate_cnt, sizeof(*edition->infos));
	if (!edition->infos)
		return -ENOMEM;
	for (uint32_t idx = 0; idx < certificate_cnt; idx++)
		sl_tls_context_info(edition->contexts[0], idx, &edition->infos[idx]);
	edition->certificate_cnt = certificate_cnt;
	return 0;
}

/* Errors: with a problem; give it to drop in any case. */
static int edition_open(struct edition *edition, const struct sl_tls_config *config,
			uint32_t context_cnt, const char **problem)
{
	BUG_ON(context_cnt == 0 || context_cnt > SL_WORKERS_MAX);
	*edition = (struct edition){ .context_cnt = 0 };
	while (edition->context_cnt < context_cnt) {
		int error =
		    sl_tls_context_open(&edition->contexts[edition->context_cnt], config, problem);

		if (error < 0)
			return error;
		edition->context_cnt++;
	}
	return note_infos(edition, config->pair_cnt, problem);
}

struct sl_tls_context *sl_credentials_take(struct sl_credentials *credentials)
{
	if (credentials->now.context_cnt == 0)
		return NULL;
	return credentials->now.contexts[--credentials->now.context_cnt];
}

/* ---- what is in force ---- */

static const char *day_of(int64_t wall_s, char text[16])
{
	time_t seconds = (time_t)wall_s;
	struct tm parts;

	if (!gmtime_r(&seconds, &parts) || strftime(text, 16, "%Y-%m-%d", &parts) == 0)
		return "an unknown day";
	return text;
}

static void warn_of_dates(const struct sl_tls_certificate_info *info, int64_t now_s)
{
	int64_t left_s = info->not_after_s - now_s;
	char day[16];

	if (info->not_before_s > now_s)
		sl_warning("certificate %s is not valid before %s: clients refuse it; check the "
			   "clock, or use the one before it",
			   info->path, day_of(info->not_before_s, day));
	if (left_s < 0)
		sl_warning("certificate %s expired on %s: clients refuse it; renew it", info->path,
			   day_of(info->not_after_s, day));
	else if (left_s < WARN_DAYS * SECONDS_A_DAY)
		sl_warning("certificate %s expires on %s, in %lld days; renew it", info->path,
			   day_of(info->not_after_s, day), (long long)(left_s / SECONDS_A_DAY));
}

static void report_one(const struct sl_tls_certificate_info *info, enum sl_log_level level)
{
	char day[16], staple_day[16];

	sl_log(level, "certificate %s: for %s; %s; until %s%s%s", info->path,
	       info->name_cnt > 0 ? info->names : "no name", info->kind,
	       day_of(info->not_after_s, day), info->staple_until_s > 0 ? "; staple until " : "",
	       info->staple_until_s == 0           ? ""
	       : info->staple_until_s == INT64_MAX ? "it is replaced"
						   : day_of(info->staple_until_s, staple_day));
}

void sl_credentials_report(const struct sl_credentials *credentials)
{
	const struct edition *edition = &credentials->now;
	int64_t now_s = sl_clock_wall_s();

	for (uint32_t idx = 0; idx < edition->certificate_cnt; idx++) {
		const struct sl_tls_certificate_info *info = &edition->infos[idx];

		report_one(info, idx < LINES_MAX ? SL_LOG_INFO : SL_LOG_DEBUG);
		warn_of_dates(info, now_s);
		if (info->staple_problem[0])
			sl_warning("%s", info->staple_problem);
	}
	if (edition->certificate_cnt > LINES_MAX)
		sl_info("and %u more certificates, which -v lists",
			edition->certificate_cnt - LINES_MAX);
}

/* ---- what time brings ---- */

/* The next call comes in time for the first of them that goes out of date. */
static int64_t look_after_staples(const struct edition *edition, int64_t seen_s, int64_t now_s)
{
	int64_t next_s = INT64_MAX;

	for (uint32_t idx = 0; idx < edition->certificate_cnt; idx++) {
		const struct sl_tls_certificate_info *info = &edition->infos[idx];

		if (info->staple_until_s > now_s)
			next_s = info->staple_until_s < next_s ? info->staple_until_s : next_s;
		else if (info->staple_until_s > seen_s)
			sl_warning("staple %s.ocsp is out of date by now: it is left out; fetch a "
				   "new one",
				   info->path);
	}
	return next_s;
}

uint64_t sl_credentials_tick(struct sl_credentials *credentials, uint64_t now_ns)
{
	uint64_t next_ns = sl_tickets_rotate(credentials->tickets, now_ns);
	int64_t now_s = sl_clock_wall_s();
	int64_t next_s = look_after_staples(&credentials->now, credentials->seen_s, now_s);

	credentials->seen_s = now_s;
	if (next_s != INT64_MAX)
		next_ns = min_u64(next_ns, now_ns + (uint64_t)(next_s - now_s) * SL_NS_PER_S);
	/* The clock may be set meanwhile. */
	return min_u64(next_ns, now_ns + TICK_MAX_S * SL_NS_PER_S);
}

/* ---- all ---- */

uint64_t sl_credentials_heap_bytes(const struct sl_credentials *credentials)
{
	const struct edition *edition = &credentials->now;
	uint64_t key_cnt = 0;

	for (uint32_t idx = 0; idx < edition->certificate_cnt; idx++)
		key_cnt += strncmp(edition->infos[idx].kind, "RSA", 3) == 0;
	return 2 * key_cnt * SL_TLS_HEAP_KEY_BYTES;
}

static int set_up(struct sl_credentials *credentials, const struct sl_credentials_config *config,
		  uint32_t context_cnt, const char **problem)
{
	struct sl_tls_config tls = {
		.pairs = config->pairs,
		.pair_cnt = config->pair_cnt,
		.only_13 = config->only_tls13,
	};
	int error = sl_tickets_open(&credentials->tickets, config->ticket_paths,
				    config->ticket_path_cnt, sl_clock_now_ns(), problem);

	if (error < 0) {
		credentials->tickets = NULL;
		return error;
	}
	tls.tickets = credentials->tickets;
	credentials->only_tls13 = config->only_tls13;
	return edition_open(&credentials->now, &tls, context_cnt, problem);
}

int sl_credentials_open(struct sl_credentials **out, const struct sl_credentials_config *config,
			uint32_t context_cnt)
{
	struct sl_credentials *credentials = sl_alloc(1, sizeof(*credentials));
	const char *problem = "certificates: out of memory";
	int error = credentials ? set_up(credentials, config, context_cnt, &problem) : -ENOMEM;

	if (error < 0) {
		sl_error("%s", problem);
		sl_credentials_close(credentials);
		return error;
	}
	credentials->seen_s = sl_clock_wall_s();
	*out = credentials;
	return 0;
}

void sl_credentials_close(struct sl_credentials *credentials)
{
	if (!credentials)
		return;
	edition_drop(&credentials->now);
	sl_tickets_close(credentials->tickets);
	sl_free(credentials);
}

int sl_credentials_renew(struct sl_credentials *credentials, const struct sl_tls_pair *pairs,
			 uint32_t pair_cnt, struct sl_worker *const workers[], uint32_t worker_cnt)
{
	const struct sl_tls_config tls = {
		.pairs = pairs,
		.pair_cnt = pair_cnt,
		.tickets = credentials->tickets,
		.only_13 = credentials->only_tls13,
	};
	struct edition next;
	const char *problem;
	int error = edition_open(&next, &tls, worker_cnt, &problem);

	if (error == 0)
		error = sl_tickets_reload(credentials->tickets, &problem);
	if (error < 0) {
		sl_error("%s; what was read before stays in force", problem);
		edition_drop(&next);
		return error;
	}
	for (uint32_t idx = 0; idx < worker_cnt; idx++)
		sl_worker_renew(workers[idx], next.contexts[idx]);
	next.context_cnt = 0;
	edition_drop(&credentials->now);
	credentials->now = next;
	return 0;
}

void sl_credentials_summary(const struct sl_credentials *credentials,
			    struct sl_credentials_summary *summary)
{
	const struct edition *edition = &credentials->now;

	*summary = (struct sl_credentials_summary){ .certificate_cnt = edition->certificate_cnt,
						    .not_after_s = INT64_MAX };
	for (uint32_t idx = 0; idx < edition->certificate_cnt; idx++)
		if (edition->infos[idx].not_after_s < summary->not_after_s)
			summary->not_after_s = edition->infos[idx].not_after_s;
}
