/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h" /* _GNU_SOURCE: namespaces, memfd */

#include "bpf/veth.h"

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/limits.h"

const uint8_t veth_near_mac[6] = { 2, 0, 0, 0, 0, 1 }, veth_far_mac[6] = { 2, 0, 0, 0, 0, 2 };
const uint8_t veth_near_ipv4[4] = { 192, 0, 2, 1 };
const uint8_t veth_near_ipv6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };

static int near_namespace, far_namespace;

static int enter_new_namespace(void)
{
	int fd;

	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
	fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static void run(const char *format, va_list arguments)
{
	char line[512];

	vsnprintf(line, sizeof(line), format, arguments);
	ck_assert_msg(system(line) == 0, "failed: %s", line);
}

void veth_run(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	run(format, arguments);
	va_end(arguments);
}

void veth_run_far(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	ck_assert_int_eq(setns(far_namespace, CLONE_NEWNET), 0);
	run(format, arguments);
	ck_assert_int_eq(setns(near_namespace, CLONE_NEWNET), 0);
	va_end(arguments);
}

int veth_far_socket(int family, int type, int protocol)
{
	int fd;

	ck_assert_int_eq(setns(far_namespace, CLONE_NEWNET), 0);
	fd = socket(family, type | SOCK_CLOEXEC, protocol);
	ck_assert_int_eq(setns(near_namespace, CLONE_NEWNET), 0);
	ck_assert_int_ge(fd, 0);
	return fd;
}

/* No router solicitations and no duplicate address detection: only the tests' packets. */
static void set_up_end(void (*run_in)(const char *format, ...), const char *name,
		       const uint8_t mac[6], int number)
{
	run_in("ip link set lo up");
	run_in("ip link set dev %s address 02:00:00:00:00:%02x addrgenmode none", name, mac[5]);
	run_in("ip address add 192.0.2.%d/24 dev %s", number, name);
	run_in("ip address add 2001:db8::%d/64 dev %s nodad", number, name);
	run_in("ip link set dev %s up", name);
}

static void add_neighbours(void)
{
	veth_run("ip neighbour add 192.0.2.2 lladdr 02:00:00:00:00:02 dev " VETH_NEAR);
	veth_run_far("ip neighbour add 192.0.2.1 lladdr 02:00:00:00:00:01 dev " VETH_FAR);
}

void veth_settle(void)
{
	veth_run("ping -q -c 1 -i 0.02 -w 5 192.0.2.2 >/dev/null");
}

void veth_open(void)
{
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	far_namespace = enter_new_namespace();
	near_namespace = enter_new_namespace();
	veth_run("ip link add " VETH_NEAR " numrxqueues 2 numtxqueues 2 type veth "
		 "peer name " VETH_FAR " numrxqueues 2 numtxqueues 2 netns /proc/%d/fd/%d",
		 (int)getpid(), far_namespace);
	veth_run("ethtool -L " VETH_NEAR " rx 1 tx 1");
	veth_run_far("ethtool -L " VETH_FAR " rx 1 tx 1");
	set_up_end(veth_run, VETH_NEAR, veth_near_mac, 1);
	set_up_end(veth_run_far, VETH_FAR, veth_far_mac, 2);
	add_neighbours();
	veth_settle();
}

void veth_two_tx_queues(void)
{
	veth_run_far("ethtool -L " VETH_FAR " rx 2");
	veth_run("ethtool -L " VETH_NEAR " tx 2");
}

int veth_far_packet_socket(uint16_t ethertype)
{
	int fd = veth_far_socket(AF_PACKET, SOCK_RAW, 0);
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(ethertype) };
	int buffer_bytes = 16 << 20;

	ck_assert_int_eq(setns(far_namespace, CLONE_NEWNET), 0);
	address.sll_ifindex = (int)if_nametoindex(VETH_FAR);
	ck_assert_int_eq(setns(near_namespace, CLONE_NEWNET), 0);
	ck_assert_int_eq(
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof(buffer_bytes)), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

struct sl_listener veth_listener(uint16_t port)
{
	return (struct sl_listener){
		.address = sl_address_from_ipv4(veth_near_ipv4),
		.port = port,
	};
}

struct sl_nic_config veth_nic_config(void)
{
	return (struct sl_nic_config){
		.iface = VETH_NEAR,
		.frame_cnt = 1024,
		.fill_cnt = 512,
		.tx_cnt = 256,
		.chunk_bytes = sl_nic_chunk_bytes(1500),
	};
}

struct sl_nic *veth_open_nic(const struct sl_nic_config *config)
{
	struct sl_nic *nic = NULL;
	struct sl_arena arena;

	/* Left to the end of the process. */
	ck_assert_int_eq(sl_arena_init(&arena, (size_t)config->frame_cnt * config->chunk_bytes +
						   SL_STAGING_BYTES),
			 0);
	ck_assert_int_eq(sl_nic_open(&nic, config, &arena), 0);
	return nic;
}

static int log_fd = -1, stderr_fd = -1;
static char log_text[4096];

void veth_catch_log(void)
{
	log_fd = memfd_create("log", MFD_CLOEXEC);
	stderr_fd = dup(STDERR_FILENO);
	ck_assert_int_ge(dup2(log_fd, STDERR_FILENO), 0);
}

const char *veth_take_log(void)
{
	ssize_t len_bytes = pread(log_fd, log_text, sizeof(log_text) - 1, 0);

	ck_assert_int_ge(dup2(stderr_fd, STDERR_FILENO), 0);
	ck_assert_int_ge(len_bytes, 0);
	log_text[len_bytes] = '\0';
	close(stderr_fd);
	close(log_fd);
	return log_text;
}
