/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sockets.h"

enum { FIRST_FD = 3, LAST_PORT = 65535, FIRST_FREE_PORT = 49152, ETHERNET_BYTES = 14 };

/* ---- Descriptors --------------------------------------------------------------------- */

struct sl_socket *sl_socket_of(const struct sl_test_stack *stack, int fd)
{
	if (fd < FIRST_FD || (uint32_t)(fd - FIRST_FD) >= stack->fd_cnt)
		return NULL;
	return stack->by_fd[fd - FIRST_FD];
}

static int give_fd(struct sl_test_stack *stack, struct sl_socket *socket)
{
	struct sl_socket **grown;
	uint32_t i = 0;

	while (i < stack->fd_cnt && stack->by_fd[i])
		i++;
	if (i == stack->fd_cnt) {
		grown = realloc(stack->by_fd, (i + 1) * sizeof(struct sl_socket *));
		if (!grown)
			return -ENOMEM;
		stack->by_fd = grown;
		stack->fd_cnt++;
	}
	stack->by_fd[i] = socket;
	return (int)i + FIRST_FD;
}

int sl_socket_take_error(struct sl_socket *socket)
{
	int error = socket->error;

	socket->error = 0;
	return -error;
}

int sl_test_socket(struct sl_test_stack *stack, int domain)
{
	struct sl_socket *socket;
	int fd;

	if (domain != AF_INET && domain != AF_INET6)
		return -EAFNOSUPPORT;
	socket = sl_stream_new(stack, domain);
	if (!socket)
		return -ENOMEM;
	fd = give_fd(stack, socket);
	if (fd < 0)
		sl_stream_free(socket);
	return fd;
}

/* ---- Opening ------------------------------------------------------------------------- */

static void choose_port(struct sl_test_stack *stack, struct sl_socket *socket)
{
	if (socket->local.port)
		return;
	socket->local.port = stack->next_port;
	stack->next_port =
	    stack->next_port == LAST_PORT ? FIRST_FREE_PORT : (uint16_t)(stack->next_port + 1);
}

static void bind_any(struct sl_socket *socket)
{
	static const uint8_t zero[16];

	if (socket->bound)
		return;
	socket->bound = true;
	socket->local.ipv6 = socket->domain == AF_INET6;
	socket->local.any = true;
	socket->local.address =
	    socket->local.ipv6 ? sl_address_from_ipv6(zero) : sl_address_from_ipv4(zero);
}

int sl_test_bind(struct sl_test_stack *stack, int fd, const struct sockaddr *address,
		 socklen_t address_bytes)
{
	struct sl_socket *socket = sl_socket_of(stack, fd);
	struct sl_listener local = { 0 };
	int error;

	if (!socket)
		return -EBADF;
	if (socket->kind != SL_SOCKET_FRESH || socket->bound)
		return -EINVAL;
	error = sl_name_read(address, address_bytes, socket->domain, &local.address, &local.port,
			     &local.any);
	if (error)
		return error;
	local.ipv6 = socket->domain == AF_INET6;
	local.mss_clamp = socket->local.mss_clamp;
	socket->local = local;
	socket->bound = true;
	choose_port(stack, socket);
	return 0;
}

static bool is_listened(const struct sl_test_stack *stack, const struct sl_listener *local)
{
	for (int i = 0; i < SL_LISTENERS_MAX; i++) {
		const struct sl_socket *other = stack->by_listener[i];

		if (!other || other->local.port != local->port || other->local.ipv6 != local->ipv6)
			continue;
		if (other->local.any || local->any ||
		    memcmp(&other->local.address, &local->address, sizeof(local->address)) == 0)
			return true;
	}
	return false;
}

int sl_test_listen(struct sl_test_stack *stack, int fd, int backlog)
{
	struct sl_socket *socket = sl_socket_of(stack, fd);
	int idx;

	if (!socket)
		return -EBADF;
	if (socket->kind == SL_SOCKET_LISTENER) {
		socket->backlog = backlog;
		return 0;
	}
	if (socket->kind != SL_SOCKET_FRESH || !socket->bound)
		return -EINVAL;
	if (is_listened(stack, &socket->local))
		return -EADDRINUSE;
	socket->local.congestion = (uint8_t)socket->congestion;
	idx = sl_tcp_listen(stack->tcp, &socket->local);
	if (idx < 0)
		return idx;
	stack->by_listener[idx] = socket;
	socket->listener_idx = (uint32_t)idx;
	socket->kind = SL_SOCKET_LISTENER;
	socket->backlog = backlog;
	return 0;
}

int sl_test_accept(struct sl_test_stack *stack, int fd, struct sockaddr *address,
		   socklen_t *address_bytes)
{
	struct sl_socket *listener = sl_socket_of(stack, fd), *socket;
	int accepted;

	if (!listener)
		return -EBADF;
	if (listener->kind != SL_SOCKET_LISTENER)
		return -EINVAL;
	socket = listener->first;
	if (!socket)
		return -EAGAIN;
	accepted = give_fd(stack, socket);
	if (accepted < 0)
		return accepted;
	listener->first = socket->next;
	if (!listener->first)
		listener->last = NULL;
	listener->waiting_cnt--;
	socket->next = NULL;
	sl_name_write(&socket->peer, socket->peer_port, socket->domain, address, address_bytes);
	return accepted;
}

static void fill_route(const struct sl_test_stack *stack, struct sl_socket *socket,
		       struct sl_route *route)
{
	const struct sl_test_config *config = &stack->config;
	bool ipv6 = socket->domain == AF_INET6;

	if (socket->local.any)
		socket->local.address = ipv6 ? sl_address_from_ipv6(config->local_ipv6)
					     : sl_address_from_ipv4(config->local_ipv4);
	*route = (struct sl_route){
		.link_bytes = ETHERNET_BYTES,
		.ipv6 = ipv6,
		.local_port = socket->local.port,
		.peer_port = socket->peer_port,
		.local = socket->local.address,
		.peer = socket->peer,
	};
	memcpy(route->link, config->peer_mac, sizeof(config->peer_mac));
	memcpy(route->link + 6, config->local_mac, sizeof(config->local_mac));
	route->link[12] = ipv6 ? 0x86 : 0x08;
	route->link[13] = ipv6 ? 0xdd : 0x00;
}

int sl_test_connect(struct sl_test_stack *stack, int fd, const struct sockaddr *address,
		    socklen_t address_bytes)
{
	struct sl_socket *socket = sl_socket_of(stack, fd);
	struct sl_route route;
	bool any;
	int error;

	if (!socket)
		return -EBADF;
	if (socket->kind != SL_SOCKET_FRESH)
		return -EISCONN;
	error = sl_name_read(address, address_bytes, socket->domain, &socket->peer,
			     &socket->peer_port, &any);
	if (error)
		return error;
	bind_any(socket);
	choose_port(stack, socket);
	fill_route(stack, socket, &route);
	sl_turn_begin(stack);
	error =
	    sl_tcp_connect(stack->tcp, &route, socket->congestion, &socket->conn, stack->now_ns);
	if (error)
		return error;
	socket->kind = SL_SOCKET_STREAM;
	socket->connecting = true;
	socket->alive = true;
	stack->by_conn[socket->conn.idx] = socket;
	sl_turn_end(stack);
	return -EINPROGRESS;
}

/* ---- Bytes --------------------------------------------------------------------------- */

ssize_t sl_test_read(struct sl_test_stack *stack, int fd, void *out, size_t bytes)
{
	struct sl_socket *socket = sl_socket_of(stack, fd);

	if (!socket)
		return -EBADF;
	if (socket->kind != SL_SOCKET_STREAM || (socket->alive && !socket->opened))
		return -ENOTCONN;
	if (bytes > socket->in.cnt)
		bytes = socket->in.cnt;
	if (bytes) {
		memcpy(out, sl_bytes_at(&socket->in, 0), bytes);
		sl_bytes_drop(&socket->in, bytes);
		sl_turn_begin(stack);
		if (socket->alive)
			sl_tcp_set_window(stack->tcp, socket->conn, sl_stream_room_bytes(socket));
		sl_turn_end(stack);
		return (ssize_t)bytes;
	}
	if (socket->error)
		return sl_socket_take_error(socket);
	return socket->peer_closed || socket->read_shut || !socket->alive ? 0 : -EAGAIN;
}

ssize_t sl_test_write(struct sl_test_stack *stack, int fd, const void *data, size_t bytes)
{
	struct sl_socket *socket = sl_socket_of(stack, fd);
	size_t room_bytes;

	if (!socket)
		return -EBADF;
	if (socket->kind != SL_SOCKET_STREAM)
		return -ENOTCONN;
	if (socket->error)
		return sl_socket_take_error(socket);
	if (socket->write_shut || !socket->alive)
		return -EPIPE;
	if (!socket->opened)
		return -EAGAIN;
	room_bytes =
	    socket->out.cnt < socket->out_max_bytes ? socket->out_max_bytes - socket->out.cnt : 0;
	if (room_bytes == 0)
		return -EAGAIN;
	if (bytes > room_bytes)
		bytes = room_bytes;
	if (sl_bytes_put(&socket->out, data, bytes) != 0)
		return -ENOMEM;
	sl_turn_begin(stack);
	sl_stream_send(stack, socket);
	sl_turn_end(stack);
	return (ssize_t)bytes;
}

/* ---- Ending -------------------------------------------------------------------------- */

int sl_test_shutdown(struct sl_test_stack *stack, int fd, int how)
{
	struct sl_socket *socket = sl_socket_of(stack, fd);

	if (!socket)
		return -EBADF;
	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return -EINVAL;
	if (socket->kind != SL_SOCKET_STREAM || !socket->opened)
		return -ENOTCONN;
	if (how != SHUT_WR) {
		socket->read_shut = true;
		sl_bytes_drop(&socket->in, socket->in.cnt);
	}
	if (how != SHUT_RD)
		socket->write_shut = true;
	sl_turn_begin(stack);
	sl_stream_send(stack, socket);
	sl_turn_end(stack);
	return 0;
}

static void close_listener(struct sl_test_stack *stack, struct sl_socket *socket)
{
	struct sl_socket *next;

	sl_tcp_unlisten(stack->tcp, socket->listener_idx);
	stack->by_listener[socket->listener_idx] = NULL;
	for (; socket->first; socket->first = next) {
		next = socket->first->next;
		sl_stream_abort(stack, socket->first);
	}
	sl_stream_free(socket);
}

static void close_stream(struct sl_test_stack *stack, struct sl_socket *socket)
{
	if (!socket->alive) {
		sl_stream_free(socket);
		return;
	}
	if (socket->linger_reset || socket->in.cnt) {
		sl_stream_abort(stack, socket);
		return;
	}
	socket->orphan = true;
	socket->write_shut = true;
	if (!socket->opened)
		sl_tcp_close(stack->tcp, socket->conn, stack->now_ns); /* SYN-SENT ends here */
	sl_stream_send(stack, socket);
}

int sl_test_close(struct sl_test_stack *stack, int fd)
{
	struct sl_socket *socket = sl_socket_of(stack, fd);

	if (!socket)
		return -EBADF;
	stack->by_fd[fd - FIRST_FD] = NULL;
	sl_turn_begin(stack);
	if (socket->kind == SL_SOCKET_LISTENER)
		close_listener(stack, socket);
	else
		close_stream(stack, socket);
	sl_turn_end(stack);
	return 0;
}

/* ---- Names, readiness ---------------------------------------------------------------- */

int sl_test_getsockname(struct sl_test_stack *stack, int fd, struct sockaddr *address,
			socklen_t *address_bytes)
{
	const struct sl_socket *socket = sl_socket_of(stack, fd);

	if (!socket)
		return -EBADF;
	sl_name_write(&socket->local.address, socket->local.port, socket->domain, address,
		      address_bytes);
	return 0;
}

int sl_test_getpeername(struct sl_test_stack *stack, int fd, struct sockaddr *address,
			socklen_t *address_bytes)
{
	const struct sl_socket *socket = sl_socket_of(stack, fd);

	if (!socket)
		return -EBADF;
	if (socket->kind != SL_SOCKET_STREAM || !socket->opened)
		return -ENOTCONN;
	sl_name_write(&socket->peer, socket->peer_port, socket->domain, address, address_bytes);
	return 0;
}

static short readiness(const struct sl_socket *socket)
{
	int bits = 0;

	if (socket->kind == SL_SOCKET_FRESH)
		return POLLOUT | POLLHUP;
	if (socket->kind == SL_SOCKET_LISTENER)
		return socket->first ? POLLIN : 0;
	if (socket->in.cnt || socket->peer_closed || socket->read_shut || !socket->alive)
		bits |= POLLIN;
	if (socket->peer_closed || !socket->alive)
		bits |= POLLRDHUP;
	if (!socket->alive ||
	    (socket->opened && !socket->write_shut && socket->out.cnt < socket->out_max_bytes))
		bits |= POLLOUT;
	if (!socket->alive)
		bits |= POLLHUP;
	if (socket->error)
		bits |= POLLERR;
	return (short)bits;
}

int sl_test_poll(struct sl_test_stack *stack, struct pollfd *fds, nfds_t cnt)
{
	int ready_cnt = 0;

	for (nfds_t i = 0; i < cnt; i++) {
		const struct sl_socket *socket = sl_socket_of(stack, fds[i].fd);
		int always = POLLHUP | POLLERR;

		if (fds[i].fd < 0)
			fds[i].revents = 0;
		else if (!socket)
			fds[i].revents = POLLNVAL;
		else
			fds[i].revents = (short)(readiness(socket) & (fds[i].events | always));
		ready_cnt += fds[i].revents != 0;
	}
	return ready_cnt;
}
