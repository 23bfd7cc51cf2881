/* SPDX-License-Identifier: BSD-2-Clause */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "nic/attach.h"

static int link_program(struct sl_steer *steer, uint32_t flags)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = flags);

	steer->link = bpf_link_create(bpf_program__fd(steer->skel->progs.steer), steer->ifindex,
				      BPF_XDP, &opts);
	steer->mode = flags == XDP_FLAGS_DRV_MODE ? SL_STEER_NATIVE : SL_STEER_GENERIC;
	return steer->link < 0 ? steer->link : 0;
}

static int read_program_id(struct sl_steer *steer)
{
	struct bpf_prog_info info = { 0 };
	__u32 info_bytes = sizeof(info);
	int error =
	    bpf_obj_get_info_by_fd(bpf_program__fd(steer->skel->progs.steer), &info, &info_bytes);

	steer->program_id = info.id;
	return error;
}

/* The program reads headers only, which lie in the first buffer: it bears packets of several as it
 * is. Where the MTU needs none, the kernel is not asked whether it knows the flag. */
static int load(struct sl_steer *steer)
{
	struct bpf_program *program = steer->skel->progs.steer;
	int error = 0;

	if (steer->long_packets)
		error = bpf_program__set_flags(program,
					       bpf_program__flags(program) | BPF_F_XDP_HAS_FRAGS);
	return error < 0 ? error : steer_bpf__load(steer->skel);
}

int sl_steer_attach_link(struct sl_steer *steer, const struct sl_steer_config *config)
{
	int error = load(steer);

	if (error == 0)
		error = read_program_id(steer);
	if (error < 0)
		return sl_steer_explain(config, steer->ifindex, error);
	error = -EOPNOTSUPP;
	if (!config->generic)
		error = link_program(steer, XDP_FLAGS_DRV_MODE);
	if (error < 0 && !sl_steer_is_final(error)) {
		if (!config->generic)
			sl_info("interface \"%s\" does not take XDP programs in the driver (%s); "
				"generic mode, which is slower, is tried",
				config->iface, strerror(-error));
		error = link_program(steer, XDP_FLAGS_SKB_MODE);
	}
	if (error < 0)
		return sl_steer_explain(config, steer->ifindex, error);
	return 0;
}

int sl_steer_attach_link_again(struct sl_steer *steer, const struct sl_steer_config *config)
{
	int error;

	close(steer->link);
	error = link_program(steer, steer->mode == SL_STEER_NATIVE ? XDP_FLAGS_DRV_MODE
								   : XDP_FLAGS_SKB_MODE);
	return error < 0 ? sl_steer_explain(config, steer->ifindex, error) : 0;
}

void sl_steer_detach_link(struct sl_steer *steer)
{
	close(steer->link);
}
