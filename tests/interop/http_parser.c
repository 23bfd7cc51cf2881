/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Our request parser against Debian's http-parser, on the fuzzer's corpus, on requests from a
 * grammar and on spoiled ones. What we accept, it accepts with the same method, target, fields,
 * framing and keep-alive; where the two differ, the difference belongs to one of the classes of
 * http_classes.h. Every class must be met, or it has no business there.
 *
 *     http_parser [SEED [REQUESTS]]
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http/field.h"
#include "http/request.h"
#include "http_classes.h"
#include "http_peer.h"
#include "http_stranger.h"

static struct tally {
	uint64_t unknown_cnt; /* differences of no class */
	uint64_t agreed_cnt;  /* both complete, all the same */
	uint64_t class_cnt[HTTP_CLASS_CNT];
} tally;

static struct http_peer peer; /* large */

static void show(const char *what, const char *data, uint32_t len_bytes)
{
	printf("FAIL - %s (http-parser: %s):\n    ", what, peer.reason);
	for (uint32_t i = 0; i < len_bytes; i++) {
		if (data[i] == '\n')
			printf("\\n%s", i + 1 < len_bytes ? "\n    " : "");
		else if (isprint((unsigned char)data[i]))
			putchar(data[i]);
		else
			printf("\\x%02x", (unsigned char)data[i]);
	}
	putchar('\n');
}

static void fail(const char *what, const char *data, uint32_t len_bytes)
{
	tally.unknown_cnt++;
	if (tally.unknown_cnt <= 10)
		show(what, data, len_bytes);
}

static void count_class(enum http_class class, const char *what, const char *data,
			uint32_t len_bytes)
{
	if (class == HTTP_CLASS_UNKNOWN)
		fail(what, data, len_bytes);
	else
		tally.class_cnt[class]++;
}

static bool is_same(struct sl_slice a, struct sl_slice b)
{
	return a.len_bytes == b.len_bytes && !memcmp(a.at, b.at, a.len_bytes);
}

static bool has_same_fields(const struct sl_request *request)
{
	struct sl_slice fields = request->fields, name, value;
	uint32_t i = 0;

	for (; sl_field_take_line(&fields, &name, &value); i++) {
		if (i >= peer.field_cnt || !is_same(name, peer.fields[i].name) ||
		    !is_same(value, peer.fields[i].value))
			return false;
	}
	return i == peer.field_cnt;
}

static struct sl_slice method_of(const struct sl_request *request, const char *data)
{
	while (*data == '\r' || *data == '\n')
		data++;
	return (struct sl_slice){ data, (uint32_t)(request->target.at - 1 - data) };
}

static bool has_same_method(const struct sl_request *request, struct sl_slice method)
{
	enum sl_method expected = !strcmp(peer.method, "GET")    ? SL_METHOD_GET
				  : !strcmp(peer.method, "HEAD") ? SL_METHOD_HEAD
								 : SL_METHOD_OTHER;

	return request->method == expected &&
	       is_same(method, (struct sl_slice){ peer.method, (uint32_t)strlen(peer.method) });
}

static void compare_complete(const struct sl_request *request, uint32_t head_bytes,
			     const char *data, uint32_t len_bytes)
{
	if (head_bytes != peer.head_bytes)
		fail("the head ends elsewhere", data, len_bytes);
	else if (!has_same_method(request, method_of(request, data)))
		fail("another method", data, len_bytes);
	else if (!is_same(request->target, peer.target))
		fail("another target", data, len_bytes);
	else if (request->minor_version != (peer.minor_version > 0))
		fail("another version", data, len_bytes);
	else if (!has_same_fields(request))
		fail("other fields", data, len_bytes);
	else if (request->chunked != peer.chunked || request->body_bytes != peer.body_bytes)
		count_class(http_class_of_body(&peer), "another body", data, len_bytes);
	else if (request->keep_alive != peer.keep_alive)
		count_class(http_class_of_keep_alive(request, &peer), "keep-alive differs", data,
			    len_bytes);
	else
		tally.agreed_cnt++;
}

static void compare(const char *data, uint32_t len_bytes)
{
	struct sl_request request;
	int verdict = sl_request_parse(data, len_bytes, &request);

	http_peer_parse(data, len_bytes, &peer);
	if (peer.too_many_fields)
		fail("more fields than the test has room for", data, len_bytes);
	else if (verdict > 0 && peer.verdict == HTTP_PEER_COMPLETE)
		compare_complete(&request, (uint32_t)verdict, data, len_bytes);
	else if (verdict > 0 && peer.verdict == HTTP_PEER_REFUSED)
		count_class(http_class_of_acceptance(&request, method_of(&request, data), &peer),
			    "we accept", data, len_bytes);
	else if (verdict > 0)
		fail("we have a head, http-parser wants more", data, len_bytes);
	else if (verdict == 0 && peer.verdict == HTTP_PEER_COMPLETE)
		fail("http-parser has a head, we want more", data, len_bytes);
	else if (verdict < 0 && peer.verdict != HTTP_PEER_REFUSED)
		count_class(http_class_of_refusal(data, len_bytes, &peer), "we refuse", data,
			    len_bytes);
	/* Otherwise both want more, both refuse, or it refuses what we wait for. */
}

static void compare_corpus(const char *path)
{
	static char bytes[1 << 16];
	DIR *dir = opendir(path);
	struct dirent *entry;
	uint64_t file_cnt = 0;

	while (dir && (entry = readdir(dir))) {
		int fd;
		ssize_t len_bytes;

		if (entry->d_name[0] == '.')
			continue;
		fd = openat(dirfd(dir), entry->d_name, O_RDONLY);
		len_bytes = read(fd, bytes, sizeof(bytes));
		if (len_bytes < 0) {
			fail("a file that cannot be read", entry->d_name,
			     (uint32_t)strlen(entry->d_name));
			continue;
		}
		close(fd);
		compare(bytes, (uint32_t)len_bytes);
		file_cnt++;
	}
	if (dir)
		closedir(dir);
	printf("%" PRIu64 " requests of %s\n", file_cnt, path);
	if (!file_cnt)
		fail("an empty corpus", "", 0);
}

static void compare_generated(uint64_t seed, uint64_t request_cnt)
{
	static struct http_stranger stranger;

	printf("%" PRIu64 " requests, each spoiled three times, of seed %" PRIu64 "\n", request_cnt,
	       seed);
	stranger.state = seed;
	for (uint64_t i = 0; i < request_cnt; i++) {
		http_stranger_write(&stranger);
		compare(stranger.bytes, stranger.len_bytes);
		for (int j = 0; j < 3; j++) {
			http_stranger_mutate(&stranger);
			compare(stranger.bytes, stranger.len_bytes);
		}
	}
}

static unsigned int failed_cnt, passed_cnt;

static void report(bool passed, uint64_t cnt, const char *what)
{
	passed_cnt += passed;
	failed_cnt += !passed;
	printf("%-4s - %8" PRIu64 " %s\n", passed ? "ok" : "FAIL", cnt, what);
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir");
	uint64_t unknown_cnt;
	char corpus[4096];

	snprintf(corpus, sizeof(corpus), "%s/tests/fuzz/corpus/request", srcdir ? srcdir : ".");
	compare_corpus(corpus);
	unknown_cnt = tally.unknown_cnt;
	report(!unknown_cnt, unknown_cnt, "unknown differences in the corpus");
	compare_generated(argc > 1 ? strtoull(argv[1], NULL, 10) : 1,
			  argc > 2 ? strtoull(argv[2], NULL, 10) : 100000);
	unknown_cnt = tally.unknown_cnt - unknown_cnt;
	report(!unknown_cnt, unknown_cnt, "unknown differences in generated requests");
	report(tally.agreed_cnt > 0, tally.agreed_cnt, "heads in which both see the same");
	for (int i = 0; i < HTTP_CLASS_CNT; i++)
		report(tally.class_cnt[i] > 0, tally.class_cnt[i], http_class_names[i]);
	printf("%u passed, %u failed\n", passed_cnt, failed_cnt);
	return failed_cnt ? EXIT_FAILURE : EXIT_SUCCESS;
}
