/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * download: N downloads over plain HTTP, each on a connection and a local port of its own, each for
 * as long as it is told; bodies are dropped in the kernel (recv with MSG_TRUNC). They begin one
 * after the other, evenly spread over some time, or all at once.
 *
 *	download -t SECONDS [-s SPREAD_SECONDS] -n FLOWS -p FIRST_PORT IP PORT PATH
 *
 * Prints a line a flow: the bytes that came in all its time and in the second half of that, and
 * when the first came. What comes is not looked at but for the status. Exit 1 if a flow has none or
 * ended early.
 */
#include "config.h" /* _GNU_SOURCE: ppoll */

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FLOWS_MAX = 64, REQUEST_MAX_BYTES = 1024, RECEIVE_BYTES = 1 << 20 };

#define NS_PER_S  UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

struct flow {
	uint64_t start_ns, end_ns, all_bytes, second_half_bytes, first_ns;
	bool asked, ended, over;
};

static struct {
	struct sockaddr_in server;
	const char *path;
	double seconds, spread_seconds;
	long flow_cnt, first_port;
} options = { .seconds = 10, .flow_cnt = 1 };

static struct flow flows[FLOWS_MAX];
static struct pollfd fds[FLOWS_MAX];

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "download: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void flow_connect(int idx)
{
	struct sockaddr_in own = { .sin_family = AF_INET,
				   .sin_port = htons((uint16_t)(options.first_port + idx)) };
	struct linger linger = { .l_onoff = 1 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), yes = 1;

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	/* The end is a reset: what is still on its way must not disturb who comes next. */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	if (options.first_port > 0 && bind(fd, (struct sockaddr *)&own, sizeof(own)) < 0)
		die("bind");
	if (connect(fd, (struct sockaddr *)&options.server, sizeof(options.server)) < 0 &&
	    errno != EINPROGRESS)
		die("connect");
	fds[idx] = (struct pollfd){ .fd = fd, .events = POLLOUT };
}

static void ask(int idx)
{
	char request[REQUEST_MAX_BYTES];
	int len_bytes = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: host\r\n\r\n",
				 options.path);

	if (send(fds[idx].fd, request, (size_t)len_bytes, 0) != len_bytes)
		die("send");
	flows[idx].asked = true;
	fds[idx].events = POLLIN;
}

static void head_check(int idx)
{
	static const char good[] = "HTTP/1.1 200 ";
	char head[sizeof(good)] = { 0 };

	recv(fds[idx].fd, head, sizeof(good) - 1, MSG_PEEK);
	if (strcmp(head, good) != 0) {
		fprintf(stderr, "download: flow %d: answer starts with '%s'\n", idx, head);
		exit(1);
	}
}

static void take(int idx, uint64_t time_ns)
{
	static char buffer[RECEIVE_BYTES];
	struct flow *flow = &flows[idx];
	ssize_t len_bytes;

	if (flow->first_ns == 0) {
		flow->first_ns = time_ns;
		head_check(idx);
	}
	len_bytes = recv(fds[idx].fd, buffer, sizeof(buffer), MSG_TRUNC);
	if (len_bytes > 0) {
		flow->all_bytes += (uint64_t)len_bytes;
		if (time_ns >= (flow->start_ns + flow->end_ns) / 2)
			flow->second_half_bytes += (uint64_t)len_bytes;
	} else if (len_bytes == 0 || errno != EAGAIN) {
		flow->ended = true;
		fds[idx].fd = -1;
	}
}

/* What is due. Returns when the next beginning or end is, UINT64_MAX if all are over. */
static uint64_t begin_and_end(uint64_t time_ns)
{
	uint64_t next_ns = UINT64_MAX;

	for (int idx = 0; idx < options.flow_cnt; idx++) {
		struct flow *flow = &flows[idx];
		uint64_t due_ns;

		if (fds[idx].events == 0 && time_ns >= flow->start_ns)
			flow_connect(idx);
		if (!flow->over && time_ns >= flow->end_ns) {
			flow->over = true;
			close(fds[idx].fd);
			fds[idx].fd = -1;
		}
		due_ns = fds[idx].events == 0 ? flow->start_ns : flow->end_ns;
		if (!flow->over && due_ns < next_ns)
			next_ns = due_ns;
	}
	return next_ns;
}

static bool turn(void)
{
	uint64_t time_ns = now_ns(), next_ns = begin_and_end(time_ns);
	uint64_t left_ns = time_ns < next_ns ? next_ns - time_ns : 0;
	struct timespec timeout = { .tv_sec = (time_t)(left_ns / NS_PER_S),
				    .tv_nsec = (long)(left_ns % NS_PER_S) };

	if (next_ns == UINT64_MAX)
		return false;
	if (ppoll(fds, (nfds_t)options.flow_cnt, &timeout, NULL) < 0)
		die("ppoll");
	time_ns = now_ns();
	for (int idx = 0; idx < options.flow_cnt; idx++) {
		if (fds[idx].revents == 0 || fds[idx].fd < 0)
			continue;
		if (flows[idx].asked)
			take(idx, time_ns);
		else
			ask(idx);
	}
	return true;
}

static void parse(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "t:s:n:p:")) != -1) {
		if (option == 't')
			options.seconds = strtod(optarg, NULL);
		else if (option == 's')
			options.spread_seconds = strtod(optarg, NULL);
		else if (option == 'n')
			options.flow_cnt = strtol(optarg, NULL, 10);
		else if (option == 'p')
			options.first_port = strtol(optarg, NULL, 10);
		else
			exit(2);
	}
	if (argc - optind != 3 || options.flow_cnt < 1 || options.flow_cnt > FLOWS_MAX ||
	    options.seconds <= 0) {
		fprintf(stderr, "usage: download -t SECONDS -n FLOWS -p FIRST_PORT IP PORT PATH\n");
		exit(2);
	}
	options.server.sin_family = AF_INET;
	options.server.sin_port = htons((uint16_t)strtol(argv[optind + 1], NULL, 10));
	if (inet_pton(AF_INET, argv[optind], &options.server.sin_addr) != 1)
		die(argv[optind]);
	options.path = argv[optind + 2];
}

int main(int argc, char **argv)
{
	uint64_t start_ns = now_ns();
	int status = 0;

	parse(argc, argv);
	for (int idx = 0; idx < options.flow_cnt; idx++) {
		double after_s = options.spread_seconds * idx / (double)options.flow_cnt;

		fds[idx].fd = -1;
		flows[idx].start_ns = start_ns + (uint64_t)(after_s * (double)NS_PER_S);
		flows[idx].end_ns =
		    flows[idx].start_ns + (uint64_t)(options.seconds * (double)NS_PER_S);
	}
	while (turn())
		;
	for (int idx = 0; idx < options.flow_cnt; idx++) {
		const struct flow *flow = &flows[idx];
		uint64_t waited_ns = flow->first_ns ? flow->first_ns - flow->start_ns : 0;

		if (flow->first_ns == 0 || flow->ended)
			status = 1;
		printf("flow=%d bytes=%llu second_half_bytes=%llu first_byte_ms=%llu%s\n", idx,
		       (unsigned long long)flow->all_bytes,
		       (unsigned long long)flow->second_half_bytes,
		       (unsigned long long)(waited_ns / NS_PER_MS), flow->ended ? " ended" : "");
	}
	return status;
}
