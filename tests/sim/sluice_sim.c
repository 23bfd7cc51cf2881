/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sluice-sim: the whole server under a seed, or under many. Each seed runs in a process of its own;
 * what fails it, a violation or a BUG, is printed with the command that shows it again.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/log.h"
#include "base/mutant.h"
#include "serve/worker.h"
#include "sim_clock.h"
#include "sim_openssl.h"
#include "sim_pcap.h"
#include "sim_random.h"
#include "sim_run.h"
#include "sim_trace.h"
#include "sim_violation.h"

enum { REPORT_BYTES = 4096, SECONDS_MAX = 300 };

struct options {
	uint64_t first_seed, last_seed;
	const char *scenario, *pcap;
	bool verbose, many, first_only;
};

static struct sl_sim_certificate certificate;
static struct sl_sim_result *result; /* shared with the child */

#ifdef SL_MUTANTS
int sl_mutant;

static const struct {
	const char *name, *about;
} mutants[] = {
#define MUTANT_ROW(name, about) { #name, about },
	SL_MUTANT_LIST(MUTANT_ROW)
};
enum { MUTANTS = sizeof(mutants) / sizeof(mutants[0]) };

static void list_mutants(void)
{
	for (int i = 0; i < MUTANTS; i++)
		printf("%-16s %s\n", mutants[i].name, mutants[i].about);
}

static bool choose_mutant(const char *name)
{
	for (int i = 0; i < MUTANTS; i++)
		if (strcmp(mutants[i].name, name) == 0)
			sl_mutant = SL_MUTANT_NONE + 1 + i;
	return sl_mutant != SL_MUTANT_NONE;
}
#else
static void list_mutants(void)
{
}

static bool choose_mutant(const char *name)
{
	(void)name;
	return false;
}
#endif

static void usage(FILE *out)
{
	fprintf(out, "usage: sluice-sim --seed N | --seeds FROM-TO [--scenario NAME] [--verbose] "
		     "[--pcap FILE] [--first]\n"
		     "       sluice-sim --list\n");
}

static void list(void)
{
	for (uint32_t i = 0; sl_sim_scenario_name(i); i++)
		printf("%-16s %s\n", sl_sim_scenario_name(i), sl_sim_scenario_about(i));
}

/* A BUG ends in abort: when it was belongs to the report. */
static void on_abort(int number)
{
	uint64_t since_ns = sl_clock_now_ns() - SL_SIM_START_NS;

	fprintf(stderr, "at %llu.%06llu s: BUG\n", (unsigned long long)(since_ns / SL_NS_PER_S),
		(unsigned long long)(since_ns % SL_NS_PER_S / SL_NS_PER_US));
	signal(number, SIG_DFL);
	raise(number);
}

static void be_child(uint64_t seed, const struct options *options, int report_fd)
{
	dup2(report_fd, STDERR_FILENO);
	signal(SIGABRT, on_abort);
	alarm(SECONDS_MAX);
	if (options->pcap)
		sl_sim_pcap_open(options->pcap);
	sl_sim_run(seed, options->scenario, &certificate, result);
	fflush(NULL);
	_Exit(EXIT_SUCCESS);
}

/* Everything the child had to say, on one line. */
static void read_report(int fd, char *report, size_t max_bytes)
{
	size_t len_bytes = 0;
	ssize_t got;

	while (len_bytes + 1 < max_bytes &&
	       (got = pread(fd, report + len_bytes, max_bytes - len_bytes - 1, (off_t)len_bytes)) >
		   0)
		len_bytes += (size_t)got;
	while (len_bytes > 0 && report[len_bytes - 1] == '\n')
		len_bytes--;
	report[len_bytes] = '\0';
	for (size_t i = 0; i < len_bytes; i++)
		if (report[i] == '\n')
			report[i] = ';';
}

static void print_pass(uint64_t seed, bool verbose)
{
	printf("seed %llu %s: hash %016llx", (unsigned long long)seed, result->scenario,
	       (unsigned long long)result->hash);
	if (verbose)
		printf(", %u visits, %u answers, %.1f MB, %.1f s virtual, %llu steps, "
		       "%llu entries, %llu permissions",
		       result->visits, result->answers, (double)result->bytes / 1e6,
		       (double)result->virtual_ns / 1e9, (unsigned long long)result->steps,
		       (unsigned long long)result->entries,
		       (unsigned long long)result->permissions);
	printf("\n");
}

static bool run_seed(uint64_t seed, const struct options *options)
{
	char report[REPORT_BYTES];
	FILE *file = tmpfile();
	int status;
	pid_t child;

	BUG_ON(!file);
	memset(result, 0, sizeof(*result));
	child = fork();
	BUG_ON(child < 0);
	if (child == 0)
		be_child(seed, options, fileno(file));
	BUG_ON(waitpid(child, &status, 0) != child);
	read_report(fileno(file), report, sizeof(report));
	fclose(file);
	if (status == 0) {
		if (!options->many || options->verbose)
			print_pass(seed, options->verbose);
		return true;
	}
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		snprintf(report, sizeof(report), "no end after %d s of real time", SECONDS_MAX);
	printf("FAIL seed %llu %s: %s\n", (unsigned long long)seed, result->scenario, report);
	return false;
}

static bool parse_seeds(const char *text, struct options *options)
{
	char *end;

	options->first_seed = options->last_seed = strtoull(text, &end, 10);
	options->many = *end == '-';
	if (options->many)
		options->last_seed = strtoull(end + 1, &end, 10);
	return *end == '\0' && end != text && options->last_seed >= options->first_seed;
}

static bool known(const char *scenario)
{
	for (uint32_t i = 0; sl_sim_scenario_name(i); i++)
		if (strcmp(sl_sim_scenario_name(i), scenario) == 0)
			return true;
	return false;
}

/* Returns an exit status, or -1 to go on. */
static int parse(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "seeds", required_argument, NULL, 's' },
		{ "scenario", required_argument, NULL, 'n' },
		{ "pcap", required_argument, NULL, 'p' },
		{ "mutation", required_argument, NULL, 'm' },
		{ "mutations", no_argument, NULL, 'M' },
		{ "first", no_argument, NULL, '1' },
		{ "list", no_argument, NULL, 'l' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	bool seeded = false;
	int option;

	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (option) {
		case 's':
			seeded = parse_seeds(optarg, options);
			break;
		case 'n':
			options->scenario = optarg;
			break;
		case 'p':
			options->pcap = optarg;
			break;
		case 'm':
			if (!choose_mutant(optarg))
				return EXIT_FAILURE;
			break;
		case 'M':
			list_mutants();
			return EXIT_SUCCESS;
		case '1':
			options->first_only = true;
			break;
		case 'v':
			options->verbose = true;
			break;
		case 'l':
			list();
			return EXIT_SUCCESS;
		case 'h':
			usage(stdout);
			return EXIT_SUCCESS;
		default:
			return EXIT_FAILURE;
		}
	}
	if (!seeded || optind != argc || (options->scenario && !known(options->scenario))) {
		usage(stderr);
		return EXIT_FAILURE;
	}
	return -1;
}

/* Done once, so that children begin alike whatever ran before them. */
static void prepare(void)
{
	BUG_ON(sl_worker_process_init());
	sl_log_level(SL_LOG_ERROR);
	sl_sim_openssl_seed();
	sl_sim_random_seed(0);
	sl_sim_certificate_make(&certificate);
	result =
	    mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	BUG_ON(result == MAP_FAILED);
	setvbuf(stdout, NULL, _IOLBF, 0);
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	uint64_t passed_cnt = 0, failed_cnt = 0;
	int status = parse(argc, argv, &options);

	if (status >= 0)
		return status;
	prepare();
	for (uint64_t seed = options.first_seed;
	     seed <= options.last_seed && !(options.first_only && failed_cnt > 0); seed++) {
		if (run_seed(seed, &options))
			passed_cnt++;
		else
			failed_cnt++;
	}
	sl_sim_certificate_remove(&certificate);
	if (options.many)
		printf("%llu passed, %llu failed\n", (unsigned long long)passed_cnt,
		       (unsigned long long)failed_cnt);
	return failed_cnt > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
