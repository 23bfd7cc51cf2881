/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE /* REG_RIP, dladdr */
#include "pipeline_stages.h"

#include <dlfcn.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/bug.h"

enum { SAMPLES_MAX = 1 << 16, EVERY_NS = 1000000, SECTIONS_MAX = 4096 };

const char *const pipeline_stage_names[PIPELINE_STAGES] = { "rx",   "tcp", "http", "disk",
							    "seal", "tx",  "other" };

/* The first that fits an object file's name as it stands in the map. */
static const struct {
	const char *object;
	enum pipeline_stage stage;
} owners[] = {
	{ "pipeline_nic", PIPELINE_TX },
	{ "pipeline_disk", PIPELINE_DISK },
	{ "libserve.a(answer", PIPELINE_HTTP },
	{ "libserve.a(intake", PIPELINE_HTTP },
	{ "libserve.a(inbox", PIPELINE_HTTP },
	{ "libserve.a(outbox", PIPELINE_HTTP },
	{ "libserve.a(session", PIPELINE_HTTP },
	{ "libserve.a(burst", PIPELINE_TX },
	{ "libserve.a(worker", PIPELINE_RX },
	{ "libserve.a(count", PIPELINE_RX },
	{ "libserve.a(", PIPELINE_DISK },
	{ "libcontent.a(", PIPELINE_HTTP },
	{ "libhttp.a(", PIPELINE_HTTP },
	{ "libtls.a(open", PIPELINE_HTTP },
	{ "libtls.a(", PIPELINE_SEAL },
	{ "libtcp.a(", PIPELINE_TCP },
	{ "libwire.a(header", PIPELINE_TX },
	{ "libwire.a(", PIPELINE_RX },
	{ "libbase.a(checksum", PIPELINE_TX },
	{ "libbase.a(wheel", PIPELINE_TCP },
	{ "libbase.a(hash", PIPELINE_TCP },
	/* Shared libraries, by file name: the engines; and the C library, whose part in this is
	 * memcpy. */
	{ "libIPSec_MB", PIPELINE_SEAL },
	{ "libcrypto", PIPELINE_SEAL },
	{ "libc.so", PIPELINE_SEAL },
};

static struct section {
	uintptr_t start, end;
	enum pipeline_stage stage;
} sections[SECTIONS_MAX];
static uint32_t section_cnt;

static uintptr_t samples[SAMPLES_MAX];
static volatile sig_atomic_t sample_cnt, counting;
static timer_t timer;

static void on_timer(int signal, siginfo_t *info, void *context)
{
	const ucontext_t *where = context;

	(void)signal;
	(void)info;
	if (counting && sample_cnt < SAMPLES_MAX)
		samples[sample_cnt++] = (uintptr_t)where->uc_mcontext.gregs[REG_RIP];
}

static enum pipeline_stage stage_of(const char *object)
{
	for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++)
		if (strstr(object, owners[i].object))
			return owners[i].stage;
	return PIPELINE_OTHER;
}

static void add_section(uintptr_t start, uintptr_t len_bytes, const char *object)
{
	if (len_bytes == 0)
		return;
	BUG_ON(section_cnt == SECTIONS_MAX);
	sections[section_cnt++] = (struct section){ start, start + len_bytes, stage_of(object) };
}

/* Lines like " .text  0x0000000000005a40  0x2f1 libtcp.a(ack.o)"; a long section name has a line
 * of its own. */
static void read_map(FILE *map)
{
	char line[4096], object[4096];
	unsigned long long start, len_bytes;

	while (fgets(line, sizeof(line), map)) {
		char *at = line;

		if (strncmp(line, " .text", 6) == 0) {
			at = line + strcspn(line + 1, " \n") + 1;
			if (*at == '\n' && !fgets(at = line, sizeof(line), map))
				return;
		} else {
			continue;
		}
		if (sscanf(at, " %llx %llx %4095s", &start, &len_bytes, object) == 3)
			add_section(start, len_bytes, object);
	}
}

static void open_map(void)
{
	char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 5);
	FILE *map;

	if (len < 0)
		return;
	strcpy(path + len, ".map");
	map = fopen(path, "re");
	if (!map) {
		fprintf(stderr, "%s: no linker map, so no shares of stages\n", path);
		return;
	}
	read_map(map);
	fclose(map);
}

void pipeline_stages_start(void)
{
	struct sigaction action = { .sa_sigaction = on_timer, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGPROF };
	struct itimerspec every = { { 0, EVERY_NS }, { 0, EVERY_NS } };

	open_map();
	sample_cnt = 0;
	sigaction(SIGPROF, &action, NULL);
	BUG_ON(timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer));
	BUG_ON(timer_settime(timer, 0, &every, NULL));
}

void pipeline_stages_count(bool counts)
{
	counting = counts;
}

static int first_base(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	*(uintptr_t *)arg = info->dlpi_addr;
	return 1; /* the program comes first */
}

static enum pipeline_stage stage_at(uintptr_t address, uintptr_t base)
{
	Dl_info info;

	for (uint32_t i = 0; i < section_cnt; i++)
		if (address - base >= sections[i].start && address - base < sections[i].end)
			return sections[i].stage;
	return dladdr((void *)address, &info) ? stage_of(info.dli_fname) : PIPELINE_OTHER;
}

void pipeline_stages_stop(double shares[PIPELINE_STAGES])
{
	uintptr_t base = 0;

	timer_delete(timer);
	memset(shares, 0, PIPELINE_STAGES * sizeof(*shares));
	if (section_cnt == 0)
		return;
	dl_iterate_phdr(first_base, &base);
	for (int i = 0; i < sample_cnt; i++)
		shares[stage_at(samples[i], base)] += 1.0 / sample_cnt;
}
