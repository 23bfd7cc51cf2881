/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/credentials.h"

#include <errno.h>
#include <time.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"

enum {
	SECONDS_A_DAY = 24 * 3600,
	/* Those who renew by themselves do so a month before: two weeks are left to look why not.
	 */
	WARN_DAYS = 14,
	LINES_MAX = 16, /* of certificates; more is for --verbose */
};

struct sl_credentials {
	struct sl_tickets *tickets;
	struct sl_tls_context *contexts[SL_WORKERS_MAX]; /* not taken yet */
	uint32_t context_cnt;
	struct sl_tls_certificate_info *infos;
	uint32_t certificate_cnt;
};

/* ---- contexts ---- */

static void close_contexts(struct sl_credentials *credentials)
{
	while (credentials->context_cnt > 0)
		sl_tls_context_close(credentials->contexts[--credentials->context_cnt]);
}

static int open_contexts(struct sl_credentials *credentials,
			 const struct sl_credentials_config *config, uint32_t cnt)
{
	const struct sl_tls_config tls = {
		.pairs = config->pairs,
		.pair_cnt = config->pair_cnt,
		.tickets = credentials->tickets,
	};
	const char *problem;

	BUG_ON(cnt > SL_WORKERS_MAX);
	while (credentials->context_cnt < cnt) {
		int error = sl_tls_context_open(&credentials->contexts[credentials->context_cnt],
						&tls, &problem);

		if (error < 0) {
			sl_error("%s", problem);
			return error;
		}
		credentials->context_cnt++;
	}
	return 0;
}

struct sl_tls_context *sl_credentials_take(struct sl_credentials *credentials)
{
	if (credentials->context_cnt == 0)
		return NULL;
	return credentials->contexts[--credentials->context_cnt];
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

void sl_credentials_report(const struct sl_credentials *credentials)
{
	int64_t now_s = sl_clock_wall_s();
	char day[16];

	for (uint32_t idx = 0; idx < credentials->certificate_cnt; idx++) {
		const struct sl_tls_certificate_info *info = &credentials->infos[idx];

		sl_log(idx < LINES_MAX ? SL_LOG_INFO : SL_LOG_DEBUG,
		       "certificate %s: for %s; %s; until %s", info->path,
		       info->name_cnt > 0 ? info->names : "no name", info->kind,
		       day_of(info->not_after_s, day));
		warn_of_dates(info, now_s);
	}
	if (credentials->certificate_cnt > LINES_MAX)
		sl_info("and %u more certificates, which -v lists",
			credentials->certificate_cnt - LINES_MAX);
}

static int note_infos(struct sl_credentials *credentials, uint32_t certificate_cnt)
{
	credentials->infos = sl_alloc(certificate_cnt, sizeof(*credentials->infos));
	if (!credentials->infos)
		return -ENOMEM;
	for (uint32_t idx = 0; idx < certificate_cnt; idx++)
		sl_tls_context_info(credentials->contexts[0], idx, &credentials->infos[idx]);
	credentials->certificate_cnt = certificate_cnt;
	return 0;
}

/* ---- all ---- */

static int set_up(struct sl_credentials *credentials, const struct sl_credentials_config *config,
		  uint32_t context_cnt)
{
	const char *problem;
	int error = sl_tickets_open(&credentials->tickets, config->ticket_paths,
				    config->ticket_path_cnt, sl_clock_now_ns(), &problem);

	if (error < 0) {
		credentials->tickets = NULL;
		sl_error("%s", problem);
		return error;
	}
	error = open_contexts(credentials, config, context_cnt);
	return error < 0 ? error : note_infos(credentials, config->pair_cnt);
}

int sl_credentials_open(struct sl_credentials **out, const struct sl_credentials_config *config,
			uint32_t context_cnt)
{
	struct sl_credentials *credentials = sl_alloc(1, sizeof(*credentials));
	int error;

	if (!credentials)
		return -ENOMEM;
	error = set_up(credentials, config, context_cnt);
	if (error < 0) {
		sl_credentials_close(credentials);
		return error;
	}
	*out = credentials;
	return 0;
}

void sl_credentials_close(struct sl_credentials *credentials)
{
	if (!credentials)
		return;
	close_contexts(credentials);
	sl_tickets_close(credentials->tickets);
	sl_free(credentials->infos);
	sl_free(credentials);
}
