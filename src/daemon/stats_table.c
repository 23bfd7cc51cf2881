/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "daemon/stats_print.h"
#include "daemon/units.h"
#include "nic/steer.h"

enum { LABEL_WIDTH = 28, CELL_WIDTH = 18 };

const char *sl_stats_steering(const struct sluice_process_stats *process)
{
	switch (process->steer_mode) {
	case SL_STEER_NATIVE:
		return "native";
	case SL_STEER_GENERIC:
		return "generic";
	case SL_STEER_DISPATCHER:
		return "dispatcher";
	default:
		return "unknown";
	}
}

double sl_stats_busy(const struct sluice_worker_stats *now,
		     const struct sluice_worker_stats *before)
{
	double busy = (double)now->loop_busy_ns - (before ? (double)before->loop_busy_ns : 0);
	double idle = (double)now->loop_idle_ns - (before ? (double)before->loop_idle_ns : 0);

	idle += (double)now->loop_looked_ns - (before ? (double)before->loop_looked_ns : 0);
	/* A loop that noted neither has slept through the whole time. */
	return busy > 0 && busy + idle > 0 ? busy / (busy + idle) : 0;
}

static void print_certificates(FILE *out, const struct sluice_process_stats *process,
			       int64_t wall_s)
{
	int64_t left_s = (int64_t)process->certificate_expires_s - wall_s;

	if (process->certificates == 0)
		return;
	fprintf(out, "certificates: %" PRIu64, process->certificates);
	if (left_s < 0)
		fputs(", one has expired", out);
	else
		fprintf(out, ", the first expires in %" PRId64 " days", left_s / (24 * 3600));
	fprintf(out, "; read again %" PRIu64 " times, %" PRIu64 " failed\n",
		process->certificate_reloads, process->certificate_reload_failures);
}

void sl_stats_head(FILE *out, const struct sl_stats_sample *now)
{
	const struct sluice_process_stats *process = &now->process;
	int64_t up_s = now->wall_s - (int64_t)process->started_s;
	char up[SL_UNITS_BYTES];

	fprintf(out, "sluice %s on %s, pid %u, up %s%s\n", process->package_version, process->iface,
		process->pid, sl_units_seconds(up, up_s > 0 ? (uint64_t)up_s : 0),
		process->draining ? ", letting responses finish" : "");
	fprintf(out, "steering: %s XDP, program %u\n", sl_stats_steering(process),
		process->program_id);
	print_certificates(out, process, now->wall_s);
	fputc('\n', out);
}

static void print_label(FILE *out, const char *name)
{
	int width = 0;

	for (; name[width]; width++)
		fputc(name[width] == '_' ? ' ' : name[width], out);
	fprintf(out, "%*s", width < LABEL_WIDTH ? LABEL_WIDTH - width : 0, "");
}

static void print_cell(FILE *out, const char *text)
{
	fprintf(out, " %*s", CELL_WIDTH, text);
}

static void print_titles(FILE *out, const struct sl_stats_sample *now)
{
	char text[SL_UNITS_BYTES];

	print_label(out, "");
	for (uint32_t idx = 0; idx < now->process.worker_cnt; idx++) {
		snprintf(text, sizeof(text), "worker %u", idx);
		print_cell(out, text);
	}
	if (now->process.worker_cnt > 1)
		print_cell(out, "total");
	fputc('\n', out);
}

static const char *queue_text(const struct sluice_worker_stats *worker, char out[SL_UNITS_BYTES])
{
	snprintf(out, SL_UNITS_BYTES, "%llu", (unsigned long long)worker->queue);
	return out;
}

static const char *cpu_text(const struct sluice_worker_stats *worker, char out[SL_UNITS_BYTES])
{
	snprintf(out, SL_UNITS_BYTES, "%llu", (unsigned long long)worker->cpu);
	return out;
}

static const char *mode_text(const struct sluice_worker_stats *worker, char out[SL_UNITS_BYTES])
{
	(void)out;
	return worker->zero_copy ? "zero-copy" : "copy";
}

static const char *gso_text(const struct sluice_worker_stats *worker, char out[SL_UNITS_BYTES])
{
	(void)out;
	return worker->gso ? "yes" : "no";
}

static const char *pages_text(const struct sluice_worker_stats *worker, char out[SL_UNITS_BYTES])
{
	(void)out;
	return worker->huge_pages ? "huge" : "small";
}

static const char *aead_text(const struct sluice_worker_stats *worker, char out[SL_UNITS_BYTES])
{
	(void)out;
	return worker->aead[0] ? worker->aead : "none";
}

static const char *busy_text(const struct sluice_worker_stats *worker, char out[SL_UNITS_BYTES])
{
	return sl_units_share(out, worker->loop_busy_ns,
			      worker->loop_looked_ns + worker->loop_idle_ns);
}

static void print_facts(FILE *out, const struct sl_stats_sample *now)
{
	static const struct {
		const char *label;
		const char *(*text)(const struct sluice_worker_stats *, char[SL_UNITS_BYTES]);
	} rows[] = {
		{ "receive queue", queue_text }, { "CPU", cpu_text },
		{ "AF_XDP mode", mode_text },    { "GSO", gso_text },
		{ "memory pages", pages_text },  { "AEAD", aead_text },
		{ "loop busy", busy_text },
	};
	char text[SL_UNITS_BYTES];

	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		fprintf(out, "%-*s", LABEL_WIDTH, rows[row].label);
		for (uint32_t idx = 0; idx < now->process.worker_cnt; idx++)
			print_cell(out, rows[row].text(&now->workers[idx], text));
		fputc('\n', out);
	}
}

static const char *ending(const char *name)
{
	const char *last = strrchr(name, '_');

	return last ? last : "";
}

static const char *value_text(const struct sl_stats_field *field,
			      const struct sluice_worker_stats *worker, char out[SL_UNITS_BYTES])
{
	uint64_t number = sl_stats_number(worker, field->off_bytes);

	if (strcmp(ending(field->name), "_bytes") == 0)
		return sl_units_bytes(out, number);
	if (strcmp(ending(field->name), "_ns") == 0)
		return sl_units_seconds(out, number / 1000000000);
	return sl_units_count(out, number);
}

static void print_field(FILE *out, const struct sl_stats_sample *now,
			const struct sl_stats_field *field)
{
	char text[SL_UNITS_BYTES];

	print_label(out, field->name);
	for (uint32_t idx = 0; idx < now->process.worker_cnt; idx++)
		print_cell(out, value_text(field, &now->workers[idx], text));
	if (now->process.worker_cnt > 1)
		print_cell(out, value_text(field, &now->total, text));
	fputc('\n', out);
}

void sl_stats_table(FILE *out, const struct sl_stats_sample *now)
{
	sl_stats_head(out, now);
	print_titles(out, now);
	print_facts(out, now);
	for (const struct sl_stats_field *field = sl_stats_fields; field->name; field++)
		print_field(out, now, field);
}
