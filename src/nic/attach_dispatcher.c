/* SPDX-License-Identifier: BSD-2-Clause */
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/log.h"
#include "nic/attach.h"

/* Where libxdp pins the dispatcher. Without it libxdp attaches the program alone and for good, with
 * nobody to own it: not what was asked for. */
static int check_bpf_file_system(void)
{
	const char *directory = getenv("LIBXDP_BPFFS");
	struct statfs status;

	if (!directory)
		directory = "/sys/fs/bpf";
	if (statfs(directory, &status) == 0 && status.f_type == BPF_FS_MAGIC)
		return 0;
	sl_error("--xdp-dispatcher: there is no BPF file system at %s (`ip netns exec` hides it): "
		 "`mount -t bpf bpf %s`, or leave the option out",
		 directory, directory);
	return -ENOSYS;
}

/* Where the kernel refuses extension programs (BPF_PROG_TYPE_EXT), libxdp attaches ours alone, too,
 * and calls that success. */
static bool is_in_dispatcher(const struct sl_steer *steer)
{
	struct xdp_multiprog *attached = xdp_multiprog__get_from_ifindex(steer->ifindex);
	bool in_dispatcher;

	if (libxdp_get_error(attached))
		return false;
	in_dispatcher = !xdp_multiprog__is_legacy(attached);
	xdp_multiprog__close(attached);
	return in_dispatcher;
}

static int attach(struct sl_steer *steer)
{
	int error = xdp_program__attach(steer->program, steer->ifindex, steer->dispatcher_mode, 0);

	if (error < 0 || is_in_dispatcher(steer))
		return error;
	sl_error("--xdp-dispatcher: libxdp cannot use its dispatcher on this kernel (why is in the "
		 "log at level debug); leave the option out");
	xdp_program__detach(steer->program, steer->ifindex, steer->dispatcher_mode, 0);
	return -ENOSYS;
}

/* libxdp makes an extension of the dispatcher from a program that is not loaded yet; after a
 * failure it may be loaded half-way, so each try begins with a fresh one. */
static int try_mode(struct sl_steer *steer, enum xdp_attach_mode mode)
{
	int error;

	steer->program = xdp_program__from_bpf_obj(steer->skel->obj, "xdp");
	error = (int)libxdp_get_error(steer->program);
	if (error < 0)
		return error;
	steer->dispatcher_mode = mode;
	if (steer->long_packets)
		error = xdp_program__set_xdp_frags_support(steer->program, true);
	if (error == 0)
		error = attach(steer);
	if (error < 0)
		xdp_program__close(steer->program);
	return error;
}

static int renew(struct sl_steer *steer)
{
	steer_bpf__destroy(steer->skel);
	steer->skel = steer_bpf__open();
	return steer->skel ? 0 : -errno;
}

/* A dispatcher that is there already decides the mode. */
static bool is_generic_there(int ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);

	return bpf_xdp_query(ifindex, 0, &opts) == 0 && opts.attach_mode == XDP_ATTACHED_SKB;
}

static int try_modes(struct sl_steer *steer, const struct sl_steer_config *config)
{
	int error;

	if (config->generic || is_generic_there(steer->ifindex))
		return try_mode(steer, XDP_MODE_SKB);
	error = try_mode(steer, XDP_MODE_NATIVE);
	if (error == 0 || sl_steer_is_final(error))
		return error;
	sl_info("interface \"%s\": libxdp cannot attach its dispatcher in the driver (%s); generic "
		"mode, which is slower, is tried",
		config->iface, strerror(-error));
	error = renew(steer);
	return error < 0 ? error : try_mode(steer, XDP_MODE_SKB);
}

int sl_steer_attach_dispatcher(struct sl_steer *steer, const struct sl_steer_config *config)
{
	int error = check_bpf_file_system();

	if (error < 0)
		return error;
	error = try_modes(steer, config);
	if (error == -ENOSYS) /* has had its line */
		return error;
	if (error < 0)
		return sl_steer_explain(config, steer->ifindex, error);
	steer->mode = SL_STEER_DISPATCHER;
	steer->program_id = xdp_program__id(steer->program);
	return 0;
}

void sl_steer_detach_dispatcher(struct sl_steer *steer)
{
	int error = xdp_program__detach(steer->program, steer->ifindex, steer->dispatcher_mode, 0);

	if (error < 0)
		sl_warning("the steering program (id %u) stays in libxdp's dispatcher: %s; "
			   "`xdp-loader unload IFACE -i %u` removes it",
			   steer->program_id, strerror(-error), steer->program_id);
	xdp_program__close(steer->program);
}
