/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wildcards become the interface's own addresses. The XDP program sees packets before the kernel
 * has decided whether they are for this machine or only pass through it, so it must be told every
 * address. A member of a bond, or a port of a bridge, has none itself: those of its master are
 * meant when packets come in there.
 */
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>

#include "base/bug.h"
#include "base/log.h"
#include "nic/bond.h"
#include "nic/interface.h"
#include "nic/steer.h"

struct expansion {
	const char *iface;
	struct sl_nic_link link;
	const struct ifaddrs *addresses; /* of all interfaces */
	struct sl_listener *out;
	uint32_t cnt, max_cnt;
};

/* An IPv4 address may carry a label in the place of the interface's name: "eth0:1". */
static bool is_of(const struct ifaddrs *entry, const char *iface)
{
	size_t len_bytes = strlen(iface);

	return strncmp(entry->ifa_name, iface, len_bytes) == 0 &&
	       (entry->ifa_name[len_bytes] == '\0' || entry->ifa_name[len_bytes] == ':');
}

static bool is_ours(const struct ifaddrs *entry, const struct expansion *expansion)
{
	return entry->ifa_addr &&
	       (is_of(entry, expansion->iface) ||
		(expansion->link.master[0] && is_of(entry, expansion->link.master)));
}

/* False for other families than IP. */
static bool read_address(const struct ifaddrs *entry, struct sl_address *address)
{
	if (entry->ifa_addr->sa_family == AF_INET) {
		struct sockaddr_in ipv4;

		memcpy(&ipv4, entry->ifa_addr, sizeof(ipv4));
		*address = sl_address_from_ipv4((const uint8_t *)&ipv4.sin_addr);
		return true;
	}
	if (entry->ifa_addr->sa_family == AF_INET6) {
		struct sockaddr_in6 ipv6;

		memcpy(&ipv6, entry->ifa_addr, sizeof(ipv6));
		*address = sl_address_from_ipv6(ipv6.sin6_addr.s6_addr);
		return true;
	}
	return false;
}

static bool is_link_local(const struct sl_address *address)
{
	return address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80;
}

static bool is_same(const struct sl_address *a, const struct sl_address *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static bool is_same_place(const struct sl_listener *a, const struct sl_listener *b)
{
	return a->port == b->port && is_same(&a->address, &b->address);
}

static bool is_known(const struct expansion *expansion, const struct sl_listener *listener)
{
	for (uint32_t i = 0; i < expansion->cnt; i++)
		if (is_same_place(&expansion->out[i], listener))
			return true;
	return false;
}

static int add(struct expansion *expansion, const struct sl_listener *listener)
{
	if (expansion->cnt == expansion->max_cnt) {
		sl_error("interface \"%s\" has too many addresses for these listeners: more than "
			 "%u in all; name the addresses to listen on",
			 expansion->iface, expansion->max_cnt);
		return -E2BIG;
	}
	expansion->out[expansion->cnt++] = *listener;
	return 0;
}

static bool has_address(const struct expansion *expansion, const struct sl_address *address)
{
	for (const struct ifaddrs *entry = expansion->addresses; entry; entry = entry->ifa_next) {
		struct sl_address own;

		if (is_ours(entry, expansion) && read_address(entry, &own) &&
		    is_same(&own, address))
			return true;
	}
	return false;
}

static int add_named(struct expansion *expansion, const struct sl_listener *listener)
{
	char text[SL_ADDRESS_TEXT_BYTES];

	if (is_known(expansion, listener))
		return 0;
	if (!has_address(expansion, &listener->address)) {
		sl_error("listener %s: interface \"%s\" does not have this address; `ip address "
			 "show dev %s` lists those it has",
			 sl_listener_format(listener, text), expansion->iface, expansion->iface);
		return -EADDRNOTAVAIL;
	}
	return add(expansion, listener);
}

static int add_wildcard(struct expansion *expansion, const struct sl_listener *wildcard)
{
	struct sl_listener listener = *wildcard;
	bool found = false;

	listener.any = false;
	for (const struct ifaddrs *entry = expansion->addresses; entry; entry = entry->ifa_next) {
		int error;

		if (!is_ours(entry, expansion) || !read_address(entry, &listener.address))
			continue;
		if (sl_address_is_ipv4(&listener.address) == listener.ipv6 ||
		    is_link_local(&listener.address))
			continue;
		found = true;
		if (is_known(expansion, &listener))
			continue;
		error = add(expansion, &listener);
		if (error < 0)
			return error;
	}
	if (found)
		return 0;
	sl_error("interface \"%s\" has no %s address to listen on; `ip address show dev %s`",
		 expansion->iface, wildcard->ipv6 ? "IPv6" : "IPv4", expansion->iface);
	return -EADDRNOTAVAIL;
}

static int check_twins(const struct sl_listener *in, uint32_t in_cnt)
{
	char text[SL_ADDRESS_TEXT_BYTES];

	for (uint32_t i = 0; i < in_cnt; i++)
		for (uint32_t j = 0; j < i; j++)
			if (is_same_place(&in[i], &in[j]) && in[i].tls != in[j].tls) {
				sl_error("listener %s is given twice, with TLS and without",
					 sl_listener_format(&in[i], text));
				return -EADDRINUSE;
			}
	return 0;
}

/* Named ones first, so that they are found when a wildcard comes to the same address. */
static int expand(struct expansion *expansion, const struct sl_listener *in, uint32_t in_cnt)
{
	int error = check_twins(in, in_cnt);

	for (uint32_t i = 0; error == 0 && i < in_cnt; i++)
		if (!in[i].any)
			error = add_named(expansion, &in[i]);
	for (uint32_t i = 0; error == 0 && i < in_cnt; i++)
		if (in[i].any)
			error = add_wildcard(expansion, &in[i]);
	return error < 0 ? error : (int)expansion->cnt;
}

int sl_steer_expand(const char *iface, const struct sl_listener *in, uint32_t in_cnt,
		    struct sl_listener *out, uint32_t max_cnt)
{
	struct expansion expansion = { .iface = iface, .out = out, .max_cnt = max_cnt };
	struct ifaddrs *addresses;
	int error = sl_nic_ifindex(iface);

	if (error >= 0)
		error = sl_nic_refuse_bond(iface);
	if (error < 0)
		return error;
	if (getifaddrs(&addresses) < 0) {
		error = -errno;
		sl_error("cannot list the addresses of interface \"%s\": %s", iface,
			 strerror(-error));
		return error;
	}
	expansion.addresses = addresses;
	sl_nic_link(iface, &expansion.link);
	error = expand(&expansion, in, in_cnt);
	freeifaddrs(addresses);
	return error;
}

uint64_t sl_steer_missing(const char *iface, const struct sl_listener *listeners, uint32_t cnt)
{
	struct expansion expansion = { .iface = iface };
	struct ifaddrs *addresses;
	uint64_t missing_mask = 0;

	BUG_ON(cnt > 64);
	if (getifaddrs(&addresses) < 0)
		return 0;
	expansion.addresses = addresses;
	sl_nic_link(iface, &expansion.link);
	for (uint32_t i = 0; i < cnt; i++)
		if (!has_address(&expansion, &listeners[i].address))
			missing_mask |= UINT64_C(1) << i;
	freeifaddrs(addresses);
	return missing_mask;
}
