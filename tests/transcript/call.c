/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transcript.h"

/* ---- Arguments and results ----------------------------------------------------------- */

static const struct {
	const char *name;
	int number;
} errors[] = {
	{ "EAGAIN", EAGAIN },
	{ "EBADF", EBADF },
	{ "EPIPE", EPIPE },
	{ "EINVAL", EINVAL },
	{ "ENOTCONN", ENOTCONN },
	{ "ECONNRESET", ECONNRESET },
	{ "ETIMEDOUT", ETIMEDOUT },
	{ "ECONNREFUSED", ECONNREFUSED },
	{ "EADDRINUSE", EADDRINUSE },
	{ "ENFILE", ENFILE },
	{ "ENOPROTOOPT", ENOPROTOOPT },
	{ "EISCONN", EISCONN },
};

static bool error_name(const char **at, int64_t *number)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (sl_text_word(at, errors[i].name)) {
			*number = errors[i].number;
			return true;
		}
	}
	return false;
}

/* "= 5", "= -EAGAIN", "= ECONNRESET" (of SO_ERROR); none: success will do. */
static bool result(struct sl_play *play, const char *at, int64_t got)
{
	int64_t wanted;
	bool minus;

	if (!sl_text_mark(&at, "="))
		return (sl_text_end(&at) ||
			sl_play_fail(play, "= RESULT, or the end of the line")) &&
		       (got >= 0 || sl_play_fail(play, "failed: %s", strerror((int)-got)));
	if (!sl_text_number(&at, &wanted)) {
		minus = sl_text_mark(&at, "-");
		if (!error_name(&at, &wanted))
			return sl_play_fail(play, "= NUMBER or = -ERROR");
		if (minus)
			wanted = -wanted;
	}
	if (!sl_text_end(&at))
		return sl_play_fail(play, "something behind the result");
	if (got == wanted)
		return true;
	return sl_play_fail(play, "expected %lld, got %lld (%s)", (long long)wanted, (long long)got,
			    got < 0 ? strerror((int)-got) : "no error");
}

static bool fd_argument(const char **at, int *fd)
{
	int64_t number;

	if (!sl_text_number(at, &number) || number < 0 || number >= SL_FDS_MAX)
		return false;
	*fd = (int)number;
	return true;
}

static bool closed(const char **at)
{
	return sl_text_mark(at, ")");
}

/* ---- Opening ------------------------------------------------------------------------- */

static socklen_t fill_name(const struct sl_play *play, const char *address, uint16_t port,
			   struct sockaddr_storage *name)
{
	struct sockaddr_in ipv4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	if (address && play->world.ipv6)
		inet_pton(AF_INET6, address, &ipv6.sin6_addr);
	else if (address)
		inet_pton(AF_INET, address, &ipv4.sin_addr);
	if (play->world.ipv6)
		memcpy(name, &ipv6, sizeof(ipv6));
	else
		memcpy(name, &ipv4, sizeof(ipv4));
	return play->world.ipv6 ? sizeof(ipv6) : sizeof(ipv4);
}

static int new_socket(const struct sl_play *play, const char *congestion, int64_t mss)
{
	int fd = sl_test_socket(play->stack, play->world.ipv6 ? AF_INET6 : AF_INET), error = 0;
	int mss_bytes = (int)mss;

	if (fd >= 0 && *congestion)
		error = sl_test_setsockopt(play->stack, fd, IPPROTO_TCP, TCP_CONGESTION, congestion,
					   (socklen_t)strlen(congestion));
	if (fd >= 0 && mss && !error)
		error = sl_test_setsockopt(play->stack, fd, IPPROTO_TCP, TCP_MAXSEG, &mss_bytes,
					   sizeof(mss_bytes));
	return error ? error : fd;
}

/* listen([PORT][, backlog N][, cc NAME][, mss N]) */
static bool call_listen(struct sl_play *play, const char *at)
{
	int64_t port = play->world.port, backlog = 128, mss = 0;
	struct sockaddr_storage name;
	char congestion[16] = "";
	socklen_t name_bytes;
	bool good = true;
	int fd, error;

	sl_text_number(&at, &port);
	while (good && !closed(&at)) {
		sl_text_mark(&at, ",");
		if (sl_text_word(&at, "backlog"))
			good = sl_text_number(&at, &backlog);
		else if (sl_text_word(&at, "cc"))
			good = sl_text_name(&at, congestion, sizeof(congestion));
		else
			good = sl_text_word(&at, "mss") && sl_text_number(&at, &mss);
	}
	if (!good)
		return sl_play_fail(play, "listen([PORT][, backlog N][, cc NAME][, mss N])");
	name_bytes = fill_name(play, NULL, (uint16_t)port, &name);
	fd = new_socket(play, congestion, mss);
	if (fd < 0)
		return result(play, at, fd);
	error = sl_test_bind(play->stack, fd, (struct sockaddr *)&name, name_bytes);
	if (!error)
		error = sl_test_listen(play->stack, fd, (int)backlog);
	play->listener = fd;
	return result(play, at, error ? error : fd);
}

static void forget_streams(struct sl_play *play, int64_t fd)
{
	if (fd >= 0 && fd < SL_FDS_MAX)
		play->written[fd] = play->read[fd] = 0;
}

static bool call_accept(struct sl_play *play, const char *at)
{
	int fd = play->listener;
	int64_t got;

	fd_argument(&at, &fd);
	if (!closed(&at))
		return sl_play_fail(play, "accept([FD])");
	got = sl_test_accept(play->stack, fd, NULL, NULL);
	forget_streams(play, got);
	return result(play, at, got);
}

/* connect(): from a free port to the port of peer 1, whose SYN-ACK or SYN then comes from there. */
static bool call_connect(struct sl_play *play, const char *at)
{
	const char *peer = play->world.ipv6 ? "2001:db8::1" : "192.0.2.1";
	struct sockaddr_storage name;
	socklen_t name_bytes = fill_name(play, peer, play->world.peers[0].port, &name);
	char congestion[16] = "";
	int fd, error;

	if (sl_text_word(&at, "cc") && !sl_text_name(&at, congestion, sizeof(congestion)))
		return sl_play_fail(play, "connect([cc NAME])");
	if (!closed(&at))
		return sl_play_fail(play, "connect([cc NAME])");
	fd = new_socket(play, congestion, 0);
	if (fd < 0)
		return result(play, at, fd);
	error = sl_test_connect(play->stack, fd, (struct sockaddr *)&name, name_bytes);
	forget_streams(play, fd);
	return result(play, at, error == -EINPROGRESS ? fd : error);
}

/* ---- Bytes --------------------------------------------------------------------------- */

static bool call_write(struct sl_play *play, const char *at)
{
	int64_t bytes, got;
	uint8_t *data;
	int fd;

	if (!fd_argument(&at, &fd) || !sl_text_mark(&at, ",") || !sl_text_number(&at, &bytes) ||
	    bytes < 0 || bytes > INT32_MAX || !closed(&at))
		return sl_play_fail(play, "write(FD, BYTES)");
	data = malloc((size_t)bytes + 1);
	if (!data)
		return sl_play_fail(play, "no memory");
	for (int64_t i = 0; i < bytes; i++)
		data[i] = sl_stream_byte(play->written[fd] + 1 + (uint32_t)i);
	got = sl_test_write(play->stack, fd, data, (size_t)bytes);
	free(data);
	if (got > 0)
		play->written[fd] += (uint32_t)got;
	return result(play, at, got);
}

static bool call_read(struct sl_play *play, const char *at)
{
	int64_t bytes, got;
	bool right = true;
	uint8_t *data;
	int fd;

	if (!fd_argument(&at, &fd) || !sl_text_mark(&at, ",") || !sl_text_number(&at, &bytes) ||
	    bytes < 0 || bytes > INT32_MAX || !closed(&at))
		return sl_play_fail(play, "read(FD, BYTES)");
	data = malloc((size_t)bytes + 1);
	if (!data)
		return sl_play_fail(play, "no memory");
	got = sl_test_read(play->stack, fd, data, (size_t)bytes);
	for (int64_t i = 0; i < got; i++)
		right = right && data[i] == sl_stream_byte(play->read[fd] + 1 + (uint32_t)i);
	free(data);
	if (got > 0)
		play->read[fd] += (uint32_t)got;
	if (!right)
		return sl_play_fail(play, "read other bytes than the peer sent");
	return result(play, at, got);
}

/* ---- Ending -------------------------------------------------------------------------- */

static bool call_shutdown(struct sl_play *play, const char *at)
{
	int fd, how = -1;

	if (fd_argument(&at, &fd) && sl_text_mark(&at, ","))
		how = sl_text_word(&at, "WR")   ? SHUT_WR
		      : sl_text_word(&at, "RD") ? SHUT_RD
						: SHUT_RDWR;
	if (how < 0 || (how == SHUT_RDWR && !sl_text_word(&at, "RDWR")) || !closed(&at))
		return sl_play_fail(play, "shutdown(FD, WR), RD or RDWR");
	return result(play, at, sl_test_shutdown(play->stack, fd, how));
}

static bool call_close(struct sl_play *play, const char *at)
{
	int fd;

	if (!fd_argument(&at, &fd) || !closed(&at))
		return sl_play_fail(play, "close(FD)");
	return result(play, at, sl_test_close(play->stack, fd));
}

static bool call_abort(struct sl_play *play, const char *at)
{
	const struct linger linger = { .l_onoff = 1 };
	int fd, error;

	if (!fd_argument(&at, &fd) || !closed(&at))
		return sl_play_fail(play, "abort(FD)");
	error = sl_test_setsockopt(play->stack, fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	return result(play, at, error ? error : sl_test_close(play->stack, fd));
}

/* ---- Options, readiness -------------------------------------------------------------- */

static const struct {
	const char *name;
	int level, number;
} socket_options[] = {
	{ "SO_ERROR", SOL_SOCKET, SO_ERROR },        { "SO_SNDBUF", SOL_SOCKET, SO_SNDBUF },
	{ "SO_RCVBUF", SOL_SOCKET, SO_RCVBUF },      { "SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE },
	{ "TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY }, { "TCP_MAXSEG", IPPROTO_TCP, TCP_MAXSEG },
};

/* The index above of what is named, or -1. */
static int option_argument(const char **at, int *fd)
{
	if (!fd_argument(at, fd) || !sl_text_mark(at, ","))
		return -1;
	for (int i = 0; i < (int)(sizeof(socket_options) / sizeof(socket_options[0])); i++) {
		if (sl_text_word(at, socket_options[i].name))
			return i;
	}
	return -1;
}

static bool call_getsockopt(struct sl_play *play, const char *at)
{
	int fd, value = 0, option = option_argument(&at, &fd), error;
	socklen_t bytes = sizeof(value);

	if (option < 0 || !closed(&at))
		return sl_play_fail(play, "getsockopt(FD, OPTION) = VALUE");
	error = sl_test_getsockopt(play->stack, fd, socket_options[option].level,
				   socket_options[option].number, &value, &bytes);
	return result(play, at, error ? error : value);
}

static bool call_setsockopt(struct sl_play *play, const char *at)
{
	int fd, value, option = option_argument(&at, &fd);
	int64_t number;

	if (option < 0 || !sl_text_mark(&at, ",") || !sl_text_number(&at, &number) || !closed(&at))
		return sl_play_fail(play, "setsockopt(FD, OPTION, NUMBER)");
	value = (int)number;
	return result(play, at,
		      sl_test_setsockopt(play->stack, fd, socket_options[option].level,
					 socket_options[option].number, &value, sizeof(value)));
}

/* poll(FD) = IN|OUT|RDHUP|HUP|ERR, or 0 */
static bool call_poll(struct sl_play *play, const char *at)
{
	static const struct {
		const char *name;
		short bit;
	} names[] = { { "IN", POLLIN },
		      { "OUT", POLLOUT },
		      { "RDHUP", POLLRDHUP },
		      { "HUP", POLLHUP },
		      { "ERR", POLLERR } };
	struct pollfd wanted = { .events = POLLIN | POLLOUT | POLLRDHUP };
	int bits = 0;

	if (!fd_argument(&at, &wanted.fd) || !closed(&at) || !sl_text_mark(&at, "="))
		return sl_play_fail(play, "poll(FD) = IN|OUT|RDHUP|HUP|ERR or 0");
	do {
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			bits |= sl_text_word(&at, names[i].name) ? names[i].bit : 0;
	} while (sl_text_mark(&at, "|"));
	sl_text_word(&at, "0");
	if (!sl_text_end(&at))
		return sl_play_fail(play, "poll(FD) = IN|OUT|RDHUP|HUP|ERR or 0");
	sl_test_poll(play->stack, &wanted, 1);
	return wanted.revents == bits || sl_play_fail(play, "expected %#x, got %#x", (unsigned)bits,
						      (unsigned)wanted.revents);
}

/* ---- Which call ---------------------------------------------------------------------- */

bool sl_play_call(struct sl_play *play, const char *at)
{
	static const struct {
		const char *name;
		bool (*call)(struct sl_play *play, const char *at);
	} calls[] = {
		{ "listen(", call_listen },
		{ "accept(", call_accept },
		{ "connect(", call_connect },
		{ "read(", call_read },
		{ "write(", call_write },
		{ "shutdown(", call_shutdown },
		{ "close(", call_close },
		{ "abort(", call_abort },
		{ "getsockopt(", call_getsockopt },
		{ "setsockopt(", call_setsockopt },
		{ "poll(", call_poll },
		{ "info(", sl_play_info },
		{ "counters(", sl_play_counters },
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (sl_text_mark(&at, calls[i].name))
			return calls[i].call(play, at);
	}
	return sl_play_fail(play, "neither < nor > nor a call");
}
