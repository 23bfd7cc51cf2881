/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * handshakes: a client that shakes hands. N connections on one thread, each of which connects,
 * shakes hands, asks for a file of a byte, closes when it is there, and begins anew; with -r it
 * comes back with the ticket it was given last. The server's certificate is looked at no further
 * than TLS must.
 *
 * Prints one line: handshakes per second; for each, how long the server's core was busy and how
 * long its processes ran; and how busy both cores were: a server's handshakes per second count if
 * its own core was the busy one. Exit 1 if anything went wrong.
 */
#include "config.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core.h"
#include "settings.h"

enum { CONNS_MAX = 4096, HEAD_MAX_BYTES = 2048, EVENTS_MAX = 64, PIDS_MAX = 64 };

enum progress { GOES_ON, WAITS, DONE, FAILED };

struct conn {
	int fd;
	SSL *ssl;
	SSL_SESSION *session; /* the last ticket, or NULL */
	uint32_t events;      /* of the socket, that epoll tells us */
	bool asked;
	int head_bytes;
	char head[HEAD_MAX_BYTES];
};

static struct settings settings = {
	.conn_cnt = 32, .warmup_s = 1, .measured_s = 4, .cpu = -1, .server_cpu = -1
};
static struct {
	char request[512];
	int request_bytes;
	bool resumes;
	int pids[PIDS_MAX]; /* of the server, and of threads of the kernel that serve it */
	int pid_cnt;
} options;

static uint64_t done_cnt, resumed_cnt, error_cnt;
static SSL_CTX *context;
static int epoll_fd;

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- one connection ---- */

static int take_ticket(SSL *ssl, SSL_SESSION *session)
{
	struct conn *conn = SSL_get_app_data(ssl);

	SSL_SESSION_free(conn->session);
	conn->session = session;
	return 1;
}

static void watch(struct conn *conn, int how, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = conn };

	if (how == EPOLL_CTL_MOD && events == conn->events)
		return;
	conn->events = events;
	if (epoll_ctl(epoll_fd, how, conn->fd, &event)) {
		perror("handshakes: epoll_ctl");
		exit(1);
	}
}

static void conn_open(struct conn *conn)
{
	const int one = 1;

	conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	conn->ssl = SSL_new(context);
	if (conn->fd < 0 || !conn->ssl || !SSL_set_fd(conn->ssl, conn->fd) ||
	    setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) ||
	    (connect(conn->fd, (struct sockaddr *)&settings.address, sizeof(settings.address)) &&
	     errno != EINPROGRESS)) {
		perror("handshakes: connect");
		exit(1);
	}
	SSL_set_app_data(conn->ssl, conn);
	SSL_set_connect_state(conn->ssl);
	if (options.resumes && conn->session)
		SSL_set_session(conn->ssl, conn->session);
	conn->asked = false;
	conn->head_bytes = 0;
	watch(conn, EPOLL_CTL_ADD, EPOLLOUT);
}

static void conn_close(struct conn *conn)
{
	SSL_set_quiet_shutdown(conn->ssl, 1);
	SSL_shutdown(conn->ssl); /* or OpenSSL takes the session for a bad one */
	SSL_free(conn->ssl);
	close(conn->fd);
}

static enum progress ask(struct conn *conn)
{
	if (SSL_write(conn->ssl, options.request, options.request_bytes) != options.request_bytes)
		return FAILED;
	conn->asked = true;
	return GOES_ON;
}

/* The head, and the byte behind it. */
static enum progress answer_arrived(const struct conn *conn)
{
	const char *end = strstr(conn->head, "\r\n\r\n");

	if (strncmp(conn->head, "HTTP/1.1 200 ", 13) != 0 || conn->head_bytes == HEAD_MAX_BYTES - 1)
		return FAILED;
	return end && end + 4 < conn->head + conn->head_bytes ? DONE : GOES_ON;
}

static enum progress conn_step(struct conn *conn)
{
	int got;

	ERR_clear_error();
	if (!SSL_is_init_finished(conn->ssl)) {
		got = SSL_do_handshake(conn->ssl);
		if (got == 1)
			return ask(conn);
	} else {
		got = SSL_read(conn->ssl, conn->head + conn->head_bytes,
			       HEAD_MAX_BYTES - 1 - conn->head_bytes);
		if (got > 0) {
			conn->head_bytes += got;
			conn->head[conn->head_bytes] = '\0';
			return answer_arrived(conn);
		}
	}
	return SSL_get_error(conn->ssl, got) == SSL_ERROR_WANT_READ ? WAITS : FAILED;
}

static void conn_done(struct conn *conn, bool failed)
{
	if (failed && error_cnt++ < 5)
		fprintf(stderr, "handshakes: %s, %s\n", conn->asked ? "no answer" : "no handshake",
			ERR_reason_error_string(ERR_peek_error()) ?: strerror(errno));
	if (error_cnt > 1000)
		exit(1);
	done_cnt += !failed;
	resumed_cnt += !failed && SSL_session_reused(conn->ssl);
	conn_close(conn);
	conn_open(conn);
}

static void conn_event(struct conn *conn)
{
	enum progress progress;

	do
		progress = conn_step(conn);
	while (progress == GOES_ON);
	if (progress == WAITS)
		watch(conn, EPOLL_CTL_MOD, EPOLLIN);
	else
		conn_done(conn, progress == FAILED);
}

/* ---- the run ---- */

static void run_until(double end_s)
{
	struct epoll_event events[EVENTS_MAX];

	while (now_s() < end_s) {
		int cnt = epoll_wait(epoll_fd, events, EVENTS_MAX, 10);

		for (int i = 0; i < cnt; i++)
			conn_event(events[i].data.ptr);
	}
}

static double server_s(void)
{
	double sum_s = 0;

	for (int i = 0; i < options.pid_cnt; i++)
		sum_s += core_process_s(options.pids[i]);
	return sum_s;
}

static double each_us(double seconds)
{
	return done_cnt ? seconds * 1e6 / (double)done_cnt : 0;
}

static int measure(void)
{
	double begin_s, busy_s, client_busy_s, cpu_s, elapsed_s;

	run_until(now_s() + settings.warmup_s);
	done_cnt = resumed_cnt = 0;
	begin_s = now_s();
	busy_s = core_busy_s(settings.server_cpu);
	client_busy_s = core_busy_s(settings.cpu);
	cpu_s = server_s();
	run_until(begin_s + settings.measured_s);
	elapsed_s = now_s() - begin_s;
	busy_s = core_busy_s(settings.server_cpu) - busy_s;
	client_busy_s = core_busy_s(settings.cpu) - client_busy_s;
	cpu_s = server_s() - cpu_s;
	printf("handshakes: per_s=%.0f busy_us=%.1f cpu_us=%.1f server_busy=%.2f client_busy=%.2f "
	       "resumed=%.3f "
	       "errors=%llu\n",
	       (double)done_cnt / elapsed_s, each_us(busy_s), each_us(cpu_s), busy_s / elapsed_s,
	       client_busy_s / elapsed_s, done_cnt ? (double)resumed_cnt / (double)done_cnt : 0,
	       (unsigned long long)error_cnt);
	return error_cnt || done_cnt == 0 || resumed_cnt != (options.resumes ? done_cnt : 0);
}

static void usage(void)
{
	fputs("usage: handshakes [-r] " SETTINGS_USAGE " [-P SERVER_PID]... ADDRESS PORT PATH\n",
	      stderr);
	exit(2);
}

static void read_target(char **arguments)
{
	if (!settings_target(&settings, arguments[0], arguments[1]))
		usage();
	options.request_bytes =
	    snprintf(options.request, sizeof(options.request),
		     "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", arguments[2], arguments[0]);
	if (options.request_bytes >= (int)sizeof(options.request))
		usage();
}

static void read_options(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "rP:" SETTINGS_OPTIONS)) != -1) {
		if (option == 'r')
			options.resumes = true;
		else if (option == 'P' && options.pid_cnt < PIDS_MAX)
			options.pids[options.pid_cnt++] = (int)strtol(optarg, NULL, 10);
		else if (!settings_take(&settings, option, optarg))
			usage();
	}
	if (argc - optind != 3 || settings.conn_cnt < 1 || settings.conn_cnt > CONNS_MAX)
		usage();
	read_target(argv + optind);
}

static bool context_make(void)
{
	context = SSL_CTX_new(TLS_client_method());
	if (!context || !SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) ||
	    !SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256") ||
	    !SSL_CTX_set1_groups_list(context, "X25519"))
		return false;
	SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(context,
				       SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
	if (options.resumes)
		SSL_CTX_sess_set_new_cb(context, take_ticket);
	return true;
}

int main(int argc, char **argv)
{
	struct conn *conns;

	read_options(argc, argv);
	if (settings.cpu >= 0)
		core_pin(settings.cpu);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	conns = calloc((size_t)settings.conn_cnt, sizeof(*conns));
	if (epoll_fd < 0 || !conns || !context_make()) {
		perror("handshakes");
		return 1;
	}
	for (int i = 0; i < settings.conn_cnt; i++)
		conn_open(&conns[i]);
	return measure();
}
