/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bad link between two interfaces, each the far end of a veth: what comes in at one leaves at the
 * other, late, out of order, twice, damaged or never. The faults are the simulation's
 * (tests/sim/sim_link.h), here on the kernel's clock.
 *
 *	bad_link IF_A IF_B [OPTION…] [--toward-a OPTION…] [--toward-b OPTION…]
 *
 * Options are for both directions until --toward-a or --toward-b says otherwise. With --flows N
 * there are N such links side by side, with seeds of their own: TCP packets take the one that their
 * port on A's side, modulo N, says, all others one more. So N flows can be measured at once that
 * never meet. Ends with SIGTERM or SIGINT, and then says, a line a direction, what became of the
 * packets, how long they waited for the rate, and how late the program itself let them out: it
 * keeps its times to some tens of microseconds if it may run at once (chrt --fifo).
 *
 * Both ends must send whole packets (tx, tso and gro off): what is longer than a link carries is
 * dropped and counted. A VLAN tag that the kernel keeps beside the packet is lost.
 */
#include "config.h" /* _GNU_SOURCE: ppoll */

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "durations.h"
#include "link_options.h"
#include "sim_link.h"

enum {
	ENDS = SL_LINK_ENDS,
	LINKS_MAX = SL_LINK_FLOWS_MAX + 1, /* the first is for what is not of a flow */
	BATCH = 64, /* packets taken from one end before the other has its turn */
	RECEIVE_BUFFER_BYTES = 32 << 20,
	IPV4_BYTES = 20,
	IPV6_BYTES = 40,
};

struct end {
	const char *name;
	int fd;
	uint64_t mark_ns;
	struct sl_sim_link *toward[LINKS_MAX];
	uint64_t next_ns[LINKS_MAX];
	uint32_t link_cnt;
	uint64_t too_long, not_sent, marked;
	struct sl_durations waited, late;
};

static volatile sig_atomic_t stopped;

static void stop(int signal_no)
{
	(void)signal_no;
	stopped = 1;
}

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "bad_link: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void end_open(struct end *end, const struct sl_link_options *options, int idx)
{
	struct sl_sim_link_config config = options->toward[idx].config;
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(ETH_P_ALL),
				       .sll_ifindex = (int)if_nametoindex(options->names[idx]) };
	struct packet_mreq promiscuous = { .mr_ifindex = address.sll_ifindex,
					   .mr_type = PACKET_MR_PROMISC };
	int yes = 1, buffer_bytes = RECEIVE_BUFFER_BYTES;

	end->name = options->names[idx];
	end->mark_ns = options->toward[idx].mark_ns;
	if (address.sll_ifindex == 0)
		die(end->name);
	/* No protocol yet, or packets of all interfaces come in before it is bound. */
	end->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
	if (end->fd < 0)
		die("socket");
	if (setsockopt(end->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes)) < 0)
		die("PACKET_IGNORE_OUTGOING");
	if (setsockopt(end->fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof(buffer_bytes)) <
	    0)
		die("SO_RCVBUFFORCE");
	if (setsockopt(end->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous,
		       sizeof(promiscuous)) < 0)
		die("PACKET_ADD_MEMBERSHIP");
	if (bind(end->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		die(end->name);
	end->link_cnt = options->flow_cnt + 1;
	for (uint32_t i = 0; i < end->link_cnt; i++) {
		/* Not the same faults both ways at the same time. */
		config.seed =
		    (options->toward[idx].config.seed * LINKS_MAX + i) * ENDS + (uint64_t)idx + 1;
		end->toward[i] = sl_sim_link_open(&config);
		end->next_ns[i] = UINT64_MAX;
	}
}

/* Where TCP's header starts; 0 if there is none, or not at once. */
static uint32_t tcp_at(const uint8_t *packet, uint32_t len_bytes)
{
	const uint8_t *ip = packet + ETH_HLEN;
	uint16_t type;

	if (len_bytes < ETH_HLEN + IPV6_BYTES)
		return 0;
	memcpy(&type, packet + ETH_HLEN - sizeof(type), sizeof(type));
	if (type == htons(ETH_P_IP) && ip[9] == IPPROTO_TCP)
		return ETH_HLEN + (ip[0] & 0xFU) * 4;
	if (type == htons(ETH_P_IPV6) && ip[6] == IPPROTO_TCP)
		return ETH_HLEN + IPV6_BYTES;
	return 0;
}

/* By the port on A's side: the destination's toward A, the source's toward B. */
static uint32_t link_of(const uint8_t *packet, uint32_t len_bytes, uint32_t flow_cnt, bool toward_a)
{
	uint32_t at = tcp_at(packet, len_bytes) + (toward_a ? 2 : 0);

	if (flow_cnt == 0 || at < ETH_HLEN + IPV4_BYTES || at + 2 > len_bytes)
		return 0;
	return 1 + (uint32_t)(packet[at] << 8 | packet[at + 1]) % flow_cnt;
}

/* RFC 3168: congestion experienced, if the sender can be told so. Plain IPv4 and IPv6 only. */
static bool mark(uint8_t *packet)
{
	uint8_t *ip = packet + ETH_HLEN;
	uint32_t sum;

	if (ip[0] >> 4 == 6) {
		if (!(ip[1] & 0x30))
			return false;
		ip[1] |= 0x30;
		return true;
	}
	if (ip[0] >> 4 != 4 || !(ip[1] & 3))
		return false;
	/* RFC 1624, equation 3; a word's low byte is all that changes. */
	sum = (uint16_t) ~(ip[10] << 8 | ip[11]) + (uint16_t)~ip[1] + (ip[1] | 3U);
	sum = (sum & 0xFFFF) + (sum >> 16);
	sum = ~((sum & 0xFFFF) + (sum >> 16));
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
	ip[1] |= 3;
	return true;
}

static void put(struct end *to, uint32_t idx, uint8_t *packet, uint32_t len_bytes)
{
	struct sl_sim_link *link = to->toward[idx];
	const struct sl_sim_link_counters *cnt = sl_sim_link_counters(link);
	uint64_t dropped = cnt->lost + cnt->overflowed;
	uint64_t queue_ns = sl_sim_link_queue_ns(link);

	if (to->mark_ns > 0 && queue_ns > to->mark_ns && mark(packet))
		to->marked++;
	sl_sim_link_put(link, packet, len_bytes);
	to->next_ns[idx] = sl_sim_link_next_ns(link);
	if (cnt->lost + cnt->overflowed == dropped)
		sl_durations_add(&to->waited, queue_ns);
}

static void take_in(struct end *from, struct end *to, bool toward_a)
{
	uint8_t packet[SL_SIM_PACKET_MAX_BYTES];

	for (int i = 0; i < BATCH; i++) {
		ssize_t len_bytes = recv(from->fd, packet, sizeof(packet), MSG_TRUNC);

		if (len_bytes < 0)
			return;
		if (len_bytes > (ssize_t)sizeof(packet))
			to->too_long++;
		else if (len_bytes > ETH_HLEN)
			put(to, link_of(packet, (uint32_t)len_bytes, to->link_cnt - 1, toward_a),
			    packet, (uint32_t)len_bytes);
	}
}

static void let_out(struct end *to)
{
	uint8_t packet[SL_SIM_PACKET_MAX_BYTES];
	uint32_t len_bytes;

	for (uint32_t i = 0; i < to->link_cnt; i++) {
		uint64_t now_ns = sl_clock_now_ns();

		if (to->next_ns[i] > now_ns)
			continue;
		while ((len_bytes = sl_sim_link_get(to->toward[i], packet)) > 0) {
			sl_durations_add(&to->late,
					 now_ns > to->next_ns[i] ? now_ns - to->next_ns[i] : 0);
			if (send(to->fd, packet, len_bytes, 0) < 0)
				to->not_sent++;
			to->next_ns[i] = sl_sim_link_next_ns(to->toward[i]);
		}
	}
}

static void wait_for_packets(const struct end ends[ENDS], const sigset_t *unblocked)
{
	struct pollfd fds[ENDS];
	struct timespec timeout = { 0 }, *until = NULL;
	uint64_t now_ns = sl_clock_now_ns(), next_ns = UINT64_MAX;

	for (int i = 0; i < ENDS; i++) {
		fds[i] = (struct pollfd){ .fd = ends[i].fd, .events = POLLIN };
		for (uint32_t k = 0; k < ends[i].link_cnt; k++)
			if (ends[i].next_ns[k] < next_ns)
				next_ns = ends[i].next_ns[k];
	}
	if (next_ns != UINT64_MAX) {
		if (next_ns > now_ns)
			timeout =
			    (struct timespec){ .tv_sec = (time_t)((next_ns - now_ns) / SL_NS_PER_S),
					       .tv_nsec =
						   (long)((next_ns - now_ns) % SL_NS_PER_S) };
		until = &timeout;
	}
	if (ppoll(fds, ENDS, until, unblocked) < 0 && errno != EINTR)
		die("ppoll");
}

static void report(const struct end *end)
{
	struct sl_sim_link_counters sum = { 0 };

	for (uint32_t i = 0; i < end->link_cnt; i++) {
		const struct sl_sim_link_counters *cnt = sl_sim_link_counters(end->toward[i]);

		sum.in += cnt->in;
		sum.out += cnt->out;
		sum.lost += cnt->lost;
		sum.overflowed += cnt->overflowed;
		sum.reordered += cnt->reordered;
		sum.duplicated += cnt->duplicated;
		sum.corrupted += cnt->corrupted;
	}
	printf("toward %s: in=%" PRIu64 " out=%" PRIu64 " lost=%" PRIu64 " overflowed=%" PRIu64
	       " reordered=%" PRIu64 " duplicated=%" PRIu64 " corrupted=%" PRIu64 " marked=%" PRIu64
	       " too_long=%" PRIu64 " not_sent=%" PRIu64,
	       end->name, sum.in, sum.out, sum.lost, sum.overflowed, sum.reordered, sum.duplicated,
	       sum.corrupted, end->marked, end->too_long, end->not_sent);
	printf(" queue_mean_us=%" PRIu64 " queue_p95_us=%" PRIu64 " late_mean_us=%" PRIu64
	       " late_p99_us=%" PRIu64 " late_max_us=%" PRIu64 "\n",
	       sl_durations_mean_ns(&end->waited) / SL_NS_PER_US,
	       sl_durations_percentile_ns(&end->waited, 95) / SL_NS_PER_US,
	       sl_durations_mean_ns(&end->late) / SL_NS_PER_US,
	       sl_durations_percentile_ns(&end->late, 99) / SL_NS_PER_US,
	       end->late.max_ns / SL_NS_PER_US);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = stop };
	static struct end ends[ENDS];
	struct sl_link_options options;
	sigset_t blocked, unblocked;

	sl_link_options_parse(&options, argc, argv);
	/* Signals come while we wait, at no other time. */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	sigprocmask(SIG_BLOCK, &blocked, &unblocked);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	for (int i = 0; i < ENDS; i++)
		end_open(&ends[i], &options, i);
	while (!stopped) {
		wait_for_packets(ends, &unblocked);
		take_in(&ends[0], &ends[1], false);
		take_in(&ends[1], &ends[0], true);
		let_out(&ends[0]);
		let_out(&ends[1]);
	}
	for (int i = 0; i < ENDS; i++) {
		report(&ends[i]);
		for (uint32_t k = 0; k < ends[i].link_cnt; k++)
			sl_sim_link_close(ends[i].toward[k]);
	}
	return 0;
}
