/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Steering: a whole, unfragmented TCP segment for one of our listeners goes to the AF_XDP socket of
 * its receive queue, and so does an ICMP error about a segment that one of them sent (it quotes
 * that segment's head). Everything else is the kernel's, and so is whatever looks odd: the worst
 * this program may do is to take nothing.
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
	IPV6_EXTENSIONS_MAX = STEER_IPV6_EXTENSIONS_MAX,
	IPV6_EXTENSION_UNIT_BYTES = 8,
	TCP_QUOTED_BYTES = 8, /* ports and sequence number: all an ICMP error must quote of TCP */
};

/* RFC 792. <linux/icmp.h> draws in the C library. Redirects are about routes, which are the
 * kernel's; source quench is dead (RFC 6633). */
enum { ICMP_UNREACHABLE = 3, ICMP_TIME_EXCEEDED = 11, ICMP_PARAMETER_PROBLEM = 12 };

/* RFC 4443: unreachable, packet too big, time exceeded, parameter problem. */
enum { ICMPV6_ERROR_FIRST = 1, ICMPV6_ERROR_LAST = 4 };

struct icmp_error { /* of either family */
	__u8 type, code;
	__be16 checksum;
	__be32 value; /* next-hop MTU, or nothing to steering */
};

/* Of an extension header that steering steps over (RFC 8200, 4.3 to 4.6). */
struct ipv6_extension {
	__u8 next_header;
	__u8 more_units; /* of eight bytes, beyond the first */
	__u8 type;
	__u8 segments_left; /* of a routing header */
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

/* ---- IP ------------------------------------------------------------------------------ */

/* Each of the two leaves rest behind the IP header, the destination in listener and what follows in
 * protocol; false if the packet is not a whole one. */

static __always_inline bool enter_ipv4(struct rest *rest, struct steer_listener *listener,
				       __u8 *protocol)
{
	struct iphdr *ip = rest->at;

	if (!holds(rest, sizeof(*ip)))
		return false;
	if (ip->version != 4 || ip->ihl < IPV4_HEADER_MIN_WORDS)
		return false;
	if (ip->frag_off & bpf_htons(IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET))
		return false;
	listener->address[10] = 0xff;
	listener->address[11] = 0xff;
	__builtin_memcpy(listener->address + 12, &ip->daddr, 4);
	*protocol = ip->protocol;
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

/* One extension header. False for a fragment's, one out of place (RFC 8200, 4.3), one that would
 * have the packet sent on (a routing header with segments left), or one cut off. */
static __always_inline bool skip_extension(struct rest *rest, bool first, __u8 *protocol)
{
	struct ipv6_extension *extension = rest->at;

	if (*protocol != IPPROTO_ROUTING && *protocol != IPPROTO_DSTOPTS &&
	    !(*protocol == IPPROTO_HOPOPTS && first))
		return false;
	if (!holds(rest, IPV6_EXTENSION_UNIT_BYTES))
		return false;
	if (*protocol == IPPROTO_ROUTING && extension->segments_left)
		return false;
	*protocol = extension->next_header;
	rest->at += (extension->more_units + 1) * IPV6_EXTENSION_UNIT_BYTES;
	return true;
}

static __always_inline bool is_ours_at_all(__u8 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_ICMPV6;
}

static __always_inline bool enter_ipv6(struct rest *rest, struct steer_listener *listener,
				       __u8 *protocol)
{
	struct ipv6hdr *ip = rest->at;

	if (!holds(rest, sizeof(*ip)))
		return false;
	if (ip->version != 6 || is_mapped_ipv4(&ip->daddr))
		return false;
	__builtin_memcpy(listener->address, &ip->daddr, 16);
	*protocol = ip->nexthdr;
	rest->at = ip + 1;
	for (int i = 0; i < IPV6_EXTENSIONS_MAX && !is_ours_at_all(*protocol); i++) {
		if (!skip_extension(rest, i == 0, protocol))
			return false;
	}
	return true;
}

/* ---- What it carries ----------------------------------------------------------------- */

static __always_inline bool enter_tcp(struct rest *rest, struct steer_listener *listener)
{
	struct tcphdr *tcp = rest->at;

	if (!holds(rest, sizeof(*tcp)))
		return false;
	listener->port = tcp->dest;
	return true;
}

/* The quoted segment: its source, so far the address the error was sent to, gets its port. */
static __always_inline bool enter_quoted_tcp(struct rest *rest, struct steer_listener *listener)
{
	struct tcphdr *tcp = rest->at;

	if (!holds(rest, TCP_QUOTED_BYTES))
		return false;
	listener->port = tcp->source;
	return true;
}

static __always_inline bool enter_icmp(struct rest *rest, struct steer_listener *listener)
{
	struct icmp_error *icmp = rest->at;
	struct iphdr *ip = (void *)(icmp + 1);

	if (!holds(rest, sizeof(*icmp) + sizeof(*ip)))
		return false;
	if (icmp->type != ICMP_UNREACHABLE && icmp->type != ICMP_TIME_EXCEEDED &&
	    icmp->type != ICMP_PARAMETER_PROBLEM)
		return false;
	if (ip->version != 4 || ip->ihl < IPV4_HEADER_MIN_WORDS || ip->protocol != IPPROTO_TCP)
		return false;
	if (ip->frag_off & bpf_htons(IPV4_FRAGMENT_OFFSET))
		return false;
	if (__builtin_memcmp(listener->address + 12, &ip->saddr, 4))
		return false;
	rest->at = (void *)ip + ip->ihl * 4;
	return enter_quoted_tcp(rest, listener);
}

static __always_inline bool is_same(const void *a, const struct in6_addr *b)
{
	const __be32 *words = a;

	return words[0] == b->s6_addr32[0] && words[1] == b->s6_addr32[1] &&
	       words[2] == b->s6_addr32[2] && words[3] == b->s6_addr32[3];
}

/* RFC 4443. We send no extension headers, so none is quoted. */
static __always_inline bool enter_icmpv6(struct rest *rest, struct steer_listener *listener)
{
	struct icmp_error *icmp = rest->at;
	struct ipv6hdr *ip = (void *)(icmp + 1);

	if (!holds(rest, sizeof(*icmp) + sizeof(*ip)))
		return false;
	if (icmp->type < ICMPV6_ERROR_FIRST || icmp->type > ICMPV6_ERROR_LAST)
		return false;
	if (ip->version != 6 || ip->nexthdr != IPPROTO_TCP)
		return false;
	if (!is_same(listener->address, &ip->saddr))
		return false;
	rest->at = ip + 1;
	return enter_quoted_tcp(rest, listener);
}

static __always_inline bool enter(struct rest *rest, __be16 ethertype,
				  struct steer_listener *listener)
{
	__u8 protocol;

	if (ethertype == bpf_htons(ETH_P_IP)) {
		if (!enter_ipv4(rest, listener, &protocol))
			return false;
		if (protocol == IPPROTO_ICMP)
			return enter_icmp(rest, listener);
	} else if (ethertype == bpf_htons(ETH_P_IPV6)) {
		if (!enter_ipv6(rest, listener, &protocol))
			return false;
		if (protocol == IPPROTO_ICMPV6)
			return enter_icmpv6(rest, listener);
	} else {
		return false;
	}
	return protocol == IPPROTO_TCP && enter_tcp(rest, listener);
}

SEC("xdp")
int steer(struct xdp_md *ctx)
{
	struct rest rest = { (void *)(long)ctx->data, (void *)(long)ctx->data_end };
	struct steer_listener listener = { 0 };
	struct ethhdr *eth = rest.at;
	__be16 ethertype;

	if (!holds(&rest, sizeof(*eth)))
		return XDP_PASS;
	ethertype = eth->h_proto;
	rest.at = eth + 1;
	if (!skip_tag(&rest, &ethertype) || !skip_tag(&rest, &ethertype))
		return XDP_PASS;
	if (!enter(&rest, ethertype, &listener))
		return XDP_PASS;
	if (!bpf_map_lookup_elem(&listeners, &listener))
		return XDP_PASS;
	return bpf_redirect_map(&xsks, ctx->rx_queue_index, XDP_PASS);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
