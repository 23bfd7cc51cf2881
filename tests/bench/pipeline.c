/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pipeline: how fast the production worker is when nothing but it is in the way. NIC and disk
 * are simulated (pipeline_nic.c, pipeline_disk.c), so are the clients; kernel, drivers and wires
 * are left out, and everything between the rings is as it is in production: TCP, HTTP, TLS records,
 * checksums. One core, one thread.
 *
 * Time. Each turn of the worker is measured in processor time of the thread, so that a busy machine
 * disturbs little; what clients and devices do between the turns is not counted. The clock that the
 * worker sees is the sum of its own turns: it goes on while the worker works, and when there is
 * nothing to do it jumps to the next event. So pacing and round-trip times are what they would be
 * on a core that does nothing else, and the core is never idle for want of ACKs: speed is bytes by
 * busy time. "busy" says which share of the time that was; below 100 % clients and windows were
 * the limit. "best" is the speed in the best twentieth of the time, in slices of 20 ms: on a busy
 * machine that is what a quiet one would show. "share" is the share of what the cipher alone does
 * on whole records in one piece.
 *
 * usage: pipeline [OPTION=VALUE]...   one line for one set of options
 *        pipeline all [OPTION=VALUE]...   the whole table
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/clock.h"
#include "pipeline_cipher.h"
#include "pipeline_clients.h"
#include "pipeline_disk.h"
#include "pipeline_stages.h"
#include "serve/budget.h"
#include "serve/worker.h"

#define KIB      1024
#define SLICE_NS (20 * SL_NS_PER_MS)

enum { SLICES_MAX = 3000, BEST_SHARE = 20 };

struct options { /* all numbers, so that a table can name them */
	uint64_t connections, tls, mtu, ack, seconds, warm, object, files, rtt_us, window, disk_us;
	uint64_t budget, bbr, in_place;
};

static const struct options defaults = {
	.connections = 1000,
	.tls = 1,
	.mtu = 1500,
	.ack = 16,
	.seconds = 3,
	.warm = 2,
	.object = 300 * KIB,
	.files = 4000,
	.rtt_us = 20000,
	.window = 1024 * KIB,
	.disk_us = 80,
};

static const struct {
	const char *name;
	size_t off_bytes;
	const char *help;
} names[] = {
#define OPTION(name, help)                                  \
	{                                                   \
#name, offsetof(struct options, name), help \
	}
	OPTION(connections, "how many, all asking all the time"),
	OPTION(tls, "1: HTTPS (TLS 1.3, AES-128-GCM), 0: HTTP"),
	OPTION(mtu, "bytes"),
	OPTION(ack, "segments of a burst for each ACK: 16 is a receiver with GRO, 2 one without"),
	OPTION(seconds, "of busy time to measure"),
	OPTION(warm, "seconds of busy time before"),
	OPTION(object, "bytes of each response's body"),
	OPTION(files, "different ones, each asked for by as many clients; 1: all want the same"),
	OPTION(rtt_us, "microseconds between a segment and the arrival of its ACK"),
	OPTION(window, "bytes that a client offers"),
	OPTION(disk_us, "microseconds a read takes"),
	OPTION(budget, "bytes of disk buffers and frames; 0: half of a core's share of the cache"),
	OPTION(bbr, "1: BBR, 0: CUBIC"),
	OPTION(in_place, "1: what was read lies where the core has just been, in its inner cache"),
#undef OPTION
};

struct result {
	double gbps, best_gbps, share, ns_per_packet, packets_per_burst, read_kib, busy;
	double shares[PIPELINE_STAGES];
	uint64_t peak_bytes, responses, duplicates;
};

/* ---- one run ---- */

struct run {
	const struct options *options;
	struct sl_listener listener;
	struct sl_credentials *credentials;
	struct sl_worker_config config;
	struct sluice_worker_stats *stats;
	struct sl_worker *worker;
	uint64_t now_ns, busy_ns, idle_ns;
	uint64_t alone_bytes, alone_ns;
	double slices_gbps[SLICES_MAX];
	uint32_t slice_cnt;
};

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * SL_NS_PER_S + (uint64_t)now.tv_nsec;
}

/* The yardstick: now and then the cipher alone has a turn, so that both are measured on the same
 * machine at the same time, whatever else it does. */
static void seal_alone(struct run *run)
{
	uint64_t start_ns = cpu_ns();

	run->alone_bytes += pipeline_cipher_turn();
	run->alone_ns += cpu_ns() - start_ns;
}

static void run_open(struct run *run)
{
	const struct options *options = run->options;
	const struct sl_tls_pair nobody = { .certificate_path = "none" }; /* never read */
	const struct sl_credentials_config credentials = { .pairs = &nobody, .pair_cnt = 1 };
	uint64_t budget_bytes = options->budget ? options->budget : sl_budget_default(1);

	run->listener = (struct sl_listener){
		.address = sl_address_from_ipv4(pipeline_server_ipv4),
		.port = PIPELINE_PORT,
		.tls = options->tls,
		.congestion = options->bbr ? SL_CONGESTION_BBR : SL_CONGESTION_CUBIC,
	};
	run->stats = aligned_alloc(4096, sizeof(*run->stats));
	BUG_ON(!run->stats);
	memset(run->stats, 0, sizeof(*run->stats));
	if (options->tls)
		BUG_ON(sl_credentials_open(&run->credentials, &credentials, 1));
	run->config = (struct sl_worker_config){
		.iface = "pipeline",
		.mtu_bytes = (uint32_t)options->mtu,
		.listeners = &run->listener,
		.listener_cnt = 1,
		.root = "/",
		.credentials = run->credentials,
		.conns_max = (uint32_t)options->connections + 64,
		.pipeline_budget_bytes = budget_bytes,
		.idle_timeout_ns = 600 * SL_NS_PER_S,
		.header_timeout_ns = 60 * SL_NS_PER_S,
		.drain_ns = SL_NS_PER_S,
		.stats = run->stats,
	};
	pipeline_disk_configure(&(struct pipeline_disk_options){
	    .file_bytes = options->object,
	    .latency_ns = options->disk_us * SL_NS_PER_US,
	    .in_place = options->in_place,
	});
	BUG_ON(sl_worker_process_init());
	pipeline_cipher_open();
	BUG_ON(sl_worker_open(&run->worker, &run->config));
	pipeline_clients_open(&(struct pipeline_clients_options){
	    .cnt = (uint32_t)options->connections,
	    .tls = options->tls,
	    .mtu_bytes = (uint32_t)options->mtu,
	    .object_bytes = options->object,
	    .file_cnt = (uint32_t)(options->files < options->connections ? options->files
									 : options->connections),
	    .ack_every = (uint32_t)options->ack,
	    .rtt_ns = options->rtt_us * SL_NS_PER_US,
	    .window_bytes = (uint32_t)options->window,
	    .spread_ns = SL_NS_PER_S / 2,
	});
	run->now_ns = sl_clock_now_ns();
}

static void turn(struct run *run)
{
	uint64_t start_ns, took_ns, next_ns;
	bool busy;

	pipeline_clients_give(pipeline_nic(), run->now_ns);
	pipeline_disk_set_now(run->now_ns);
	start_ns = cpu_ns();
	pipeline_stages_count(true);
	busy = sl_worker_turn(run->worker, run->now_ns, &next_ns);
	pipeline_stages_count(false);
	took_ns = cpu_ns() - start_ns;
	run->busy_ns += took_ns;
	run->now_ns += took_ns;
	pipeline_clients_take(pipeline_nic(), run->now_ns);
	if (pipeline_clients_next_ns() < next_ns)
		next_ns = pipeline_clients_next_ns();
	if (pipeline_disk_next_ns() < next_ns)
		next_ns = pipeline_disk_next_ns();
	if (!busy && next_ns > run->now_ns && next_ns != UINT64_MAX) {
		run->idle_ns += next_ns - run->now_ns;
		run->now_ns = next_ns;
	}
}

static void turns(struct run *run, uint64_t for_ns)
{
	uint64_t until_ns = run->busy_ns + for_ns;

	while (run->busy_ns < until_ns) {
		uint64_t body_bytes = run->stats->body_bytes, busy_ns = run->busy_ns;

		while (run->busy_ns < busy_ns + SLICE_NS)
			turn(run);
		body_bytes = run->stats->body_bytes - body_bytes;
		BUG_ON(run->slice_cnt == SLICES_MAX);
		run->slices_gbps[run->slice_cnt++] =
		    8.0 * (double)body_bytes / (double)(run->busy_ns - busy_ns);
		seal_alone(run);
	}
}

static int faster_first(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return left < right ? 1 : left > right ? -1 : 0;
}

static double best_gbps(struct run *run)
{
	uint32_t best_cnt = run->slice_cnt / BEST_SHARE + 1;
	double sum = 0;

	qsort(run->slices_gbps, run->slice_cnt, sizeof(double), faster_first);
	for (uint32_t i = 0; i < best_cnt; i++)
		sum += run->slices_gbps[i];
	return sum / best_cnt;
}

static void measure(struct run *run, struct result *result)
{
	struct pipeline_clients_counters before = *pipeline_clients_counters(), after;
	uint64_t body_bytes = run->stats->body_bytes, reads = run->stats->reads;
	uint64_t busy_ns = run->busy_ns, idle_ns = run->idle_ns;
	struct rusage usage;
	double took_ns;

	run->alone_bytes = run->alone_ns = 0;
	run->slice_cnt = 0;
	pipeline_stages_start();
	turns(run, run->options->seconds * SL_NS_PER_S);
	pipeline_stages_stop(result->shares);
	after = *pipeline_clients_counters();
	took_ns = (double)(run->busy_ns - busy_ns);
	body_bytes = run->stats->body_bytes - body_bytes;
	reads = run->stats->reads - reads;
	getrusage(RUSAGE_SELF, &usage);
	result->gbps = 8.0 * (double)body_bytes / took_ns;
	result->best_gbps = best_gbps(run);
	result->share = result->gbps * (double)run->alone_ns / (8.0 * (double)run->alone_bytes);
	result->ns_per_packet = took_ns / (double)(after.segments - before.segments);
	result->packets_per_burst =
	    (double)(after.segments - before.segments) / (double)(after.bursts - before.bursts);
	result->read_kib = reads ? (double)body_bytes / (double)reads / KIB : 0;
	result->busy = took_ns / (took_ns + (double)(run->idle_ns - idle_ns));
	result->peak_bytes = (uint64_t)usage.ru_maxrss * KIB;
	result->responses = after.responses - before.responses;
	result->duplicates = after.duplicate_segments - before.duplicate_segments;
}

static struct result run_one(const struct options *options)
{
	struct run run = { .options = options };
	struct result result = { 0 };

	run_open(&run);
	while (!pipeline_clients_connected())
		turn(&run);
	pipeline_clients_start(run.now_ns);
	turns(&run, options->warm * SL_NS_PER_S);
	measure(&run, &result);
	BUG_ON(run.stats->tag_mismatches || run.stats->short_reads ||
	       run.stats->connections_timed_out);
	pipeline_clients_close();
	pipeline_cipher_close();
	sl_worker_close(run.worker);
	sl_credentials_close(run.credentials);
	return result;
}

/* In a process of its own, so that each has its own peak of memory. */
static struct result run_apart(const struct options *options)
{
	struct result result = { 0 };
	int ends[2], status;
	pid_t child;

	BUG_ON(pipe(ends));
	child = fork();
	BUG_ON(child < 0);
	if (child == 0) {
		result = run_one(options);
		_exit(write(ends[1], &result, sizeof(result)) != sizeof(result));
	}
	close(ends[1]);
	BUG_ON(waitpid(child, &status, 0) < 0);
	if (status != 0 || read(ends[0], &result, sizeof(result)) != sizeof(result)) {
		fprintf(stderr, "pipeline: the run with %lu connections failed\n",
			options->connections);
		exit(EXIT_FAILURE);
	}
	close(ends[0]);
	return result;
}

/* ---- output ---- */

static void print_head(void)
{
	printf("%-5s %5s %7s %4s %6s %6s %6s %5s %5s", "", "mtu", "conns", "ack", "Gb/s", "ns/pkt",
	       "pk/bst", "KiB/r", "busy");
	for (int i = 0; i < PIPELINE_STAGES; i++)
		printf(" %5s", pipeline_stage_names[i]);
	printf(" %6s\n", "MiB");
}

static void print_row(const struct options *options, const struct result *result)
{
	printf("%-5s %5lu %7lu 1/%-2lu %6.1f %6.1f %5.2f %6.0f %6.1f %5.1f %4.0f%%",
	       options->tls ? "https" : "http", options->mtu, options->connections, options->ack,
	       result->gbps, result->best_gbps, result->share, result->ns_per_packet,
	       result->packets_per_burst, result->read_kib, 100 * result->busy);
	for (int i = 0; i < PIPELINE_STAGES; i++)
		printf(" %4.0f%%", 100 * result->shares[i]);
	printf(" %6lu\n", result->peak_bytes >> 20);
	if (result->duplicates)
		printf("      (%lu segments were sent twice)\n", result->duplicates);
	fflush(stdout);
}

/* For results.json: pipeline.https_1500_1000: gbps=… */
static void print_figures(const char *protocol, uint64_t mtu, uint64_t connections,
			  const struct result *result)
{
	printf("pipeline.%s_%lu_%lu: gbps=%.2f oneshot_share=%.3f ns_per_packet=%.0f busy=%.2f",
	       protocol, mtu, connections, result->gbps, result->share, result->ns_per_packet,
	       result->busy);
	for (int i = 0; i < PIPELINE_STAGES; i++)
		printf(" %s=%.3f", pipeline_stage_names[i], result->shares[i]);
	printf(" peak_mib=%lu\n", result->peak_bytes >> 20);
}

static struct result row(struct options options, uint64_t tls, uint64_t mtu, uint64_t connections)
{
	struct result result;

	options.tls = tls;
	options.mtu = mtu;
	options.connections = connections;
	result = run_apart(&options);
	print_row(&options, &result);
	return result;
}

static void all(const struct options *options)
{
	static const uint64_t cnts[] = { 100, 1000, 10000, 100000 };
	struct options every_second = *options;
	struct result https[4], http[4], https_9000, http_9000;

	every_second.ack = 2;
	print_head();
	for (int i = 0; i < 4; i++)
		https[i] = row(*options, 1, 1500, cnts[i]);
	for (int i = 0; i < 4; i++)
		http[i] = row(*options, 0, 1500, cnts[i]);
	https_9000 = row(*options, 1, 9000, 1000);
	http_9000 = row(*options, 0, 9000, 1000);
	row(every_second, 1, 1500, 1000);
	for (int i = 0; i < 4; i++)
		print_figures("https", 1500, cnts[i], &https[i]);
	for (int i = 0; i < 4; i++)
		print_figures("http", 1500, cnts[i], &http[i]);
	print_figures("https", 9000, 1000, &https_9000);
	print_figures("http", 9000, 1000, &http_9000);
	printf("pipeline: https_1500_1000_gbps=%.1f https_1500_10000_gbps=%.1f "
	       "https_1500_100000_gbps=%.1f https_9000_1000_gbps=%.1f http_1500_1000_gbps=%.1f "
	       "oneshot_share=%.2f\n",
	       https[1].gbps, https[2].gbps, https[3].gbps, https_9000.gbps, http[1].gbps,
	       https[1].share);
}

static bool parse(struct options *options, const char *text)
{
	const char *equals = strchr(text, '=');

	for (size_t i = 0; equals && i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncmp(text, names[i].name, (size_t)(equals - text)) != 0 ||
		    names[i].name[equals - text] != '\0')
			continue;
		*(uint64_t *)((char *)options + names[i].off_bytes) = strtoull(equals + 1, NULL, 0);
		return true;
	}
	return false;
}

static int usage(void)
{
	fprintf(stderr, "usage: pipeline [all] [OPTION=NUMBER]...\n");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		fprintf(stderr, "  %-12s %s (%lu)\n", names[i].name, names[i].help,
			*(const uint64_t *)((const char *)&defaults + names[i].off_bytes));
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct options options = defaults;
	bool whole_table = argc > 1 && strcmp(argv[1], "all") == 0;
	struct result result;

	for (int i = 1 + whole_table; i < argc; i++)
		if (!parse(&options, argv[i]))
			return usage();
	if (whole_table) {
		all(&options);
		return EXIT_SUCCESS;
	}
	print_head();
	result = run_apart(&options);
	print_row(&options, &result);
	return EXIT_SUCCESS;
}
