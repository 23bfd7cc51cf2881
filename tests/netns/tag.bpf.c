/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VLANs without VLAN devices, which not every kernel has: on the client's interface, leaving TCP
 * packets for certain networks get tags, and those coming from there lose them, if they are those
 * ones; without them they are dropped. Attached by tc:
 *
 *	10.77.16.0/24, fd77:10::/32    one tag, 802.1Q
 *	10.77.32.0/24, fd77:20::/32    two tags, 802.1Q in 802.1ad
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>
#include <stddef.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

enum {
	NETWORK_ONE_TAG = 16, /* the third byte of an IPv4 address, the fourth of an IPv6 address */
	NETWORK_TWO_TAGS = 32,

	/* VLAN and, in the upper three bits, priority: an answer has both. */
	TAG_ONLY = 0x6000 | 10,
	TAG_OUTER = 0x4000 | 20,
	TAG_INNER = 0x2000 | 30,
};

struct tag {
	__u16 protocol, control;
};

static __always_inline __u8 byte_at(struct __sk_buff *skb, __u32 off)
{
	__u8 byte = 0;

	bpf_skb_load_bytes(skb, ETH_HLEN + off, &byte, sizeof(byte));
	return byte;
}

enum address { SOURCE, DESTINATION };

/* 0 if it is not TCP. */
static __always_inline __u8 network_of(struct __sk_buff *skb, enum address which)
{
	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		if (byte_at(skb, offsetof(struct iphdr, protocol)) != IPPROTO_TCP)
			return 0;
		return byte_at(skb, (which == SOURCE ? offsetof(struct iphdr, saddr)
						     : offsetof(struct iphdr, daddr)) +
					2);
	}
	if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		if (byte_at(skb, offsetof(struct ipv6hdr, nexthdr)) != IPPROTO_TCP)
			return 0;
		return byte_at(skb, (which == SOURCE ? offsetof(struct ipv6hdr, saddr)
						     : offsetof(struct ipv6hdr, daddr)) +
					3);
	}
	return 0;
}

static __always_inline bool push(struct __sk_buff *skb, __u16 protocol, __u16 control)
{
	return bpf_skb_vlan_push(skb, bpf_htons(protocol), control) == 0;
}

SEC("egress")
int tag(struct __sk_buff *skb)
{
	bool pushed = true;

	switch (network_of(skb, DESTINATION)) {
	case NETWORK_ONE_TAG:
		pushed = push(skb, ETH_P_8021Q, TAG_ONLY);
		break;
	case NETWORK_TWO_TAGS:
		pushed = push(skb, ETH_P_8021Q, TAG_INNER) && push(skb, ETH_P_8021AD, TAG_OUTER);
		break;
	}
	return pushed ? TC_ACT_OK : TC_ACT_SHOT;
}

/* The outermost tag; all zero if there is none. */
static __always_inline struct tag pop(struct __sk_buff *skb)
{
	struct tag tag = { 0 };

	if (!skb->vlan_present)
		return tag;
	tag.protocol = bpf_ntohs(skb->vlan_proto);
	tag.control = skb->vlan_tci;
	bpf_skb_vlan_pop(skb);
	return tag;
}

static __always_inline bool is(struct tag tag, __u16 protocol, __u16 control)
{
	return tag.protocol == protocol && tag.control == control;
}

SEC("ingress")
int untag(struct __sk_buff *skb)
{
	struct tag outer = pop(skb);
	struct tag inner = pop(skb);
	bool expected;

	switch (network_of(skb, SOURCE)) {
	case NETWORK_ONE_TAG:
		expected = is(outer, ETH_P_8021Q, TAG_ONLY) && is(inner, 0, 0);
		break;
	case NETWORK_TWO_TAGS:
		expected = is(outer, ETH_P_8021AD, TAG_OUTER) && is(inner, ETH_P_8021Q, TAG_INNER);
		break;
	default:
		expected = is(outer, 0, 0);
	}
	return expected ? TC_ACT_OK : TC_ACT_SHOT;
}

char license_text[] SEC("license") = "Dual BSD/GPL";
