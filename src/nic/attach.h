/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attaching: the two ways in which the steering program gets to an interface. Inside steering only.
 *
 *      link         a bpf_link, owned by the process and gone with it; the interface is ours alone
 *      dispatcher   libxdp's, which calls one program after the other; it stays when we die
 *
 * Either loads skel, so its maps are there afterwards. On error skel is of no use any more and
 * nothing is attached.
 */
#ifndef SL_NIC_ATTACH_H
#define SL_NIC_ATTACH_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <xdp/libxdp.h>

#include "bpf/steer.skel.h"
#include "nic/steer.h"

struct sl_steer {
	struct steer_bpf *skel;
	int ifindex;
	bool long_packets; /* of several buffers: the program has to say that it bears them */
	enum sl_steer_mode mode;
	uint32_t program_id;
	int link;                    /* SL_STEER_NATIVE, SL_STEER_GENERIC: the bpf_link */
	struct xdp_program *program; /* SL_STEER_DISPATCHER */
	enum xdp_attach_mode dispatcher_mode;
};

/* Errors as sl_steer_open has them. */
int sl_steer_attach_link(struct sl_steer *steer, const struct sl_steer_config *config);
/* The same program, in the same mode, to the interface that steer->ifindex says now. */
int sl_steer_attach_link_again(struct sl_steer *steer, const struct sl_steer_config *config);
void sl_steer_detach_link(struct sl_steer *steer);

int sl_steer_attach_dispatcher(struct sl_steer *steer, const struct sl_steer_config *config);
void sl_steer_detach_dispatcher(struct sl_steer *steer);

/* After these errors in native mode, generic mode would fare no better. ENOSYS is our own: no
 * dispatcher can be had. */
static inline bool sl_steer_is_final(int error)
{
	return error == -EPERM || error == -EBUSY || error == -EEXIST || error == -ENODEV ||
	       error == -ENOSYS;
}

/* One line on why program could not be loaded or attached. Returns the error to be passed on:
 * -EBUSY if another program is in the way. */
int sl_steer_explain(const struct sl_steer_config *config, int ifindex, int error);

#endif
