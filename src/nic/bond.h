/* SPDX-License-Identifier: BSD-2-Clause */
/* Bond: interfaces that stand for others, and those that they stand for. Setup, main thread only.
 */
#ifndef SL_NIC_BOND_H
#define SL_NIC_BOND_H

#include <net/if.h>

enum { SL_NIC_KIND_BYTES = 16 };

struct sl_nic_link {
	char kind[SL_NIC_KIND_BYTES]; /* "bond", "veth", …; "" if a device's driver made it */
	char master[IF_NAMESIZE];     /* the bond or bridge that it is a member of, or "" */
};

/* Errors: -ENODEV, -errno of a netlink socket; then link is all "". System calls: socket, send,
 * recv. */
int sl_nic_link(const char *iface, struct sl_nic_link *link);

/* -EOPNOTSUPP, with its line in the log, if iface is a bond, or a device that has members: those
 * are to be served. */
int sl_nic_refuse_bond(const char *iface);

#endif
