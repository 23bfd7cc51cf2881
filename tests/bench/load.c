/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * load: an HTTPS client that costs as little as it can, for benchmarks on one machine. N
 * connections on one thread ask for files, one after the other. The first record of a response is
 * opened to learn its Content-Length; from then on only record headers are looked at, and no
 * ciphertext is opened.
 *
 *	connecting ──► handshake ──► idle ──► head ◄──────────► body
 *	                             (until   records opened    records counted and dropped
 *	                             all are)
 *
 * What the header of a large record announces is dropped in the kernel: recv with MSG_TRUNC copies
 * nothing. It takes two calls a record, so small records are copied many at once into a buffer that
 * stays in the cache, and dropped there.
 *
 * The first requests leave when all handshakes are done; then the warm-up begins. Prints one line:
 *bytes of bodies per second, first-byte latency (from the request sent to the first byte that
 *arrives), busy seconds of the server's core per GB, and how busy the client's core was (near 1 it
 *is the client that is measured). Exit 1 if anything but whole 200 responses came.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core.h"
#include "load_tls.h"
#include "settings.h"

enum {
	CONNS_MAX = 16384,
	PATHS_MAX = 65536,
	REQUEST_MAX_BYTES = 1024,
	HEAD_MAX_BYTES = 4096,
	SAMPLES_MAX = 1 << 20,
	READS_PER_TURN = 32, /* then the next connection: nobody waits for a fast one */
	/* Of a record's plaintext; two system calls cost as much as copying this. */
	SMALL_RECORD_MAX_BYTES = 4096,
	GATHER_HEAD_BYTES = 2048, /* more than a head, little of a body */
	GATHER_BODY_BYTES = 65536,
	/* Connections open in a row, so many at a time: no flood is measured here. */
	HANDSHAKING_MAX = 128,
	HANDSHAKES_MAX_S = 30,
};

enum state { CONNECTING, HANDSHAKE, IDLE, HEAD, BODY };

struct conn {
	int fd;
	enum state state;
	struct load_tls tls;
	uint64_t asked_ns;
	bool first_byte_seen;
	uint64_t body_left_bytes;
	int drop_left_bytes; /* of the ciphertext whose header was read last */
	int plain_bytes;     /* of the same record, less content type and tag; 0 in a head */
	int record_bytes;    /* of record, so far */
	uint8_t record[LOAD_RECORD_MAX_BYTES];
	int head_bytes;
	char head[HEAD_MAX_BYTES];
};

static struct settings settings = {
	.conn_cnt = 64, .warmup_s = 1, .measured_s = 5, .cpu = -1, .server_cpu = -1
};
static char *paths[PATHS_MAX];
static int path_cnt;

static struct {
	bool measuring;
	uint64_t body_bytes, responses, errors, handshakes;
	uint64_t sample_cnt;
	uint32_t samples_us[SAMPLES_MAX];
} results;

static SSL_CTX *context;
static int epoll_fd;
static struct conn *conns;
static int opened_cnt; /* of conns */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* xorshift64: the same requests in every run. */
static uint32_t next_random(void)
{
	static uint64_t x = 88172645463325252;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 16);
}

static void sample(uint64_t ns)
{
	uint64_t slot = results.sample_cnt++;

	if (slot >= SAMPLES_MAX)
		slot = next_random() % SAMPLES_MAX;
	results.samples_us[slot] = (uint32_t)(ns / 1000);
}

/* ---- one connection ---- */

static void conn_open(struct conn *conn)
{
	const int one = 1;
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT, .data.ptr = conn };

	conn->state = CONNECTING;
	conn->record_bytes = conn->drop_left_bytes = 0;
	conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (conn->fd < 0 || load_tls_init(&conn->tls, context) ||
	    setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) ||
	    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, conn->fd, &event) ||
	    (connect(conn->fd, (struct sockaddr *)&settings.address, sizeof(settings.address)) &&
	     errno != EINPROGRESS)) {
		perror("load: socket");
		exit(1);
	}
}

/* The first few are told, all are counted, and the connection is made anew. */
static void conn_fail(struct conn *conn, const char *why)
{
	if (results.errors++ < 5)
		fprintf(stderr, "load: %s (%s)\n", why, strerror(errno));
	if (results.errors > 10000)
		exit(1);
	close(conn->fd);
	load_tls_fini(&conn->tls);
	conn_open(conn);
}

/* What we send is far smaller than any socket buffer. */
static bool send_all(struct conn *conn, const uint8_t *data, int len_bytes)
{
	return send(conn->fd, data, len_bytes, MSG_NOSIGNAL) == len_bytes;
}

static bool ask(struct conn *conn)
{
	uint8_t plain[REQUEST_MAX_BYTES], sealed[REQUEST_MAX_BYTES + 64];
	const char *path = paths[next_random() % (uint32_t)path_cnt];
	int plain_bytes = snprintf((char *)plain, sizeof(plain),
				   "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, settings.host);
	int sealed_bytes = load_tls_seal(&conn->tls.tx, plain, plain_bytes, sealed);

	conn->state = HEAD;
	conn->head_bytes = conn->plain_bytes = 0;
	conn->first_byte_seen = false;
	conn->asked_ns = now_ns();
	return sealed_bytes > 0 && send_all(conn, sealed, sealed_bytes);
}

static bool response_done(struct conn *conn)
{
	if (results.measuring)
		results.responses++;
	return ask(conn);
}

static bool body_arrived(struct conn *conn, uint64_t len_bytes)
{
	if (len_bytes > conn->body_left_bytes)
		return false;
	conn->body_left_bytes -= len_bytes;
	if (results.measuring)
		results.body_bytes += len_bytes;
	return conn->body_left_bytes || response_done(conn);
}

/* Another piece of the head, perhaps with the first of the body behind it. */
static bool head_arrived(struct conn *conn, const uint8_t *data, int len_bytes)
{
	int old_bytes = conn->head_bytes;
	int take_bytes = len_bytes;
	const char *end, *length;

	if (take_bytes > HEAD_MAX_BYTES - 1 - old_bytes)
		take_bytes = HEAD_MAX_BYTES - 1 - old_bytes;
	memcpy(conn->head + old_bytes, data, take_bytes);
	conn->head_bytes += take_bytes;
	conn->head[conn->head_bytes] = '\0';
	end = strstr(conn->head, "\r\n\r\n");
	if (!end)
		return conn->head_bytes < HEAD_MAX_BYTES - 1;
	length = strcasestr(conn->head, "\r\ncontent-length:");
	if (strncmp(conn->head, "HTTP/1.1 200 ", 13) != 0 || !length || length > end)
		return false;
	conn->body_left_bytes = strtoull(length + 17, NULL, 10);
	conn->state = BODY;
	return body_arrived(conn, (uint64_t)(old_bytes + len_bytes - (end + 4 - conn->head)));
}

/* A whole record is in conn->record. Session tickets and the like are passed over. */
static bool record_arrived(struct conn *conn)
{
	uint8_t type;
	int len_bytes = load_tls_open(&conn->tls.rx, conn->record, conn->record_bytes, &type);

	conn->record_bytes = 0;
	if (len_bytes < 0 || type == LOAD_RECORD_ALERT)
		return false;
	return type != LOAD_RECORD_DATA ||
	       head_arrived(conn, conn->record + LOAD_RECORD_HEADER_BYTES, len_bytes);
}

static int record_wants(const struct conn *conn)
{
	if (conn->record_bytes < LOAD_RECORD_HEADER_BYTES)
		return LOAD_RECORD_HEADER_BYTES;
	return LOAD_RECORD_HEADER_BYTES + (conn->record[3] << 8 | conn->record[4]);
}

/* A record's header is complete: in a body that is all we want of it. */
static bool header_arrived(struct conn *conn)
{
	int wants_bytes = record_wants(conn);

	if (wants_bytes > LOAD_RECORD_MAX_BYTES || conn->record[0] != LOAD_RECORD_DATA)
		return false;
	if (conn->state == BODY) {
		conn->tls.rx.record_idx++;
		conn->drop_left_bytes = wants_bytes - LOAD_RECORD_HEADER_BYTES;
		conn->plain_bytes = conn->drop_left_bytes - 1 - LOAD_RECORD_TAG_BYTES;
		conn->record_bytes = 0;
	}
	return true;
}

/* More of a record: it is opened when it is whole. */
static bool record_grew(struct conn *conn, int len_bytes)
{
	conn->record_bytes += len_bytes;
	if (conn->record_bytes == LOAD_RECORD_HEADER_BYTES && !header_arrived(conn))
		return false;
	if (conn->record_bytes > LOAD_RECORD_HEADER_BYTES &&
	    conn->record_bytes == record_wants(conn))
		return record_arrived(conn);
	return true;
}

/* Part of a record's ciphertext is gone; its plaintext counts when all of it is. */
static bool record_shrank(struct conn *conn, int len_bytes)
{
	conn->drop_left_bytes -= len_bytes;
	if (conn->drop_left_bytes)
		return true;
	return conn->plain_bytes >= 0 && body_arrived(conn, (uint64_t)conn->plain_bytes);
}

/* Bytes that were read or left over by the handshake, of any number of records. */
static bool bytes_arrived(struct conn *conn, const uint8_t *data, int len_bytes)
{
	bool good = true;

	for (int used = 0, take_bytes; good && used < len_bytes; used += take_bytes) {
		bool drops = conn->drop_left_bytes > 0;

		take_bytes =
		    drops ? conn->drop_left_bytes : record_wants(conn) - conn->record_bytes;
		if (take_bytes > len_bytes - used)
			take_bytes = len_bytes - used;
		if (!drops)
			memcpy(conn->record + conn->record_bytes, data + used, take_bytes);
		good = drops ? record_shrank(conn, take_bytes) : record_grew(conn, take_bytes);
	}
	return good;
}

static void bytes_seen(struct conn *conn)
{
	if (!conn->first_byte_seen && results.measuring)
		sample(now_ns() - conn->asked_ns);
	conn->first_byte_seen = true;
}

/* ---- three ways to read ---- */

/* Drops what is there of a large record's ciphertext. */
static ssize_t read_nothing(struct conn *conn, bool *good)
{
	ssize_t got = recv(conn->fd, NULL, conn->drop_left_bytes, MSG_TRUNC);

	if (got > 0)
		*good = record_shrank(conn, (int)got);
	return got;
}

/* The rest of a record that is opened, or a header and no more. */
static ssize_t read_record(struct conn *conn, bool *good)
{
	int wants_bytes = record_wants(conn) - conn->record_bytes;
	ssize_t got = recv(conn->fd, conn->record + conn->record_bytes, wants_bytes, 0);

	if (got > 0) {
		bytes_seen(conn);
		*good = record_grew(conn, (int)got);
	}
	return got;
}

static ssize_t read_many(struct conn *conn, int max_bytes, bool *good)
{
	static uint8_t buffer[GATHER_BODY_BYTES];
	ssize_t got = recv(conn->fd, buffer, max_bytes, 0);

	if (got > 0) {
		bytes_seen(conn);
		*good = bytes_arrived(conn, buffer, (int)got);
	}
	return got;
}

static ssize_t read_some(struct conn *conn, bool *good)
{
	if (conn->state == HEAD && conn->record_bytes < LOAD_RECORD_HEADER_BYTES)
		return read_many(conn, GATHER_HEAD_BYTES, good);
	if (conn->state == HEAD)
		return read_record(conn, good);
	if (conn->plain_bytes <= SMALL_RECORD_MAX_BYTES)
		return read_many(conn, GATHER_BODY_BYTES, good);
	return conn->drop_left_bytes ? read_nothing(conn, good) : read_record(conn, good);
}

static void conn_read(struct conn *conn)
{
	for (int i = 0; i < READS_PER_TURN; i++) {
		bool good = true;
		ssize_t got;

		errno = 0;
		got = read_some(conn, &good);
		if (got < 0 && errno == EAGAIN)
			return;
		if (got <= 0 || !good) {
			conn_fail(conn, got == 0 ? "connection closed" : "bad response");
			return;
		}
	}
}

/* A handshake is done. The next connection opens; the last has all of them begin. */
static bool connected(struct conn *conn)
{
	if (++results.handshakes > (uint64_t)settings.conn_cnt) /* one that failed, and came back */
		return ask(conn);
	if (opened_cnt < settings.conn_cnt)
		conn_open(&conns[opened_cnt++]);
	for (int i = 0; results.handshakes == (uint64_t)settings.conn_cnt && i < opened_cnt; i++)
		if (conns[i].state == IDLE && !ask(&conns[i]))
			return false;
	return true;
}

/* Sends what OpenSSL has to say, and goes on to requests when it is done. */
static bool handshake_step(struct conn *conn, const uint8_t *data, int len_bytes)
{
	uint8_t out[8192];
	int done = load_tls_input(&conn->tls, data, len_bytes);
	int out_bytes;

	if (done < 0)
		return false;
	while ((out_bytes = load_tls_output(&conn->tls, out, sizeof(out))) > 0)
		if (!send_all(conn, out, out_bytes))
			return false;
	if (!done)
		return true;
	out_bytes = load_tls_rest(&conn->tls, out, sizeof(out));
	if (load_tls_finish(&conn->tls))
		return false;
	conn->state = IDLE;
	if (!connected(conn))
		return false;
	return bytes_arrived(conn, out, out_bytes);
}

static void conn_handshake(struct conn *conn)
{
	uint8_t data[8192];
	ssize_t got = recv(conn->fd, data, sizeof(data), 0);

	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0 || !handshake_step(conn, data, (int)got))
		conn_fail(conn, "handshake failed");
}

static void conn_connected(struct conn *conn)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = conn };
	int error = 0;
	socklen_t error_bytes = sizeof(error);

	getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &error_bytes);
	errno = error;
	conn->state = HANDSHAKE;
	if (error || epoll_ctl(epoll_fd, EPOLL_CTL_MOD, conn->fd, &event) ||
	    !handshake_step(conn, NULL, 0))
		conn_fail(conn, "cannot connect");
}

static void conn_event(struct conn *conn)
{
	switch (conn->state) {
	case CONNECTING:
		conn_connected(conn);
		break;
	case HANDSHAKE:
		conn_handshake(conn);
		break;
	case IDLE:
	case HEAD:
	case BODY:
		conn_read(conn);
		break;
	}
}

/* ---- the run ---- */

static void run_until(uint64_t end_ns)
{
	struct epoll_event events[256];

	while (now_ns() < end_ns) {
		int cnt = epoll_wait(epoll_fd, events, 256, 10);

		for (int i = 0; i < cnt; i++)
			conn_event(events[i].data.ptr);
	}
}

/* Handshakes of thousands take their time. */
static void run_until_connected(void)
{
	uint64_t end_ns = now_ns() + HANDSHAKES_MAX_S * 1000000000ULL;

	while (results.handshakes < (uint64_t)settings.conn_cnt) {
		run_until(now_ns() + 50000000);
		if (now_ns() < end_ns)
			continue;
		fprintf(stderr, "load: only %llu of %d handshakes in %d s\n",
			(unsigned long long)results.handshakes, settings.conn_cnt,
			HANDSHAKES_MAX_S);
		exit(1);
	}
}

static int compare_us(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static uint32_t percentile_us(uint64_t cnt, uint64_t percent)
{
	return cnt ? results.samples_us[(cnt - 1) * percent / 100] : 0;
}

static void report(double elapsed_s, double server_busy_s, double client_busy_s)
{
	uint64_t cnt = results.sample_cnt < SAMPLES_MAX ? results.sample_cnt : SAMPLES_MAX;
	double mb = (double)results.body_bytes / 1e6;

	qsort(results.samples_us, cnt, sizeof(results.samples_us[0]), compare_us);
	printf("load: mbs=%.1f busy_s_per_gb=%.3f client_busy=%.2f first_byte_p50_us=%u "
	       "first_byte_p99_us=%u responses=%llu handshakes=%llu errors=%llu\n",
	       mb / elapsed_s, mb > 0 ? server_busy_s / (mb / 1e3) : 0, client_busy_s / elapsed_s,
	       percentile_us(cnt, 50), percentile_us(cnt, 99),
	       (unsigned long long)results.responses, (unsigned long long)results.handshakes,
	       (unsigned long long)results.errors);
}

static void read_paths(const char *name)
{
	char line[REQUEST_MAX_BYTES / 2];
	FILE *file = fopen(name, "r");

	while (file && path_cnt < PATHS_MAX && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		paths[path_cnt++] = strdup(line);
	}
	if (file)
		fclose(file);
	if (path_cnt)
		return;
	fprintf(stderr, "load: %s: no paths in it\n", name);
	exit(1);
}

static void usage(void)
{
	fputs("usage: load " SETTINGS_USAGE " ADDRESS PORT FILE_OF_PATHS\n", stderr);
	exit(2);
}

static void read_options(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, SETTINGS_OPTIONS)) != -1)
		if (!settings_take(&settings, option, optarg))
			usage();
	if (argc - optind != 3 || settings.conn_cnt < 1 || settings.conn_cnt > CONNS_MAX ||
	    !settings_target(&settings, argv[optind], argv[optind + 1]))
		usage();
	read_paths(argv[optind + 2]);
}

int main(int argc, char **argv)
{
	uint64_t begin_ns;
	double server_s, client_s;

	read_options(argc, argv);
	if (settings.cpu >= 0)
		core_pin(settings.cpu);
	context = load_tls_context();
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	conns = calloc((size_t)settings.conn_cnt, sizeof(*conns));
	if (!context || epoll_fd < 0 || !conns) {
		perror("load");
		return 1;
	}
	while (opened_cnt < settings.conn_cnt && opened_cnt < HANDSHAKING_MAX)
		conn_open(&conns[opened_cnt++]);
	run_until_connected();
	run_until(now_ns() + (uint64_t)(settings.warmup_s * 1e9));

	results.measuring = true;
	begin_ns = now_ns();
	server_s = core_busy_s(settings.server_cpu);
	client_s = core_busy_s(settings.cpu);
	run_until(begin_ns + (uint64_t)(settings.measured_s * 1e9));
	report((double)(now_ns() - begin_ns) / 1e9, core_busy_s(settings.server_cpu) - server_s,
	       core_busy_s(settings.cpu) - client_s);
	return results.errors ? 1 : 0;
}
