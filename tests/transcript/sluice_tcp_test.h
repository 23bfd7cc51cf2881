/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sluice's TCP behind a socket interface, for test suites (libsluice-tcp-test.so). It stands alone:
 * nothing else of the project is needed, neither its headers nor its libraries.
 *
 *      suite ──sl_test_write, read, …──► stack ──sl_test_output──► packets
 *      suite ──sl_test_input──────────►   │    ◄──sl_test_advance── time
 *
 * A stack is one host with one network interface. It owns no thread and no real descriptor, reads
 * no clock and no randomness: the same calls always give the same packets, to the bit. Packets
 * leave only within calls, and time stands still between calls of sl_test_advance.
 *
 * As many stacks as wanted, each used by one thread at a time. No call ever waits: what would block
 * is -EAGAIN (-EINPROGRESS for connect). Errors are returned as -errno and errno is left alone; a
 * suite that wants the other convention wraps them in two lines.
 *
 * Packets are whole Ethernet frames (without FCS) or, if the stack was opened so, bare IP packets.
 * Replies go to where the peer's latest valid segment came from, so there is neither ARP nor a
 * routing table.
 *
 * packetdrill.c makes it what packetdrill loads; others will find it easy to follow.
 */
#ifndef SLUICE_TCP_TEST_H
#define SLUICE_TCP_TEST_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sl_test_stack;

struct sl_test_config { /* 0 for what most suites want */
	bool bare_ip;
	bool unpaced;             /* whatever the windows allow leaves at once */
	uint32_t connections_max; /* 0: 64. Embryonic ones count, TIME-WAIT does not. */
	uint32_t backlog_max;     /* 0: as many. Embryonic connections of all listeners. */
	uint32_t mtu_bytes;       /* [1280, 3000]; 0: 1500 */
	uint32_t receive_bytes;   /* [1, 65535]; 0: 32768. Receive buffer, and window offered. */
	uint64_t keepalive_ns;    /* silence before a peer is probed; 0: never */
	uint64_t stall_ns;        /* how long a peer's window may stay closed; 0: for ever */
	uint64_t start_ns;        /* not 0, else 1000 s */
	uint8_t secret[32];       /* initial sequence numbers and timestamps follow from it */
	/* For connect; network order. 0: 198.51.100.1, 2001:db8::2, and MACs of ours. */
	uint8_t local_ipv4[4], local_ipv6[16];
	uint8_t local_mac[6], peer_mac[6];
};

/* Errors: -ENOMEM, -EINVAL (a value out of its range). config may be NULL. */
int sl_test_open(struct sl_test_stack **stack, const struct sl_test_config *config);
/* Every socket with it; nothing is sent. NULL is let be. */
void sl_test_free(struct sl_test_stack *stack);

/* ---- Packets and time ---------------------------------------------------------------- */

/* A packet arrives now: TCP, or an ICMP error about TCP. 0 if it was understood; -EBADMSG if not:
 * then it had no effect. The bytes are not kept. */
int sl_test_input(struct sl_test_stack *stack, const void *packet, size_t packet_bytes);

/* The oldest packet that left and was not fetched: its bytes, at most max_bytes of them, into out,
 * and when it left. Returns its whole length; 0 if there is none. */
size_t sl_test_output(struct sl_test_stack *stack, void *out, size_t max_bytes, uint64_t *at_ns);

uint64_t sl_test_now_ns(const struct sl_test_stack *stack);
/* Time passes until until_ns; timers go off on the way. Earlier than now: nothing happens. */
void sl_test_advance(struct sl_test_stack *stack, uint64_t until_ns);
/* The same, but only until a packet is there to be fetched: true if one is. */
bool sl_test_run(struct sl_test_stack *stack, uint64_t until_ns);

/* ---- Sockets ------------------------------------------------------------------------- */

/* Descriptors are small numbers of the stack's own, from 3 on, the lowest free one first. Every
 * call below: -EBADF for what is none. AF_INET or AF_INET6 (never dual), streams only. */
int sl_test_socket(struct sl_test_stack *stack, int domain);
/* Port 0, or never bound: a free one from 49152 on. Errors: -EINVAL (bound or connected),
 * -EAFNOSUPPORT. */
int sl_test_bind(struct sl_test_stack *stack, int fd, const struct sockaddr *address,
		 socklen_t address_bytes);
/* backlog: complete connections not yet accepted; what is beyond is reset. Errors: -EINVAL (not
 * bound), -EADDRINUSE, -ENOSPC. */
int sl_test_listen(struct sl_test_stack *stack, int fd, int backlog);
/* The oldest complete connection; address may be NULL. Errors: -EAGAIN, -EINVAL (no listener). */
int sl_test_accept(struct sl_test_stack *stack, int fd, struct sockaddr *address,
		   socklen_t *address_bytes);
/* -EINPROGRESS when the SYN is on its way. Poll says writable, and SO_ERROR is 0, when it is
 * established. Errors: -EISCONN, -EADDRINUSE, -ENFILE, -EAFNOSUPPORT. */
int sl_test_connect(struct sl_test_stack *stack, int fd, const struct sockaddr *address,
		    socklen_t address_bytes);

/* Bytes taken, [1, bytes]; 0 when the peer has closed (or reading was shut down), or for 0 bytes.
 * Errors: -EAGAIN, -ENOTCONN, and once -ECONNRESET, -ETIMEDOUT or -ECONNREFUSED; then 0. */
ssize_t sl_test_read(struct sl_test_stack *stack, int fd, void *out, size_t bytes);
/* Bytes taken into the send buffer, which holds SO_SNDBUF. PSH is set on the last byte of what has
 * been written. Errors: -EAGAIN, -ENOTCONN, -EPIPE, and once those of read. */
ssize_t sl_test_write(struct sl_test_stack *stack, int fd, const void *data, size_t bytes);
/* SHUT_WR: FIN after what was written. SHUT_RD: reads give 0, and what arrives is dropped.
 * Errors: -ENOTCONN, -EINVAL. */
int sl_test_shutdown(struct sl_test_stack *stack, int fd, int how);
/* FIN after what was written; RST if bytes were not read, or SO_LINGER is {1, 0}, or bytes arrive
 * later (RFC 9293, 3.6.1; RFC 2525, 2.17). A listener's unaccepted connections are reset. The
 * descriptor is free at once. */
int sl_test_close(struct sl_test_stack *stack, int fd);
int sl_test_getsockname(struct sl_test_stack *stack, int fd, struct sockaddr *address,
			socklen_t *address_bytes);
int sl_test_getpeername(struct sl_test_stack *stack, int fd, struct sockaddr *address,
			socklen_t *address_bytes);

/* Fills in revents (POLLIN, POLLOUT, POLLRDHUP, POLLHUP, POLLERR, POLLNVAL); returns how many are
 * not 0. Never waits. */
int sl_test_poll(struct sl_test_stack *stack, struct pollfd *fds, nfds_t cnt);

/* Level and name as in <sys/socket.h> and <netinet/tcp.h>. Errors: -ENOPROTOOPT, -EINVAL.
 *
 *   SO_ERROR      get       the pending error, which it clears
 *   SO_REUSEADDR  get, set  always 1, whatever is set: TIME-WAIT never keeps a listener from its
 *                           address
 *   SO_LINGER     get, set  {1, 0} makes close a reset; other times are as if it were off
 *   SO_SNDBUF     get, set  [1, 2^30]; 4 MiB at first. As it is set, not doubled.
 *   SO_RCVBUF     get, set  [1, receive_bytes of the stack]. A window offered is never taken back.
 *   SO_KEEPALIVE  get       whether the stack was opened with keepalive_ns, which is for all
 *   TCP_NODELAY   get, set  always 1: Nagle's algorithm is not there; setting 0 is -EINVAL
 *   TCP_MAXSEG    get, set  largest payload of a segment now; set, [536, 9000], before listen only:
 *                           no segment either way is larger, MSS option included
 *   TCP_CONGESTION get, set "cubic", "bbr" or "newreno"; set before listen or connect only
 *   TCP_INFO      get       as Linux's struct tcp_info, the fields up to tcpi_total_retrans that
 *                           have a meaning here; sl_test_info says more
 */
int sl_test_getsockopt(struct sl_test_stack *stack, int fd, int level, int name, void *value,
		       socklen_t *value_bytes);
int sl_test_setsockopt(struct sl_test_stack *stack, int fd, int level, int name, const void *value,
		       socklen_t value_bytes);

/* ---- Looking in ---------------------------------------------------------------------- */

struct sl_test_info {
	const char *state; /* "ESTABLISHED", …: RFC 9293's names; "CLOSED" once it is gone */
	uint32_t mss_bytes, cwnd_bytes, ssthresh_bytes, peer_window_bytes;
	uint32_t in_flight_bytes; /* neither acked, nor SACKed, nor held lost */
	uint32_t unread_bytes, unsent_bytes, unacked_bytes;
	uint64_t srtt_ns, rttvar_ns, rto_ns;
	uint64_t min_rtt_ns;    /* UINT64_MAX: not known */
	uint64_t pacing_rate;   /* bytes a second; 0: not known yet */
	uint64_t delivery_rate; /* bytes a second, of the latest sample; 0: none */
	uint64_t sent_bytes, resent_bytes, lost_bytes;
	uint32_t rto_cnt;
};
/* Errors: -ENOTCONN. */
int sl_test_info(struct sl_test_stack *stack, int fd, struct sl_test_info *info);

struct sl_test_counters { /* of the whole stack */
	uint64_t segments_in, bad_in, no_connection_in, out_of_window_in, out_of_order_in,
	    dup_acks_in;
	uint64_t segments_out, resent_segments_out, resets_out;
	uint64_t recoveries, rtos, timed_out, stalled, backlog_full, table_full;
	uint32_t open_cnt, embryonic_cnt, time_wait_cnt; /* now */
};
void sl_test_counters(const struct sl_test_stack *stack, struct sl_test_counters *counters);

#ifdef __cplusplus
}
#endif

#endif
