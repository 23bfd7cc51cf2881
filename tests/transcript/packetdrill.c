/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stack under packetdrill, which loads whatever it is to test as a shared object:
 *
 *     make sluice-packetdrill.so
 *     packetdrill --so_filename=$PWD/sluice-packetdrill.so --so_flags=paced FILE
 *
 * so_flags: "paced" for pacing as the server does it; else what the windows allow leaves at once.
 *
 * Scripts written for Linux differ from this stack in what RFCs leave open: the order of options,
 * where PSH stands, segments larger than the MSS (nothing is offloaded here), delayed ACKs from the
 * first segment on, and calls that block. Its Python assertions ask the kernel, not the object.
 *
 * packetdrill turns round and round until a time has come, so each look at the clock moves it.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <sys/uio.h>

#include "sluice_tcp_test.h"

#define NS_PER_US   UINT64_C(1000)
#define NS_PER_S    UINT64_C(1000000000)
#define LOOK_NS     (2 * NS_PER_US)
#define PATIENCE_NS (600 * NS_PER_S)

struct packetdrill_interface { /* as packetdrill lays it out */
	void *stack;
	void (*free)(void *stack);
	int (*socket)(void *stack, int domain, int type, int protocol);
	int (*bind)(void *stack, int fd, const struct sockaddr *name, socklen_t bytes);
	int (*listen)(void *stack, int fd, int backlog);
	int (*accept)(void *stack, int fd, struct sockaddr *name, socklen_t *bytes);
	int (*connect)(void *stack, int fd, const struct sockaddr *name, socklen_t bytes);
	ssize_t (*read)(void *stack, int fd, void *out, size_t bytes);
	ssize_t (*readv)(void *stack, int fd, const struct iovec *vector, int cnt);
	ssize_t (*recv)(void *stack, int fd, void *out, size_t bytes, int flags);
	ssize_t (*recvfrom)(void *stack, int fd, void *out, size_t bytes, int flags,
			    struct sockaddr *name, socklen_t *name_bytes);
	ssize_t (*recvmsg)(void *stack, int fd, struct msghdr *message, int flags);
	ssize_t (*write)(void *stack, int fd, const void *data, size_t bytes);
	ssize_t (*writev)(void *stack, int fd, const struct iovec *vector, int cnt);
	ssize_t (*send)(void *stack, int fd, const void *data, size_t bytes, int flags);
	ssize_t (*sendto)(void *stack, int fd, const void *data, size_t bytes, int flags,
			  const struct sockaddr *name, socklen_t name_bytes);
	ssize_t (*sendmsg)(void *stack, int fd, const struct msghdr *message, int flags);
	int (*fcntl)(void *stack, int fd, int command, ...);
	int (*ioctl)(void *stack, int fd, unsigned long request, ...);
	int (*close)(void *stack, int fd);
	int (*shutdown)(void *stack, int fd, int how);
	int (*getsockopt)(void *stack, int fd, int level, int name, void *value, socklen_t *bytes);
	int (*setsockopt)(void *stack, int fd, int level, int name, const void *value,
			  socklen_t bytes);
	int (*poll)(void *stack, struct pollfd *fds, nfds_t cnt, int timeout);
	int (*netdev_send)(void *stack, const void *packet, size_t bytes);
	int (*netdev_receive)(void *stack, void *packet, size_t *bytes, long long *at_us);
	int (*usleep)(void *stack, useconds_t for_us);
	int (*gettimeofday)(void *stack, struct timeval *now, struct timezone *zone);
	int (*epoll_create)(void *stack, int size);
	int (*epoll_ctl)(void *stack, int epoll, int operation, int fd, struct epoll_event *event);
	int (*epoll_wait)(void *stack, int epoll, struct epoll_event *events, int cnt, int timeout);
	int (*pipe)(void *stack, int fds[2]);
	int (*splice)(void *stack, int in, loff_t *in_off, int out, loff_t *out_off, size_t bytes,
		      unsigned int flags);
};

/* What packetdrill looks for. */
void packetdrill_interface_init(const char *flags, struct packetdrill_interface *interface);

/* -errno as the C library says it. */
static int said(long result)
{
	if (result >= 0)
		return (int)result;
	errno = (int)-result;
	return -1;
}

/* ---- Sockets ------------------------------------------------------------------------- */

static void free_stack(void *stack)
{
	sl_test_free(stack);
}

static int open_socket(void *stack, int domain, int type, int protocol)
{
	(void)type;
	(void)protocol;
	return said(sl_test_socket(stack, domain));
}

static int bind_socket(void *stack, int fd, const struct sockaddr *name, socklen_t bytes)
{
	return said(sl_test_bind(stack, fd, name, bytes));
}

static int listen_on(void *stack, int fd, int backlog)
{
	return said(sl_test_listen(stack, fd, backlog));
}

static int accept_from(void *stack, int fd, struct sockaddr *name, socklen_t *bytes)
{
	return said(sl_test_accept(stack, fd, name, bytes));
}

static int connect_to(void *stack, int fd, const struct sockaddr *name, socklen_t bytes)
{
	return said(sl_test_connect(stack, fd, name, bytes));
}

static ssize_t read_from(void *stack, int fd, void *out, size_t bytes)
{
	return said(sl_test_read(stack, fd, out, bytes));
}

static ssize_t receive(void *stack, int fd, void *out, size_t bytes, int flags)
{
	return flags & ~MSG_DONTWAIT ? said(-EOPNOTSUPP) : read_from(stack, fd, out, bytes);
}

static ssize_t receive_from(void *stack, int fd, void *out, size_t bytes, int flags,
			    struct sockaddr *name, socklen_t *name_bytes)
{
	(void)name;
	(void)name_bytes;
	return receive(stack, fd, out, bytes, flags);
}

static ssize_t write_to(void *stack, int fd, const void *data, size_t bytes)
{
	return said(sl_test_write(stack, fd, data, bytes));
}

static ssize_t transmit(void *stack, int fd, const void *data, size_t bytes, int flags)
{
	return flags & ~(MSG_DONTWAIT | MSG_NOSIGNAL) ? said(-EOPNOTSUPP)
						      : write_to(stack, fd, data, bytes);
}

static ssize_t transmit_to(void *stack, int fd, const void *data, size_t bytes, int flags,
			   const struct sockaddr *name, socklen_t name_bytes)
{
	(void)name;
	(void)name_bytes;
	return transmit(stack, fd, data, bytes, flags);
}

/* Nothing ever blocks, so O_NONBLOCK may be set and cleared as one likes. */
static int control(void *stack, int fd, int command, ...)
{
	(void)stack;
	(void)fd;
	if (command == F_GETFL)
		return O_RDWR | O_NONBLOCK;
	return command == F_SETFL ? 0 : said(-EINVAL);
}

static int close_socket(void *stack, int fd)
{
	return said(sl_test_close(stack, fd));
}

static int shut_down(void *stack, int fd, int how)
{
	return said(sl_test_shutdown(stack, fd, how));
}

static int get_option(void *stack, int fd, int level, int name, void *value, socklen_t *bytes)
{
	return said(sl_test_getsockopt(stack, fd, level, name, value, bytes));
}

static int set_option(void *stack, int fd, int level, int name, const void *value, socklen_t bytes)
{
	return said(sl_test_setsockopt(stack, fd, level, name, value, bytes));
}

static int poll_sockets(void *stack, struct pollfd *fds, nfds_t cnt, int timeout)
{
	(void)timeout;
	return said(sl_test_poll(stack, fds, cnt));
}

/* ---- What the stack does not have ---------------------------------------------------- */

static ssize_t no_vector(void *stack, int fd, const struct iovec *vector, int cnt)
{
	(void)stack;
	(void)fd;
	(void)vector;
	(void)cnt;
	return said(-EOPNOTSUPP);
}

static ssize_t no_message_in(void *stack, int fd, struct msghdr *message, int flags)
{
	(void)stack;
	(void)fd;
	(void)message;
	(void)flags;
	return said(-EOPNOTSUPP);
}

static ssize_t no_message_out(void *stack, int fd, const struct msghdr *message, int flags)
{
	(void)stack;
	(void)fd;
	(void)message;
	(void)flags;
	return said(-EOPNOTSUPP);
}

static int no_ioctl(void *stack, int fd, unsigned long request, ...)
{
	(void)stack;
	(void)fd;
	(void)request;
	return said(-EOPNOTSUPP);
}

static int no_epoll_create(void *stack, int size)
{
	(void)stack;
	(void)size;
	return said(-EOPNOTSUPP);
}

static int no_epoll_ctl(void *stack, int epoll, int operation, int fd, struct epoll_event *event)
{
	(void)stack;
	(void)epoll;
	(void)operation;
	(void)fd;
	(void)event;
	return said(-EOPNOTSUPP);
}

static int no_epoll_wait(void *stack, int epoll, struct epoll_event *events, int cnt, int timeout)
{
	(void)stack;
	(void)epoll;
	(void)events;
	(void)cnt;
	(void)timeout;
	return said(-EOPNOTSUPP);
}

static int no_pipe(void *stack, int fds[2])
{
	(void)stack;
	(void)fds;
	return said(-EOPNOTSUPP);
}

static int no_splice(void *stack, int in, loff_t *in_off, int out, loff_t *out_off, size_t bytes,
		     unsigned int flags)
{
	(void)stack;
	(void)in;
	(void)in_off;
	(void)out;
	(void)out_off;
	(void)bytes;
	(void)flags;
	return said(-EOPNOTSUPP);
}

/* ---- Packets and time ---------------------------------------------------------------- */

/* What is not understood is as if lost, as on any host. */
static int packet_in(void *stack, const void *packet, size_t bytes)
{
	sl_test_input(stack, packet, bytes);
	return 0;
}

static int packet_out(void *stack, void *packet, size_t *bytes, long long *at_us)
{
	uint64_t at_ns = 0;

	sl_test_run(stack, sl_test_now_ns(stack) + PATIENCE_NS);
	*bytes = sl_test_output(stack, packet, *bytes, &at_ns);
	*at_us = (long long)(at_ns / NS_PER_US);
	return 0;
}

static int sleep_us(void *stack, useconds_t for_us)
{
	sl_test_advance(stack, sl_test_now_ns(stack) + for_us * NS_PER_US);
	return 0;
}

static int time_of_day(void *stack, struct timeval *now, struct timezone *zone)
{
	uint64_t now_ns;

	(void)zone;
	sl_test_advance(stack, sl_test_now_ns(stack) + LOOK_NS);
	now_ns = sl_test_now_ns(stack);
	now->tv_sec = (time_t)(now_ns / NS_PER_S);
	now->tv_usec = (suseconds_t)(now_ns % NS_PER_S / NS_PER_US);
	return 0;
}

void packetdrill_interface_init(const char *flags, struct packetdrill_interface *interface)
{
	const struct sl_test_config config = {
		.bare_ip = true,
		.unpaced = !flags || !strstr(flags, "paced"),
	};
	struct sl_test_stack *stack;

	if (sl_test_open(&stack, &config) != 0)
		abort(); /* there is no way to say so */
	*interface = (struct packetdrill_interface){
		.stack = stack,
		.free = free_stack,
		.socket = open_socket,
		.bind = bind_socket,
		.listen = listen_on,
		.accept = accept_from,
		.connect = connect_to,
		.read = read_from,
		.readv = no_vector,
		.recv = receive,
		.recvfrom = receive_from,
		.recvmsg = no_message_in,
		.write = write_to,
		.writev = no_vector,
		.send = transmit,
		.sendto = transmit_to,
		.sendmsg = no_message_out,
		.fcntl = control,
		.ioctl = no_ioctl,
		.close = close_socket,
		.shutdown = shut_down,
		.getsockopt = get_option,
		.setsockopt = set_option,
		.poll = poll_sockets,
		.netdev_send = packet_in,
		.netdev_receive = packet_out,
		.usleep = sleep_us,
		.gettimeofday = time_of_day,
		.epoll_create = no_epoll_create,
		.epoll_ctl = no_epoll_ctl,
		.epoll_wait = no_epoll_wait,
		.pipe = no_pipe,
		.splice = no_splice,
	};
}
