/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * idle: very many TLS connections, each with one request behind it, that then say nothing; later
 * each asks once more. A process for each source address, since an address has ports for some
 *60,000 connections to one server; each opens its share one after the other.
 *
 *	children   open, ask, compare ──► wait ........................ ask again, compare ──► end
 *	parent     ............ "idle: open=…"   a line on standard input   "idle: served=…"
 *
 * usage: idle CONNECTIONS SERVER PORT PATH FILE SOURCE…
 *
 * Every answer must be 200 with the bytes of FILE, at most 8 KiB. Exit 1 if any was not.
 */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load_tls.h"

enum {
	SOURCES_MAX = 16,
	FILE_MAX_BYTES = 8192,
	HEAD_MAX_BYTES = 4096,
	ANSWER_S = 30,
	TRIES = 3, /* a SYN may be lost when many come at once */
};

struct conn {
	int fd;
	struct load_tls tls;
};

static struct {
	uint32_t conn_cnt;
	struct sockaddr_in server;
	const char *path;
	uint8_t file[FILE_MAX_BYTES];
	size_t file_bytes;
	SSL_CTX *context;
} job;

struct child {
	pid_t pid;
	int go_fd;   /* the parent closes it: ask again */
	int told_fd; /* the child writes a count each time it is done */
};

/* ---- One connection ------------------------------------------------------------------ */

static bool send_all(int fd, const uint8_t *data, size_t len_bytes)
{
	while (len_bytes > 0) {
		ssize_t put = send(fd, data, len_bytes, MSG_NOSIGNAL);

		if (put <= 0)
			return false;
		data += put;
		len_bytes -= (size_t)put;
	}
	return true;
}

static bool recv_all(int fd, uint8_t *data, size_t len_bytes)
{
	return recv(fd, data, len_bytes, MSG_WAITALL) == (ssize_t)len_bytes;
}

static bool send_output(struct conn *conn)
{
	uint8_t out[8192];
	int out_bytes;

	while ((out_bytes = load_tls_output(&conn->tls, out, sizeof(out))) > 0)
		if (!send_all(conn->fd, out, (size_t)out_bytes))
			return false;
	return true;
}

/* A record at a time, so that what follows the handshake stays in the socket. */
static bool shake_hands(struct conn *conn)
{
	uint8_t record[LOAD_RECORD_MAX_BYTES] = { 0 };
	int done = load_tls_input(&conn->tls, record, 0);

	while (done == 0) {
		size_t body_bytes;

		if (!send_output(conn) || !recv_all(conn->fd, record, LOAD_RECORD_HEADER_BYTES))
			return false;
		body_bytes = (size_t)record[3] << 8 | record[4];
		if (body_bytes > sizeof(record) - LOAD_RECORD_HEADER_BYTES ||
		    !recv_all(conn->fd, record + LOAD_RECORD_HEADER_BYTES, body_bytes))
			return false;
		done =
		    load_tls_input(&conn->tls, record, LOAD_RECORD_HEADER_BYTES + (int)body_bytes);
	}
	return done == 1 && send_output(conn) && load_tls_finish(&conn->tls) == 0;
}

static int tcp_connect(const struct sockaddr_in *source)
{
	struct timeval patience = { .tv_sec = ANSWER_S };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (bind(fd, (const struct sockaddr *)source, sizeof(*source)) == 0 &&
	    connect(fd, (const struct sockaddr *)&job.server, sizeof(job.server)) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool conn_open(struct conn *conn, const struct sockaddr_in *source)
{
	for (int i = 0; i < TRIES; i++) {
		conn->fd = tcp_connect(source);
		if (conn->fd >= 0 && load_tls_init(&conn->tls, job.context) == 0 &&
		    shake_hands(conn))
			return true;
		if (conn->fd >= 0)
			close(conn->fd);
		load_tls_fini(&conn->tls);
	}
	return false;
}

/* The plaintext of the next record with application data; tickets are passed over. */
static int next_plain(struct conn *conn, uint8_t *record)
{
	uint8_t type;
	int plain_bytes;

	do {
		size_t body_bytes;

		if (!recv_all(conn->fd, record, LOAD_RECORD_HEADER_BYTES))
			return -1;
		body_bytes = (size_t)record[3] << 8 | record[4];
		if (body_bytes > LOAD_RECORD_MAX_BYTES - LOAD_RECORD_HEADER_BYTES ||
		    !recv_all(conn->fd, record + LOAD_RECORD_HEADER_BYTES, body_bytes))
			return -1;
		plain_bytes = load_tls_open(&conn->tls.rx, record,
					    LOAD_RECORD_HEADER_BYTES + (int)body_bytes, &type);
	} while (plain_bytes >= 0 && type == LOAD_RECORD_HANDSHAKE);
	return type == LOAD_RECORD_DATA ? plain_bytes : -1;
}

/* Head and body have come when so many bytes have: the body's length is known. */
static bool answer_is_right(struct conn *conn)
{
	uint8_t record[LOAD_RECORD_MAX_BYTES], answer[HEAD_MAX_BYTES + FILE_MAX_BYTES];
	size_t answer_bytes = 0;
	const uint8_t *body = NULL;

	while (!body || answer_bytes < (size_t)(body - answer) + job.file_bytes) {
		int plain_bytes = next_plain(conn, record);

		if (plain_bytes < 0 || answer_bytes + (size_t)plain_bytes > sizeof(answer))
			return false;
		memcpy(answer + answer_bytes, record + LOAD_RECORD_HEADER_BYTES,
		       (size_t)plain_bytes);
		answer_bytes += (size_t)plain_bytes;
		body = memmem(answer, answer_bytes, "\r\n\r\n", 4);
		body = body ? body + 4 : NULL;
	}
	return memcmp(answer, "HTTP/1.1 200 ", 13) == 0 &&
	       answer_bytes == (size_t)(body - answer) + job.file_bytes &&
	       memcmp(body, job.file, job.file_bytes) == 0;
}

static bool ask(struct conn *conn)
{
	char request[512];
	uint8_t sealed[1024];
	int request_bytes, sealed_bytes;

	request_bytes =
	    snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", job.path);
	if (request_bytes >= (int)sizeof(request))
		return false;
	sealed_bytes = load_tls_seal(&conn->tls.tx, (uint8_t *)request, request_bytes, sealed);
	return sealed_bytes > 0 && send_all(conn->fd, sealed, (size_t)sealed_bytes) &&
	       answer_is_right(conn);
}

/* ---- A child ------------------------------------------------------------------------- */

static void tell(const struct child *child, uint32_t cnt)
{
	if (write(child->told_fd, &cnt, sizeof(cnt)) != sizeof(cnt))
		_exit(EXIT_FAILURE);
}

static void child_run(const struct child *child, const struct sockaddr_in *source, uint32_t cnt)
{
	struct conn *conns = calloc(cnt, sizeof(*conns));
	uint32_t open_cnt = 0, served_cnt = 0;
	char go;

	if (!conns)
		_exit(EXIT_FAILURE);
	while (open_cnt < cnt && conn_open(&conns[open_cnt], source) && ask(&conns[open_cnt]))
		open_cnt++;
	tell(child, open_cnt);
	if (read(child->go_fd, &go, 1) < 0)
		_exit(EXIT_FAILURE);
	for (uint32_t i = 0; i < open_cnt; i++)
		served_cnt += ask(&conns[i]);
	tell(child, served_cnt);
	_exit(EXIT_SUCCESS);
}

static bool child_start(struct child *child, const struct sockaddr_in *source, uint32_t cnt)
{
	int go[2], told[2];

	if (pipe(go) || pipe(told))
		return false;
	child->pid = fork();
	if (child->pid < 0)
		return false;
	if (child->pid == 0) {
		close(go[1]);
		child_run(&(struct child){ .go_fd = go[0], .told_fd = told[1] }, source, cnt);
	}
	close(go[0]);
	close(told[1]);
	child->go_fd = go[1];
	child->told_fd = told[0];
	return true;
}

/* ---- The parent ---------------------------------------------------------------------- */

static bool file_read(const char *path)
{
	FILE *file = fopen(path, "re");

	if (!file)
		return false;
	job.file_bytes = fread(job.file, 1, sizeof(job.file), file);
	fclose(file);
	return job.file_bytes > 0;
}

/* For a child's share; beyond the hard limit only root may go. */
static bool raise_limit(uint32_t conn_cnt)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return false;
	files.rlim_cur = conn_cnt + 64;
	if (files.rlim_max < files.rlim_cur)
		files.rlim_max = files.rlim_cur;
	return setrlimit(RLIMIT_NOFILE, &files) == 0;
}

static uint32_t told_sum(const struct child *children, int child_cnt)
{
	uint32_t sum = 0, cnt;

	for (int i = 0; i < child_cnt; i++)
		if (read(children[i].told_fd, &cnt, sizeof(cnt)) == sizeof(cnt))
			sum += cnt;
	return sum;
}

static bool job_set(char **argv)
{
	job.conn_cnt = (uint32_t)strtoul(argv[1], NULL, 10);
	job.server.sin_family = AF_INET;
	job.server.sin_port = htons((uint16_t)strtoul(argv[3], NULL, 10));
	job.path = argv[4];
	job.context = load_tls_context();
	return job.conn_cnt > 0 && job.context &&
	       inet_pton(AF_INET, argv[2], &job.server.sin_addr) == 1;
}

int main(int argc, char **argv)
{
	struct child children[SOURCES_MAX];
	int child_cnt = argc - 6;
	uint32_t open_cnt, served_cnt;
	char line[16];

	if (argc < 7 || child_cnt > SOURCES_MAX || !job_set(argv)) {
		fprintf(stderr, "usage: idle CONNECTIONS SERVER PORT PATH FILE SOURCE…\n");
		return 2;
	}
	if (!file_read(argv[5])) {
		fprintf(stderr, "idle: cannot read %s\n", argv[5]);
		return EXIT_FAILURE;
	}
	if (!raise_limit(job.conn_cnt / (uint32_t)child_cnt + 1)) {
		fprintf(stderr,
			"idle: %u connections for each of %d sources are more than the "
			"limit of open files: name more sources, or raise it (ulimit -n)\n",
			job.conn_cnt / (uint32_t)child_cnt, child_cnt);
		return EXIT_FAILURE;
	}
	for (int i = 0; i < child_cnt; i++) {
		uint32_t before_cnt = (uint32_t)((uint64_t)job.conn_cnt * i / child_cnt);
		uint32_t upto_cnt = (uint32_t)((uint64_t)job.conn_cnt * (i + 1) / child_cnt);
		struct sockaddr_in source = { .sin_family = AF_INET };

		if (inet_pton(AF_INET, argv[6 + i], &source.sin_addr) != 1 ||
		    !child_start(&children[i], &source, upto_cnt - before_cnt))
			return EXIT_FAILURE;
	}
	open_cnt = told_sum(children, child_cnt);
	printf("idle: open=%u\n", open_cnt);
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return EXIT_FAILURE;
	for (int i = 0; i < child_cnt; i++)
		close(children[i].go_fd);
	served_cnt = told_sum(children, child_cnt);
	printf("idle: open=%u served=%u\n", open_cnt, served_cnt);
	while (wait(NULL) > 0)
		;
	return served_cnt == job.conn_cnt ? EXIT_SUCCESS : EXIT_FAILURE;
}
