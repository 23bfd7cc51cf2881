/* SPDX-License-Identifier: BSD-2-Clause */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "nic/attach.h"

/* The program attached to the interface in whichever mode, or 0. */
static uint32_t attached_id(int ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);

	if (bpf_xdp_query(ifindex, 0, &opts) < 0)
		return 0;
	if (opts.drv_prog_id)
		return opts.drv_prog_id;
	return opts.skb_prog_id ? opts.skb_prog_id : opts.hw_prog_id;
}

/* Its name, which may be empty, as in the kernel: cut to BPF_OBJ_NAME_LEN - 1 characters. */
static void read_name(uint32_t id, char name[BPF_OBJ_NAME_LEN])
{
	struct bpf_prog_info info = { 0 };
	__u32 info_bytes = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);

	name[0] = '\0';
	if (fd < 0)
		return;
	if (bpf_obj_get_info_by_fd(fd, &info, &info_bytes) == 0)
		memcpy(name, info.name, BPF_OBJ_NAME_LEN);
	close(fd);
}

static void explain_other_program(const struct sl_steer_config *config, uint32_t id)
{
	char name[BPF_OBJ_NAME_LEN];

	read_name(id, name);
	sl_error("interface \"%s\" has an XDP program already: \"%s\", id %u (`bpftool prog show "
		 "id %u`); detach it%s",
		 config->iface, name, id, id,
		 config->dispatcher ? ", it was not attached through libxdp's dispatcher"
				    : " or share the interface with it: --xdp-dispatcher");
}

int sl_steer_explain(const struct sl_steer_config *config, int ifindex, int error)
{
	uint32_t other_id = 0;

	if (error == -EBUSY || error == -EEXIST || config->dispatcher)
		other_id = attached_id(ifindex);
	if (other_id) {
		explain_other_program(config, other_id);
		return -EBUSY;
	}
	if (error == -EPERM)
		sl_error("cannot load or attach the XDP program: %s; run as root or with CAP_BPF, "
			 "CAP_NET_ADMIN and CAP_NET_RAW",
			 strerror(-error));
	else
		sl_error("interface \"%s\": cannot load or attach the XDP program: %s; more is in "
			 "the log at level debug",
			 config->iface, strerror(-error));
	return error;
}
