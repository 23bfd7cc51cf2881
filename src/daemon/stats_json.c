/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>

#include "daemon/stats_print.h"

/* Interface names may hold any byte but NUL and /. Bytes above 127 are written as Latin-1, so that
 * the text is valid whatever they meant. */
static void put_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
		if (*at < 0x20 || *at >= 0x7f || *at == '"' || *at == '\\')
			fprintf(out, "\\u%04x", *at);
		else
			fputc(*at, out);
	}
	fputc('"', out);
}

static void put_text(FILE *out, const char *name, const char *text)
{
	fprintf(out, "\"%s\":", name);
	put_string(out, text);
	fputc(',', out);
}

static void put_number(FILE *out, const char *name, uint64_t number)
{
	fprintf(out, "\"%s\":%" PRIu64 ",", name, number);
}

static void put_bool(FILE *out, const char *name, bool value)
{
	fprintf(out, "\"%s\":%s,", name, value ? "true" : "false");
}

static void put_counters(FILE *out, const struct sluice_worker_stats *worker)
{
	const struct sl_stats_field *field = sl_stats_fields;

	for (; field->name; field++)
		fprintf(out, "%s\"%s\":%" PRIu64, field == sl_stats_fields ? "" : ",", field->name,
			sl_stats_number(worker, field->off_bytes));
}

static void put_worker(FILE *out, uint32_t idx, const struct sluice_worker_stats *now,
		       const struct sluice_worker_stats *before)
{
	fputs(idx ? ",{" : "{", out);
	put_number(out, "worker", idx);
	put_number(out, "queue", now->queue);
	put_number(out, "cpu", now->cpu);
	put_text(out, "xdp_mode", now->zero_copy ? "zero-copy" : "copy");
	put_bool(out, "gso", now->gso);
	put_bool(out, "huge_pages", now->huge_pages);
	put_text(out, "aead", now->aead);
	fprintf(out, "\"loop_busy_share\":%.4f,", sl_stats_busy(now, before));
	put_counters(out, now);
	fputc('}', out);
}

void sl_stats_json(FILE *out, const struct sl_stats_sample *now,
		   const struct sl_stats_sample *before)
{
	const struct sluice_process_stats *process = &now->process;
	int64_t up_s = now->wall_s - (int64_t)process->started_s;

	fputc('{', out);
	put_text(out, "version", process->package_version);
	put_number(out, "pid", process->pid);
	put_text(out, "interface", process->iface);
	put_text(out, "steering", sl_stats_steering(process));
	put_number(out, "program_id", process->program_id);
	put_number(out, "started_s", process->started_s);
	put_number(out, "uptime_s", up_s > 0 ? (uint64_t)up_s : 0);
	put_bool(out, "draining", process->draining);
	put_number(out, "certificates", process->certificates);
	put_number(out, "certificate_expires_s", process->certificate_expires_s);
	put_number(out, "certificate_reloads", process->certificate_reloads);
	put_number(out, "certificate_reload_failures", process->certificate_reload_failures);
	fputs("\"workers\":[", out);
	for (uint32_t idx = 0; idx < process->worker_cnt; idx++)
		put_worker(out, idx, &now->workers[idx], before ? &before->workers[idx] : NULL);
	fputs("],\"total\":{", out);
	put_counters(out, &now->total);
	fputs("}}\n", out);
}
