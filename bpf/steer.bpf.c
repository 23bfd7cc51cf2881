/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Steering: a whole, unfragmented TCP segment for one of our listeners goes to the AF_XDP socket of
 * its receive queue. Everything else is the kernel's, and so is whatever looks odd: the worst this
 * program may do is to take nothing.
 *
 * A queue without a socket (none yet, or none any more: the process died) passes everything too;
 * that is XDP_PASS as the last argument of bpf_redirect_map.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <stdbool.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "sluice/steer.h"

/* The kernel's headers keep these to themselves. */
struct vlan_tag {
	__be16 control;
	__be16 ethertype; /* of what follows */
};

enum {
	IPV4_MORE_FRAGMENTS = 0x2000,
	IPV4_FRAGMENT_OFFSET = 0x1fff,
	IPV4_HEADER_MIN_WORDS = 5,
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct steer_listener);
	__type(value, __u32);
	__uint(max_entries, STEER_LISTENERS_MAX);
} listeners SEC(".maps");

/* Indexed by receive queue: AF_XDP refuses a packet from another queue than its socket's. */
struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, STEER_QUEUES_MAX);
} xsks SEC(".maps");

/* What is left of the packet: [at, end). */
struct rest {
	void *at, *end;
};

static __always_inline bool holds(const struct rest *rest, __u32 len_bytes)
{
	return rest->at + len_bytes <= rest->end;
}

static __always_inline bool is_vlan(__be16 ethertype)
{
	return ethertype == bpf_htons(ETH_P_8021Q) || ethertype == bpf_htons(ETH_P_8021AD);
}

/* Steps over a VLAN tag if there is one; false if it is cut off. */
static __always_inline bool skip_tag(struct rest *rest, __be16 *ethertype)
{
	struct vlan_tag *tag = rest->at;

	if (!is_vlan(*ethertype))
		return true;
	if (!holds(rest, sizeof(*tag)))
		return false;
	*ethertype = tag->ethertype;
	rest->at = tag + 1;
	return true;
}

/* Each of the two leaves rest at the TCP header and the destination in listener; false if the
 * packet is not a whole one that carries TCP. */

static __always_inline bool enter_ipv4(struct rest *rest, struct steer_listener *listener)
{
	struct iphdr *ip = rest->at;

	if (!holds(rest, sizeof(*ip)))
		return false;
	if (ip->version != 4 || ip->ihl < IPV4_HEADER_MIN_WORDS || ip->protocol != IPPROTO_TCP)
		return false;
	if (ip->frag_off & bpf_htons(IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET))
		return false;
	listener->address[10] = 0xff;
	listener->address[11] = 0xff;
	__builtin_memcpy(listener->address + 12, &ip->daddr, 4);
	rest->at += ip->ihl * 4;
	return true;
}

/* An IPv4 address in the shape of RFC 4291, 2.5.5.2 must not come over the wire; it would be taken
 * for an IPv4 listener's. */
static __always_inline bool is_mapped_ipv4(const struct in6_addr *address)
{
	return !address->s6_addr32[0] && !address->s6_addr32[1] &&
	       address->s6_addr32[2] == bpf_htonl(0xffff);
}

/* Extension headers, fragments among them, are left to the kernel: no TCP client sends any. */
static __always_inline bool enter_ipv6(struct rest *rest, struct steer_listener *listener)
{
	struct ipv6hdr *ip = rest->at;

	if (!holds(rest, sizeof(*ip)))
		return false;
	if (ip->version != 6 || ip->nexthdr != IPPROTO_TCP || is_mapped_ipv4(&ip->daddr))
		return false;
	__builtin_memcpy(listener->address, &ip->daddr, 16);
	rest->at = ip + 1;
	return true;
}

static __always_inline bool enter_ip(struct rest *rest, __be16 ethertype,
				     struct steer_listener *listener)
{
	if (ethertype == bpf_htons(ETH_P_IP))
		return enter_ipv4(rest, listener);
	if (ethertype == bpf_htons(ETH_P_IPV6))
		return enter_ipv6(rest, listener);
	return false;
}

SEC("xdp")
int steer(struct xdp_md *ctx)
{
	struct rest rest = { (void *)(long)ctx->data, (void *)(long)ctx->data_end };
	struct steer_listener listener = { 0 };
	struct ethhdr *eth = rest.at;
	struct tcphdr *tcp;
	__be16 ethertype;

	if (!holds(&rest, sizeof(*eth)))
		return XDP_PASS;
	ethertype = eth->h_proto;
	rest.at = eth + 1;
	if (!skip_tag(&rest, &ethertype) || !skip_tag(&rest, &ethertype))
		return XDP_PASS;
	if (!enter_ip(&rest, ethertype, &listener))
		return XDP_PASS;
	tcp = rest.at;
	if (!holds(&rest, sizeof(*tcp)))
		return XDP_PASS;
	listener.port = tcp->dest;
	if (!bpf_map_lookup_elem(&listeners, &listener))
		return XDP_PASS;
	return bpf_redirect_map(&xsks, ctx->rx_queue_index, XDP_PASS);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
