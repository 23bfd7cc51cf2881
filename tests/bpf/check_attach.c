/* SPDX-License-Identifier: BSD-2-Clause */
/* Attaching and detaching, and above all what stays behind: nothing. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#include "bpf/suites.h"
#include "bpf/veth.h"
#include "nic/steer.h"

enum {
	OURS = 443,   /* the listener's port */
	KERNELS = 22, /* somebody else's */
	PATIENCE_MS = 5000,
	SILENCE_MS = 300, /* how long nothing must happen to be called silence */
};

static struct sl_listener listener;
static struct sl_steer *steer;

static struct sl_steer_config steer_config(void)
{
	return (struct sl_steer_config){
		.iface = VETH_NEAR,
		.listeners = &listener,
		.listener_cnt = 1,
	};
}

static void open_veth(void)
{
	veth_open();
	listener = veth_listener(OURS);
}

static uint32_t attached_id(const char *iface, uint8_t *mode)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);

	ck_assert_int_eq(bpf_xdp_query((int)if_nametoindex(iface), 0, &opts), 0);
	if (mode)
		*mode = opts.attach_mode;
	return opts.prog_id;
}

static void pause_ms(int ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L }, NULL);
}

/* ---- modes -------------------------------------------------------------------------------------
 */

START_TEST(native_first)
{
	struct sl_steer_config config = steer_config();
	uint8_t mode;

	ck_assert_int_eq(sl_steer_open(&steer, &config), 0);
	ck_assert_int_eq(sl_steer_mode(steer), SL_STEER_NATIVE);
	ck_assert_uint_eq(attached_id(VETH_NEAR, &mode), sl_steer_program_id(steer));
	ck_assert_uint_eq(mode, XDP_ATTACHED_DRV);
	sl_steer_close(steer);
	ck_assert_uint_eq(attached_id(VETH_NEAR, NULL), 0);
}
END_TEST

/* A veth takes a program at this MTU only if it bears packets of several buffers. */
START_TEST(native_at_a_large_mtu)
{
	struct sl_steer_config config = steer_config();

	veth_run("ip link set " VETH_NEAR " mtu 9000");
	veth_run_far("ip link set " VETH_FAR " mtu 9000");
	ck_assert_int_eq(sl_steer_open(&steer, &config), 0);
	ck_assert_int_eq(sl_steer_mode(steer), SL_STEER_NATIVE);
	sl_steer_close(steer);
	ck_assert_uint_eq(attached_id(VETH_NEAR, NULL), 0);
}
END_TEST

START_TEST(generic_when_asked_for)
{
	struct sl_steer_config config = steer_config();
	uint8_t mode;

	config.generic = true;
	ck_assert_int_eq(sl_steer_open(&steer, &config), 0);
	ck_assert_int_eq(sl_steer_mode(steer), SL_STEER_GENERIC);
	ck_assert_uint_eq(attached_id(VETH_NEAR, &mode), sl_steer_program_id(steer));
	ck_assert_uint_eq(mode, XDP_ATTACHED_SKB);
	sl_steer_close(steer);
	ck_assert_uint_eq(attached_id(VETH_NEAR, NULL), 0);
}
END_TEST

/* The loopback driver takes no XDP programs. */
START_TEST(generic_when_the_driver_cannot)
{
	struct sl_steer_config config = steer_config();
	const char *log;

	config.iface = "lo";
	veth_run("ip link set lo mtu 1500");
	veth_catch_log();
	ck_assert_int_eq(sl_steer_open(&steer, &config), 0);
	log = veth_take_log();
	ck_assert_int_eq(sl_steer_mode(steer), SL_STEER_GENERIC);
	ck_assert_ptr_nonnull(strstr(log, "generic mode"));
	sl_steer_close(steer);
	ck_assert_uint_eq(attached_id("lo", NULL), 0);
}
END_TEST

/* ---- refusals ----------------------------------------------------------------------------------
 */

static void expect_refusal(const struct sl_steer_config *config, int error, const char *why)
{
	const char *log;
	int got;

	veth_catch_log();
	got = sl_steer_open(&steer, config);
	log = veth_take_log();
	ck_assert_int_eq(got, error);
	ck_assert_msg(strstr(log, why) != NULL, "\"%s\" is not in: %s", why, log);
	ck_assert_msg(strchr(log, '\n') == log + strlen(log) - 1, "more than one line: %s", log);
}

START_TEST(no_such_interface)
{
	struct sl_steer_config config = steer_config();

	config.iface = "sl-nic-none";
	expect_refusal(&config, -ENODEV, "interface \"sl-nic-none\" does not exist");
}
END_TEST

START_TEST(too_large_an_mtu)
{
	struct sl_steer_config config = steer_config();

	veth_run("ip link set " VETH_NEAR " mtu 9217");
	expect_refusal(&config, -EMSGSIZE, "ip link set dev " VETH_NEAR " mtu 9000");
}
END_TEST

START_TEST(attached_already)
{
	struct sl_steer_config config = steer_config();
	struct sl_steer *first;
	char id[32];

	ck_assert_int_eq(sl_steer_open(&first, &config), 0);
	snprintf(id, sizeof(id), "prog show id %u`", sl_steer_program_id(first));
	expect_refusal(&config, -EBUSY, id);
	expect_refusal(&config, -EBUSY, "\"steer\"");
	expect_refusal(&config, -EBUSY, "--xdp-dispatcher");
	config.generic = true;
	expect_refusal(&config, -EBUSY, id);
	ck_assert_uint_eq(attached_id(VETH_NEAR, NULL), sl_steer_program_id(first));
	sl_steer_close(first);
	ck_assert_int_eq(sl_steer_open(&steer, &config), 0);
	sl_steer_close(steer);
}
END_TEST

/* A program of somebody else's that passes everything. */
static int load_stranger(void)
{
	struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int program = bpf_prog_load(BPF_PROG_TYPE_XDP, "stranger", "GPL", pass, 2, NULL);

	ck_assert_int_ge(program, 0);
	return program;
}

START_TEST(a_strangers_program_is_named)
{
	struct sl_steer_config config = steer_config();
	int ifindex = (int)if_nametoindex(VETH_NEAR);
	uint32_t flags[] = { XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE };

	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(bpf_xdp_attach(ifindex, load_stranger(), flags[i], NULL), 0);
		expect_refusal(&config, -EBUSY, "\"stranger\"");
		ck_assert_int_eq(bpf_xdp_detach(ifindex, flags[i], NULL), 0);
	}
}
END_TEST

START_TEST(no_privileges)
{
	struct sl_steer_config config = steer_config();

	ck_assert_int_eq(setuid(65534), 0);
	expect_refusal(&config, -EPERM, "CAP_BPF");
}
END_TEST

/* ---- what it takes and what it leaves ----------------------------------------------------------
 */

static int far_stream(uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = veth_far_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	memcpy(&to.sin_addr, veth_near_ipv4, 4);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), -1);
	ck_assert_int_eq(errno, EINPROGRESS);
	return fd;
}

/* How the connection attempt ended, or ETIMEDOUT if nothing came within wait_ms. */
static int attempt(uint16_t port, int wait_ms)
{
	struct pollfd wait = { .fd = far_stream(port), .events = POLLOUT };
	int error = ETIMEDOUT;
	socklen_t len_bytes = sizeof(error);

	if (poll(&wait, 1, wait_ms) == 1)
		ck_assert_int_eq(getsockopt(wait.fd, SOL_SOCKET, SO_ERROR, &error, &len_bytes), 0);
	close(wait.fd);
	return error;
}

static void listen_near(uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
}

/* A data exchange between kernels, both ways, on a port that is not ours; and a ping. */
static void kernels_talk(void)
{
	ck_assert_int_eq(attempt(KERNELS, PATIENCE_MS), 0);
	veth_run_far("ping -q -c 1 -W 5 192.0.2.1 >/dev/null");
	veth_run_far("ping -q -c 1 -W 5 2001:db8::1 >/dev/null");
}

/* Nobody listens there, so the kernel would refuse at once if it saw the SYN. */
static bool is_steered(void)
{
	int error = attempt(OURS, SILENCE_MS);

	ck_assert(error == ETIMEDOUT || error == ECONNREFUSED);
	return error == ETIMEDOUT;
}

START_TEST(others_traffic_goes_on)
{
	struct sl_steer_config config = steer_config();
	struct sl_nic_config nic_config = veth_nic_config();
	struct sl_nic *nic;

	config.generic = nic_config.copy_only = _i;
	listen_near(KERNELS);
	kernels_talk();
	ck_assert(!is_steered());
	ck_assert_int_eq(sl_steer_open(&steer, &config), 0);
	ck_assert(!is_steered());
	nic = veth_open_nic(&nic_config);
	ck_assert_int_eq(sl_steer_add_socket(steer, 0, sl_nic_fd(nic)), 0);
	ck_assert(is_steered());
	kernels_talk();
	sl_steer_close(steer);
	sl_nic_close(nic);
	ck_assert(!is_steered());
	kernels_talk();
}
END_TEST

/* Opens steering and NIC in a process of its own, and returns when both are there. */
static pid_t serve(const struct sl_steer_config *config)
{
	struct sl_nic_config nic_config = veth_nic_config();
	int ready[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		struct sl_nic *nic;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		ck_assert_int_eq(sl_steer_open(&steer, config), 0);
		nic = veth_open_nic(&nic_config);
		ck_assert_int_eq(sl_steer_add_socket(steer, 0, sl_nic_fd(nic)), 0);
		ck_assert_int_eq(write(ready[1], "", 1), 1);
		for (;;)
			pause();
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void kill_9(pid_t pid)
{
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

START_TEST(killed_by_9)
{
	struct sl_steer_config config = steer_config();
	pid_t pid;

	config.generic = _i;
	listen_near(KERNELS);
	pid = serve(&config);
	ck_assert_uint_ne(attached_id(VETH_NEAR, NULL), 0);
	ck_assert(is_steered());
	kill_9(pid);
	/* The kernel puts away a dead process's files in its own time. */
	for (int ms = 0; attached_id(VETH_NEAR, NULL) && ms < PATIENCE_MS; ms += 10)
		pause_ms(10);
	ck_assert_uint_eq(attached_id(VETH_NEAR, NULL), 0);
	ck_assert(!is_steered());
	kernels_talk();
}
END_TEST

/* ---- dispatcher --------------------------------------------------------------------------------
 */

static struct sl_steer_config dispatcher_config(void)
{
	struct sl_steer_config config = steer_config();

	config.dispatcher = true;
	return config;
}

static void mount_bpf_file_system(void)
{
	ck_assert_int_eq(mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL), 0);
}

static void hide_bpf_file_system(void)
{
	ck_assert_int_eq(mount("none", "/sys/fs/bpf", "tmpfs", 0, NULL), 0);
}

/* Not every kernel takes the extension programs that libxdp's dispatcher is made of. Where it does
 * not, the refusal must be clean, and that is all there is to test. */
static bool is_refused_by_kernel(void)
{
	struct sl_steer_config config = dispatcher_config();
	const char *log;
	int error;

	veth_catch_log();
	error = sl_steer_open(&steer, &config);
	log = veth_take_log();
	if (error == 0) {
		sl_steer_close(steer);
		return false;
	}
	ck_assert_int_eq(error, -ENOSYS);
	ck_assert_ptr_nonnull(strstr(log, "cannot use its dispatcher on this kernel"));
	ck_assert_uint_eq(attached_id(VETH_NEAR, NULL), 0);
	puts("the kernel refuses libxdp's dispatcher");
	return true;
}

static int program_cnt(void)
{
	struct xdp_multiprog *all = xdp_multiprog__get_from_ifindex((int)if_nametoindex(VETH_NEAR));
	int cnt = 0;

	if (libxdp_get_error(all))
		return 0;
	for (struct xdp_program *one = NULL; (one = xdp_multiprog__next_prog(one, all)) != NULL;)
		cnt++;
	xdp_multiprog__close(all);
	return cnt;
}

START_TEST(the_dispatcher_serves_several)
{
	struct sl_steer_config config = dispatcher_config();
	struct sl_nic_config nic_config = veth_nic_config();
	struct sl_listener other_listener = veth_listener(OURS + 1);
	struct sl_steer *other;
	struct sl_nic *nic;

	mount_bpf_file_system();
	if (is_refused_by_kernel())
		return;
	config.listeners = &other_listener;
	ck_assert_int_eq(sl_steer_open(&other, &config), 0);
	config.listeners = &listener;
	ck_assert_int_eq(sl_steer_open(&steer, &config), 0);
	ck_assert_int_eq(sl_steer_mode(steer), SL_STEER_DISPATCHER);
	ck_assert_int_eq(program_cnt(), 2);
	nic = veth_open_nic(&nic_config);
	ck_assert_int_eq(sl_steer_add_socket(steer, 0, sl_nic_fd(nic)), 0);
	ck_assert(is_steered());
	sl_steer_close(other);
	ck_assert_int_eq(program_cnt(), 1);
	ck_assert(is_steered());
	sl_steer_close(steer);
	ck_assert_uint_eq(attached_id(VETH_NEAR, NULL), 0);
	ck_assert(!is_steered());
	sl_nic_close(nic);
}
END_TEST

START_TEST(the_dispatcher_in_generic_mode)
{
	struct sl_steer_config config = dispatcher_config();
	uint8_t mode;

	mount_bpf_file_system();
	if (is_refused_by_kernel())
		return;
	config.generic = true;
	ck_assert_int_eq(sl_steer_open(&steer, &config), 0);
	ck_assert_uint_ne(attached_id(VETH_NEAR, &mode), 0);
	ck_assert_uint_eq(mode, XDP_ATTACHED_SKB);
	sl_steer_close(steer);
	ck_assert_uint_eq(attached_id(VETH_NEAR, NULL), 0);
}
END_TEST

START_TEST(the_dispatcher_when_the_driver_cannot)
{
	struct sl_steer_config config = dispatcher_config();

	mount_bpf_file_system();
	if (is_refused_by_kernel())
		return;
	config.iface = "lo";
	veth_run("ip link set lo mtu 1500");
	ck_assert_int_eq(sl_steer_open(&steer, &config), 0);
	ck_assert_int_eq(sl_steer_mode(steer), SL_STEER_DISPATCHER);
	sl_steer_close(steer);
	ck_assert_uint_eq(attached_id("lo", NULL), 0);
}
END_TEST

/* The dispatcher stays, but nothing is steered any more. */
START_TEST(the_dispatcher_after_a_kill)
{
	struct sl_steer_config config = dispatcher_config();
	pid_t pid;

	mount_bpf_file_system();
	if (is_refused_by_kernel())
		return;
	listen_near(KERNELS);
	pid = serve(&config);
	ck_assert(is_steered());
	kill_9(pid);
	for (int ms = 0; is_steered() && ms < PATIENCE_MS; ms += SILENCE_MS)
		;
	ck_assert(!is_steered());
	kernels_talk();
	ck_assert_int_eq(program_cnt(), 1);
}
END_TEST

START_TEST(the_dispatcher_needs_a_file_system)
{
	struct sl_steer_config config = dispatcher_config();

	hide_bpf_file_system();
	expect_refusal(&config, -ENOSYS, "mount -t bpf bpf /sys/fs/bpf");
	ck_assert_uint_eq(attached_id(VETH_NEAR, NULL), 0);
	config.dispatcher = false;
	ck_assert_int_eq(sl_steer_open(&steer, &config), 0);
	sl_steer_close(steer);
}
END_TEST

START_TEST(the_dispatcher_cannot_join_a_loner)
{
	struct sl_steer_config config = dispatcher_config();

	mount_bpf_file_system();
	ck_assert_int_eq(bpf_xdp_attach((int)if_nametoindex(VETH_NEAR), load_stranger(),
					XDP_FLAGS_DRV_MODE, NULL),
			 0);
	expect_refusal(&config, -EBUSY, "\"stranger\"");
}
END_TEST

Suite *suite_attach(void)
{
	Suite *suite = suite_create("attach");
	TCase *modes = tcase_create("modes"), *refusals = tcase_create("refusals");
	TCase *traffic = tcase_create("traffic"), *dispatcher = tcase_create("dispatcher");

	tcase_add_checked_fixture(modes, open_veth, NULL);
	tcase_add_test(modes, native_first);
	tcase_add_test(modes, native_at_a_large_mtu);
	tcase_add_test(modes, generic_when_asked_for);
	tcase_add_test(modes, generic_when_the_driver_cannot);
	suite_add_tcase(suite, modes);

	tcase_add_checked_fixture(refusals, open_veth, NULL);
	tcase_add_test(refusals, no_such_interface);
	tcase_add_test(refusals, too_large_an_mtu);
	tcase_add_test(refusals, attached_already);
	tcase_add_test(refusals, a_strangers_program_is_named);
	tcase_add_test(refusals, no_privileges);
	suite_add_tcase(suite, refusals);

	tcase_set_timeout(traffic, 30);
	tcase_add_checked_fixture(traffic, open_veth, NULL);
	tcase_add_loop_test(traffic, others_traffic_goes_on, 0, 2); /* native, generic */
	tcase_add_loop_test(traffic, killed_by_9, 0, 2);
	suite_add_tcase(suite, traffic);

	tcase_set_timeout(dispatcher, 30);
	tcase_add_checked_fixture(dispatcher, open_veth, NULL);
	tcase_add_test(dispatcher, the_dispatcher_serves_several);
	tcase_add_test(dispatcher, the_dispatcher_in_generic_mode);
	tcase_add_test(dispatcher, the_dispatcher_when_the_driver_cannot);
	tcase_add_test(dispatcher, the_dispatcher_after_a_kill);
	tcase_add_test(dispatcher, the_dispatcher_needs_a_file_system);
	tcase_add_test(dispatcher, the_dispatcher_cannot_join_a_loner);
	suite_add_tcase(suite, dispatcher);
	return suite;
}
