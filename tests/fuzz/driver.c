/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fuzzer without libFuzzer: runs a target on every input of its corpus and then on mutations of
 * them, the same ones each time for the same seed. It follows no coverage, so it finds less; but it
 * needs nothing, runs in `make check`, and what it finds it finds again.
 *
 *     fuzz_NAME [-n MUTATIONS] [-s SEED] FILE|DIRECTORY…
 *
 * Each input lies in a heap buffer of its own length, so that ASan sees the first byte read beyond.
 * What makes the target die is kept in ./crash-SEED-NUMBER and can be given as FILE.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The target: as libFuzzer has it. It returns 0 and dies of what it finds. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len_bytes);

/* There if a sanitizer is linked: it ends a process in its own way. */
__attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)(void));

enum {
	INPUT_MAX_BYTES = 64 * 1024,
	INPUTS_MAX = 4096,
	HANG_S = 60, /* one input takes microseconds */
};

struct input {
	uint8_t *data;
	size_t len_bytes;
};

static struct input corpus[INPUTS_MAX];
static size_t corpus_cnt;

/* What is being run, for the report. */
static struct input current;
static uint64_t current_number, seed = 1, mutations_cnt;

static void fail(const char *what, const char *name)
{
	fprintf(stderr, "fuzz: %s %s: %s\n", what, name, strerror(errno));
	exit(EXIT_FAILURE);
}

/* ---- the end of a target ---- */

static void keep_input(void)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "crash-%llu-%llu", (unsigned long long)seed,
		 (unsigned long long)current_number);
	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0 || write(fd, current.data, current.len_bytes) < 0)
		fprintf(stderr, "fuzz: keep %s: %s\n", name, strerror(errno));
	else
		fprintf(stderr, "fuzz: input %llu of seed %llu kept in %s\n",
			(unsigned long long)current_number, (unsigned long long)seed, name);
	printf("0 passed, 1 failed\n");
	fflush(stdout);
}

/* Not async-signal-safe, but nothing is lost any more. The second signal is the default's. */
static void die(int signal)
{
	fprintf(stderr, "fuzz: %s\n", signal == SIGALRM ? "no end" : strsignal(signal));
	keep_input();
	raise(signal);
}

static void watch(void)
{
	static const int signals[] = { SIGABRT, SIGALRM, SIGSEGV, SIGBUS, SIGFPE, SIGILL };
	struct sigaction action = { .sa_handler = die, .sa_flags = (int)SA_RESETHAND };
	/* A sanitizer sees to crashes itself and tells more about them. */
	size_t cnt = sizeof(signals) / sizeof(signals[0]);

	if (__sanitizer_set_death_callback) {
		__sanitizer_set_death_callback(keep_input);
		cnt = 2;
	}
	for (size_t i = 0; i < cnt; i++)
		sigaction(signals[i], &action, NULL);
}

/* ---- the corpus ---- */

static void load_file(const char *path)
{
	uint8_t *data = malloc(INPUT_MAX_BYTES);
	FILE *file = fopen(path, "rb");
	size_t len_bytes;

	if (!file || !data)
		fail("open", path);
	len_bytes = fread(data, 1, INPUT_MAX_BYTES, file);
	if (ferror(file))
		fail("read", path);
	fclose(file);
	if (corpus_cnt == INPUTS_MAX) {
		errno = E2BIG;
		fail("load", path);
	}
	corpus[corpus_cnt++] = (struct input){ data, len_bytes };
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* In the order of names: the order decides which mutations are made. */
static void load_directory(const char *path)
{
	struct dirent **entries;
	int cnt = scandir(path, &entries, is_visible, alphasort);

	if (cnt < 0)
		fail("list", path);
	for (int i = 0; i < cnt; i++) {
		char file[4096];

		snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
		load_file(file);
		free(entries[i]);
	}
	free(entries);
}

static void load(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		fail("open", path);
	if (S_ISDIR(status.st_mode))
		load_directory(path);
	else
		load_file(path);
}

/* ---- mutations ---- */

/* SplitMix64 (Steele, Lea, Flood, 2014). */
static uint64_t random_bits(void)
{
	static uint64_t state;
	static bool seeded;
	uint64_t bits;

	if (!seeded) {
		state = seed;
		seeded = true;
	}
	bits = state += UINT64_C(0x9e3779b97f4a7c15);
	bits = (bits ^ bits >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	bits = (bits ^ bits >> 27) * UINT64_C(0x94d049bb133111eb);
	return bits ^ bits >> 31;
}

/* [0, below); 0 if there is nothing below. */
static size_t random_below(size_t below)
{
	return below ? (size_t)(random_bits() % below) : 0;
}

/* Small changes more often than large ones. */
static size_t random_length(size_t most)
{
	return random_below(random_below(most) + 1);
}

static void insert(struct input *input, size_t off, const uint8_t *data, size_t len_bytes)
{
	if (len_bytes > INPUT_MAX_BYTES - input->len_bytes)
		return;
	memmove(input->data + off + len_bytes, input->data + off, input->len_bytes - off);
	memmove(input->data + off, data, len_bytes);
	input->len_bytes += len_bytes;
}

static void erase(struct input *input, size_t off, size_t len_bytes)
{
	memmove(input->data + off, input->data + off + len_bytes,
		input->len_bytes - off - len_bytes);
	input->len_bytes -= len_bytes;
}

/* Values at which programs decide. */
static const uint8_t edges[] = { 0x00, 0x01, 0x0a, 0x0d, 0x20, 0x7f, 0x80, 0xfe, 0xff };

static void change_byte(struct input *input)
{
	uint8_t *byte = input->data + random_below(input->len_bytes);

	switch (random_below(4)) {
	case 0:
		*byte ^= (uint8_t)(1 << random_below(8));
		break;
	case 1:
		*byte += (uint8_t)(random_below(33) - 16);
		break;
	case 2:
		*byte = edges[random_below(sizeof(edges))];
		break;
	default:
		*byte = (uint8_t)random_bits();
	}
}

static void insert_some(struct input *input)
{
	const struct input *other = &corpus[random_below(corpus_cnt)];
	size_t off = random_below(input->len_bytes + 1), from = random_below(other->len_bytes);
	uint8_t byte = (uint8_t)random_bits();

	if (random_below(2))
		insert(input, off, &byte, 1);
	else
		insert(input, off, other->data + from, random_length(other->len_bytes - from));
}

/* Copies a piece of it to another place, over what was there. */
static void repeat_some(struct input *input)
{
	size_t from = random_below(input->len_bytes), to = random_below(input->len_bytes);
	size_t most = input->len_bytes - (from > to ? from : to);

	memmove(input->data + to, input->data + from, random_length(most));
}

static void erase_some(struct input *input)
{
	size_t off = random_below(input->len_bytes);

	if (random_below(4) == 0)
		input->len_bytes = off;
	else
		erase(input, off, random_length(input->len_bytes - off));
}

static void mutate(struct input *input)
{
	for (size_t i = random_below(random_below(16) + 1) + 1; i > 0; i--) {
		size_t what = input->len_bytes ? random_below(8) : 5;

		if (what < 5)
			change_byte(input);
		else if (what == 5)
			insert_some(input);
		else if (what == 6)
			erase_some(input);
		else
			repeat_some(input);
	}
}

/* ---- running ---- */

static void run(const struct input *input)
{
	current.len_bytes = input->len_bytes;
	current.data = malloc(input->len_bytes ? input->len_bytes : 1);
	if (!current.data)
		fail("run", "input");
	memcpy(current.data, input->data, input->len_bytes);
	/* An empty one points behind its only byte: no byte of it may be read. */
	alarm(HANG_S);
	LLVMFuzzerTestOneInput(current.data + (input->len_bytes ? 0 : 1), input->len_bytes);
	alarm(0);
	free(current.data);
	current_number++;
}

static void run_mutations(void)
{
	struct input input = { malloc(INPUT_MAX_BYTES), 0 };

	if (!input.data)
		fail("run", "mutations");
	for (uint64_t i = 0; i < mutations_cnt; i++) {
		const struct input *from = &corpus[random_below(corpus_cnt)];

		memcpy(input.data, from->data, from->len_bytes);
		input.len_bytes = from->len_bytes;
		mutate(&input);
		run(&input);
	}
	free(input.data);
}

static int usage(const char *name)
{
	fprintf(stderr, "usage: %s [-n MUTATIONS] [-s SEED] FILE|DIRECTORY...\n", name);
	return 2;
}

int main(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "n:s:")) != -1) {
		if (option == 'n')
			mutations_cnt = strtoull(optarg, NULL, 0);
		else if (option == 's')
			seed = strtoull(optarg, NULL, 0);
		else
			return usage(argv[0]);
	}
	for (int i = optind; i < argc; i++)
		load(argv[i]);
	if (corpus_cnt == 0)
		return usage(argv[0]);

	watch();
	for (size_t i = 0; i < corpus_cnt; i++)
		run(&corpus[i]);
	run_mutations();
	printf("%zu inputs, %llu mutations of them, seed %llu\n", corpus_cnt,
	       (unsigned long long)mutations_cnt, (unsigned long long)seed);
	/* An input is a test, and so are all mutations together: a hundred thousand of them say
	 * nothing that one does not. */
	printf("%zu passed, 0 failed\n", corpus_cnt + (mutations_cnt > 0));
	for (size_t i = 0; i < corpus_cnt; i++)
		free(corpus[i].data);
	return EXIT_SUCCESS;
}
