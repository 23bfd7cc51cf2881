/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A packet that comes in over a bond comes from a member, and that is what the kernel compares with
 * the interface an AF_XDP socket is bound to (xsk_rcv_check in net/xdp/xsk.c): a socket on the bond
 * itself would be steered packets to and never get any, since those that do not match are dropped.
 */
#include "nic/bond.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

enum { ANSWER_BYTES = 16384, MEMBERS_BYTES = 256 };

struct question {
	struct nlmsghdr header;
	struct ifinfomsg link;
};

static void read_kind(struct rtattr *info, char kind[SL_NIC_KIND_BYTES])
{
	int left_bytes = (int)RTA_PAYLOAD(info);

	for (struct rtattr *at = RTA_DATA(info); RTA_OK(at, left_bytes);
	     at = RTA_NEXT(at, left_bytes))
		if (at->rta_type == IFLA_INFO_KIND)
			snprintf(kind, SL_NIC_KIND_BYTES, "%.*s", (int)RTA_PAYLOAD(at),
				 (const char *)RTA_DATA(at));
}

static void read_link(struct nlmsghdr *header, struct sl_nic_link *link)
{
	struct ifinfomsg *message = NLMSG_DATA(header);
	int left_bytes = (int)IFLA_PAYLOAD(header);

	for (struct rtattr *at = IFLA_RTA(message); RTA_OK(at, left_bytes);
	     at = RTA_NEXT(at, left_bytes)) {
		if ((at->rta_type & NLA_TYPE_MASK) == IFLA_LINKINFO) {
			read_kind(at, link->kind);
		} else if (at->rta_type == IFLA_MASTER) {
			uint32_t ifindex;

			memcpy(&ifindex, RTA_DATA(at), sizeof(ifindex));
			if_indextoname(ifindex, link->master);
		}
	}
}

static int ask(int fd, unsigned int ifindex, struct sl_nic_link *link)
{
	_Alignas(struct nlmsghdr) uint8_t answer[ANSWER_BYTES];
	struct nlmsghdr *header = (struct nlmsghdr *)answer;
	struct question question = {
		.header = { .nlmsg_len = sizeof(question),
			    .nlmsg_type = RTM_GETLINK,
			    .nlmsg_flags = NLM_F_REQUEST },
		.link = { .ifi_family = AF_UNSPEC, .ifi_index = (int)ifindex },
	};
	ssize_t answer_bytes;

	if (send(fd, &question, sizeof(question), 0) < 0)
		return -errno;
	answer_bytes = recv(fd, answer, sizeof(answer), 0);
	if (answer_bytes < 0)
		return -errno;
	if (!NLMSG_OK(header, (size_t)answer_bytes) || header->nlmsg_type != RTM_NEWLINK)
		return -ENODEV;
	read_link(header, link);
	return 0;
}

int sl_nic_link(const char *iface, struct sl_nic_link *link)
{
	unsigned int ifindex = if_nametoindex(iface);
	int fd, error;

	memset(link, 0, sizeof(*link));
	if (!ifindex)
		return -ENODEV;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return -errno;
	error = ask(fd, ifindex, link);
	close(fd);
	return error;
}

/* " eth0 eth1" */
static void list_members(const char *bond, char text[MEMBERS_BYTES])
{
	struct if_nameindex *all = if_nameindex();
	struct sl_nic_link link;
	size_t at = 0;

	text[0] = '\0';
	for (struct if_nameindex *each = all; each && each->if_index; each++)
		if (sl_nic_link(each->if_name, &link) == 0 && strcmp(link.master, bond) == 0 &&
		    at + IF_NAMESIZE + 1 < MEMBERS_BYTES)
			at += (size_t)snprintf(text + at, MEMBERS_BYTES - at, " %s", each->if_name);
	if_freenameindex(all);
}

/* A device with members is one that hands its packets to another (netvsc and its virtual function,
 * virtio with a standby), a bond with fewer words. Bridges and VRFs are made, too, but packets keep
 * to their ports. */
int sl_nic_refuse_bond(const char *iface)
{
	char members[MEMBERS_BYTES];
	struct sl_nic_link link;

	if (sl_nic_link(iface, &link) < 0)
		return 0;
	list_members(iface, members);
	if (strcmp(link.kind, "bond") != 0 && (link.kind[0] || !members[0]))
		return 0;
	sl_error(
	    "interface \"%s\" stands for others, and AF_XDP takes packets from those%s%s only: "
	    "start a server for each of them (--interface MEMBER, --run-dir of its own), with "
	    "the same listeners",
	    iface, members[0] ? ":" : "", members);
	return -EOPNOTSUPP;
}
