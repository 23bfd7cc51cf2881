/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bad link between two interfaces, each the far end of a veth: what comes in at one leaves at the
 * other, late, out of order, twice, damaged or never. The faults are the simulation's
 * (tests/sim/sim_link.h), here on the kernel's clock.
 *
 *	bad_link IF_A IF_B [OPTION…] [--toward-a OPTION…] [--toward-b OPTION…]
 *
 * Options are for both directions until --toward-a or --toward-b says otherwise. Ends with SIGTERM
 * or SIGINT, and then says what became of the packets, a line a direction.
 *
 * Both ends must send whole packets (tx, tso and gro off): what is longer than a link carries is
 * dropped and counted. A VLAN tag that the kernel keeps beside the packet is lost.
 */
#include "config.h" /* _GNU_SOURCE: ppoll */

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "sim_link.h"

enum {
	ENDS = 2,
	BATCH = 64, /* packets taken from one end before the other has its turn */
	RECEIVE_BUFFER_BYTES = 32 << 20,
};

struct end {
	const char *name;
	int fd;
	struct sl_sim_link_config config; /* of the direction toward this end */
	struct sl_sim_link *toward;
	uint64_t too_long, not_sent;
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

/* ---- command line ------------------------------------------------------------------------------
 */

enum option_name {
	DELAY,
	JITTER,
	RATE,
	QUEUE,
	LOSS,
	REORDER,
	DUPLICATE,
	CORRUPT,
	SEED,
	TO_A,
	TO_B
};

static const struct option options[] = {
	{ "delay-us", required_argument, NULL, DELAY },
	{ "jitter-us", required_argument, NULL, JITTER },
	{ "rate-mbit", required_argument, NULL, RATE },
	{ "queue-packets", required_argument, NULL, QUEUE },
	{ "loss-ppm", required_argument, NULL, LOSS },
	{ "reorder-ppm", required_argument, NULL, REORDER },
	{ "duplicate-ppm", required_argument, NULL, DUPLICATE },
	{ "corrupt-ppm", required_argument, NULL, CORRUPT },
	{ "seed", required_argument, NULL, SEED },
	{ "toward-a", no_argument, NULL, TO_A },
	{ "toward-b", no_argument, NULL, TO_B },
	{ 0 },
};

__attribute__((noreturn)) static void usage(void)
{
	fprintf(stderr, "usage: bad_link IF_A IF_B [OPTION...] [--toward-a OPTION...] "
			"[--toward-b OPTION...]\noptions:");
	for (const struct option *option = options; option->name; option++)
		if (option->has_arg)
			fprintf(stderr, " --%s N", option->name);
	fprintf(stderr, "\n");
	exit(2);
}

static uint64_t number(const char *text)
{
	char *rest;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &rest, 10);
	if (errno || *rest || rest == text || value > UINT32_MAX)
		usage();
	return value;
}

static void set(struct sl_sim_link_config *config, enum option_name name, uint64_t value)
{
	switch (name) {
	case DELAY:
		config->delay_ns = value * SL_NS_PER_US;
		break;
	case JITTER:
		config->jitter_ns = value * SL_NS_PER_US;
		break;
	case RATE:
		config->rate_bytes_s = value * 1000000 / 8;
		break;
	case QUEUE:
		config->queue_max = (uint32_t)value;
		break;
	case LOSS:
		config->loss_ppm = (uint32_t)value;
		break;
	case REORDER:
		config->reorder_ppm = (uint32_t)value;
		break;
	case DUPLICATE:
		config->duplicate_ppm = (uint32_t)value;
		break;
	case CORRUPT:
		config->corrupt_ppm = (uint32_t)value;
		break;
	case SEED:
		config->seed = value;
		break;
	case TO_A:
	case TO_B:
		break;
	}
}

static void parse(int argc, char **argv, struct end ends[ENDS])
{
	int first = 0, last = ENDS - 1, name;

	while ((name = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (name == '?')
			usage();
		if (name == TO_A || name == TO_B)
			first = last = name == TO_B;
		for (int i = first; optarg && i <= last; i++)
			set(&ends[i].config, (enum option_name)name, number(optarg));
	}
	if (argc - optind != ENDS)
		usage();
	for (int i = 0; i < ENDS; i++) {
		ends[i].name = argv[optind + i];
		/* Not the same faults both ways at the same time. */
		ends[i].config.seed = ends[i].config.seed * ENDS + (uint64_t)i + 1;
	}
}

/* ---- packets -----------------------------------------------------------------------------------
 */

static void end_open(struct end *end)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(ETH_P_ALL),
				       .sll_ifindex = (int)if_nametoindex(end->name) };
	struct packet_mreq promiscuous = { .mr_ifindex = address.sll_ifindex,
					   .mr_type = PACKET_MR_PROMISC };
	int yes = 1, buffer_bytes = RECEIVE_BUFFER_BYTES;

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
	end->toward = sl_sim_link_open(&end->config);
}

static void take_in(struct end *from, struct end *to)
{
	uint8_t packet[SL_SIM_PACKET_MAX_BYTES];

	for (int i = 0; i < BATCH; i++) {
		ssize_t len_bytes = recv(from->fd, packet, sizeof(packet), MSG_TRUNC);

		if (len_bytes < 0)
			return;
		if (len_bytes > (ssize_t)sizeof(packet))
			to->too_long++;
		else if (len_bytes > ETH_HLEN)
			sl_sim_link_put(to->toward, packet, (uint32_t)len_bytes);
	}
}

static void let_out(struct end *to)
{
	uint8_t packet[SL_SIM_PACKET_MAX_BYTES];
	uint32_t len_bytes;

	while ((len_bytes = sl_sim_link_get(to->toward, packet)) > 0)
		if (send(to->fd, packet, len_bytes, 0) < 0)
			to->not_sent++;
}

static void wait_for_packets(const struct end ends[ENDS], const sigset_t *unblocked)
{
	struct pollfd fds[ENDS];
	struct timespec timeout = { 0 }, *until = NULL;
	uint64_t now_ns = sl_clock_now_ns(), next_ns = UINT64_MAX;

	for (int i = 0; i < ENDS; i++) {
		uint64_t due_ns = sl_sim_link_next_ns(ends[i].toward);

		fds[i] = (struct pollfd){ .fd = ends[i].fd, .events = POLLIN };
		if (due_ns < next_ns)
			next_ns = due_ns;
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
	const struct sl_sim_link_counters *cnt = sl_sim_link_counters(end->toward);

	printf("toward %s: in=%" PRIu64 " out=%" PRIu64 " lost=%" PRIu64 " overflowed=%" PRIu64
	       " reordered=%" PRIu64 " duplicated=%" PRIu64 " corrupted=%" PRIu64
	       " too_long=%" PRIu64 " not_sent=%" PRIu64 "\n",
	       end->name, cnt->in, cnt->out, cnt->lost, cnt->overflowed, cnt->reordered,
	       cnt->duplicated, cnt->corrupted, end->too_long, end->not_sent);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = stop };
	struct end ends[ENDS] = { 0 };
	sigset_t blocked, unblocked;

	parse(argc, argv, ends);
	/* Signals come while we wait, at no other time. */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	sigprocmask(SIG_BLOCK, &blocked, &unblocked);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	for (int i = 0; i < ENDS; i++)
		end_open(&ends[i]);
	while (!stopped) {
		wait_for_packets(ends, &unblocked);
		take_in(&ends[0], &ends[1]);
		take_in(&ends[1], &ends[0]);
		let_out(&ends[0]);
		let_out(&ends[1]);
	}
	for (int i = 0; i < ENDS; i++) {
		report(&ends[i]);
		sl_sim_link_close(ends[i].toward);
	}
	return 0;
}
