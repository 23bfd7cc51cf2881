/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The library as other suites meet it: loaded at run time, by its interface alone. Two stacks, one
 * with bare IP packets, are joined by a wire of this program's making; one connects, the other
 * answers, bytes go both ways, and both are closed.
 */
#include "config.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sluice_tcp_test.h"

enum { BYTES = 300000, PACKET_BYTES = 4096, ETHERNET_BYTES = 14 };
#define WIRE_NS UINT64_C(5000000)

static struct {
	__typeof__(sl_test_open) *open;
	__typeof__(sl_test_free) *free;
	__typeof__(sl_test_input) *input;
	__typeof__(sl_test_output) *output;
	__typeof__(sl_test_now_ns) *now_ns;
	__typeof__(sl_test_advance) *advance;
	__typeof__(sl_test_socket) *socket;
	__typeof__(sl_test_bind) *bind;
	__typeof__(sl_test_listen) *listen;
	__typeof__(sl_test_accept) *accept;
	__typeof__(sl_test_connect) *connect;
	__typeof__(sl_test_read) *read;
	__typeof__(sl_test_write) *write;
	__typeof__(sl_test_shutdown) *shutdown;
	__typeof__(sl_test_close) *close;
	__typeof__(sl_test_poll) *poll;
	__typeof__(sl_test_getsockopt) *getsockopt;
	__typeof__(sl_test_info) *info;
	__typeof__(sl_test_counters) *counters;
} api;

static int passed_cnt, failed_cnt;

static void check(bool holds, const char *what)
{
	passed_cnt += holds;
	failed_cnt += !holds;
	if (!holds)
		printf("FAIL - %s\n", what);
}

#define CHECK(condition) check(condition, #condition)

/* ---- Loading ------------------------------------------------------------------------- */

static void *library;

static void find(void *function, const char *name)
{
	void *address = dlsym(library, name);

	if (!address) {
		printf("%s: not exported\n", name);
		exit(1);
	}
	memcpy(function, &address, sizeof(address));
}

#define FIND(name) find(&api.name, "sl_test_" #name)

static void load(void)
{
	const char *build = getenv("SL_BUILD_DIR");
	char path[4096];

	snprintf(path, sizeof(path), "%s/libsluice-tcp-test.so", build ? build : ".");
	library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		printf("%s\n", dlerror());
		exit(1);
	}
	FIND(open);
	FIND(free);
	FIND(input);
	FIND(output);
	FIND(now_ns);
	FIND(advance);
	FIND(socket);
	FIND(bind);
	FIND(listen);
	FIND(accept);
	FIND(connect);
	FIND(read);
	FIND(write);
	FIND(shutdown);
	FIND(close);
	FIND(poll);
	FIND(getsockopt);
	FIND(info);
	FIND(counters);
}

/* ---- The wire ------------------------------------------------------------------------ */

static struct sl_test_stack *client, *server;

static void deliver(struct sl_test_stack *stack, const uint8_t *packet, size_t bytes)
{
	if (api.input(stack, packet, bytes) != 0)
		check(false, "a packet is understood");
}

/* The client has Ethernet, the server bare IP: the wire puts the header on and takes it off. */
static void carry_to_server(void)
{
	uint8_t packet[PACKET_BYTES];
	uint64_t at_ns;
	size_t bytes;

	while ((bytes = api.output(client, packet, sizeof(packet), &at_ns)) != 0)
		deliver(server, packet + ETHERNET_BYTES, bytes - ETHERNET_BYTES);
}

static void carry_to_client(void)
{
	uint8_t packet[PACKET_BYTES] = { 2, 0, 0, 0, 0, 0x51, 2, 0, 0, 0, 0, 0xc1, 8, 0 };
	uint64_t at_ns;
	size_t bytes;

	while ((bytes = api.output(server, packet + ETHERNET_BYTES, sizeof(packet) - ETHERNET_BYTES,
				   &at_ns)) != 0)
		deliver(client, packet, bytes + ETHERNET_BYTES);
}

static void pass(void)
{
	api.advance(client, api.now_ns(client) + WIRE_NS);
	api.advance(server, api.now_ns(server) + WIRE_NS);
	carry_to_server();
	carry_to_client();
}

/* ---- The story ----------------------------------------------------------------------- */

static uint8_t sent[BYTES], got[BYTES];

static short ready(struct sl_test_stack *stack, int fd)
{
	struct pollfd wanted = { .fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP };

	api.poll(stack, &wanted, 1);
	return wanted.revents;
}

/* Writes all of sent on one side while the other reads it. */
static void transfer(struct sl_test_stack *from, int from_fd, struct sl_test_stack *to, int to_fd)
{
	size_t sent_bytes = 0, got_bytes = 0;

	memset(got, 0, sizeof(got));
	for (int turn = 0; turn < 10000 && got_bytes < BYTES; turn++) {
		ssize_t bytes = 1;

		if (sent_bytes < BYTES)
			bytes = api.write(from, from_fd, sent + sent_bytes, BYTES - sent_bytes);
		if (bytes > 0 && sent_bytes < BYTES)
			sent_bytes += (size_t)bytes;
		pass();
		bytes = api.read(to, to_fd, got + got_bytes, BYTES - got_bytes);
		if (bytes > 0)
			got_bytes += (size_t)bytes;
	}
	CHECK(got_bytes == BYTES);
	CHECK(memcmp(got, sent, BYTES) == 0);
}

static void half_close(int fd, int accepted)
{
	struct sl_test_info info;
	uint8_t byte = 'x';

	CHECK(api.shutdown(client, fd, SHUT_WR) == 0);
	pass();
	pass();
	CHECK(ready(server, accepted) & POLLRDHUP);
	CHECK(api.read(server, accepted, &byte, 1) == 0);
	CHECK(api.info(client, fd, &info) == 0 && strcmp(info.state, "FIN-WAIT-2") == 0);
	CHECK(api.info(server, accepted, &info) == 0 && strcmp(info.state, "CLOSE-WAIT") == 0);
	CHECK(api.write(server, accepted, &byte, 1) == 1);
	pass();
	CHECK(api.read(client, fd, &byte, 1) == 1 && byte == 'x');
	CHECK(api.close(server, accepted) == 0);
	pass();
	pass();
	CHECK(api.read(client, fd, &byte, 1) == 0);
	CHECK(api.close(client, fd) == 0);
	CHECK(api.close(client, fd) == -EBADF);
}

static void story(void)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons(443) };
	struct sl_test_counters counters;
	struct tcp_info linux_info;
	socklen_t bytes = sizeof(linux_info);
	int listener = api.socket(server, AF_INET), fd = api.socket(client, AF_INET), accepted;

	CHECK(api.bind(server, listener, (struct sockaddr *)&name, sizeof(name)) == 0);
	CHECK(api.listen(server, listener, 5) == 0);
	inet_pton(AF_INET, "192.0.2.7", &name.sin_addr);
	CHECK(api.connect(client, fd, (struct sockaddr *)&name, sizeof(name)) == -EINPROGRESS);
	CHECK(!(ready(client, fd) & POLLOUT));
	CHECK(api.accept(server, listener, NULL, NULL) == -EAGAIN);
	pass();
	pass();
	CHECK(ready(client, fd) & POLLOUT);
	accepted = api.accept(server, listener, NULL, NULL);
	CHECK(accepted > listener);
	CHECK(api.read(server, accepted, got, 1) == -EAGAIN);
	for (size_t i = 0; i < BYTES; i++)
		sent[i] = (uint8_t)(i * 2654435761U >> 13);
	transfer(client, fd, server, accepted);
	transfer(server, accepted, client, fd);
	CHECK(api.getsockopt(server, accepted, IPPROTO_TCP, TCP_INFO, &linux_info, &bytes) == 0);
	CHECK(linux_info.tcpi_state == TCP_ESTABLISHED);
	half_close(fd, accepted);
	api.counters(client, &counters);
	CHECK(counters.time_wait_cnt == 1 && counters.open_cnt == 0);
	api.counters(server, &counters);
	CHECK(counters.time_wait_cnt == 0 && counters.open_cnt == 0);
	CHECK(counters.resent_segments_out == 0 && counters.rtos == 0);
}

int main(void)
{
	const struct sl_test_config bare = { .bare_ip = true };

	load();
	CHECK(api.open(&client, NULL) == 0);
	CHECK(api.open(&server, &bare) == 0);
	if (!client || !server)
		return 1;
	story();
	api.free(client);
	api.free(server);
	printf("%d passed, %d failed\n", passed_cnt, failed_cnt);
	return failed_cnt ? 1 : 0;
}
