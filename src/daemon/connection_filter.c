/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/connection_filter.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "daemon/connection_print.h"
#include "daemon/number.h"

bool sl_connection_filter_state(struct sl_connection_filter *filter, const char *text)
{
	for (int state = SL_TCP_SYN_RECEIVED; state < SL_TCP_TIME_WAIT; state++) {
		if (strcmp(text, sl_connection_state((enum sl_tcp_state)state)) != 0)
			continue;
		filter->state = (enum sl_tcp_state)state;
		filter->has_state = true;
		return true;
	}
	return false;
}

static bool take_address(struct sl_connection_filter *filter, const char *text, bool ipv6)
{
	uint8_t bytes[16];

	if (inet_pton(ipv6 ? AF_INET6 : AF_INET, text, bytes) != 1)
		return false;
	filter->peer = ipv6 ? sl_address_from_ipv6(bytes) : sl_address_from_ipv4(bytes);
	filter->has_peer = true;
	return true;
}

static bool take_port(struct sl_connection_filter *filter, const char *text)
{
	uint64_t port;

	if (!sl_number_parse(text, 1, UINT16_MAX, &port))
		return false;
	filter->peer_port = (uint16_t)port;
	return true;
}

bool sl_connection_filter_peer(struct sl_connection_filter *filter, const char *text)
{
	char host[SL_ADDRESS_TEXT_BYTES];
	const char *colon = strchr(text, ':'), *start = text;
	bool ipv6 = text[0] == '[' || (colon && strchr(colon + 1, ':'));
	size_t host_bytes;

	/* Without brackets there is no telling where an IPv6 address ends and a port begins. */
	if (ipv6 && text[0] != '[') {
		return take_address(filter, text, true);
	}
	if (ipv6) {
		start = text + 1;
		colon = strchr(start, ']');
		if (!colon || colon[1] != ':')
			return false;
	}
	host_bytes = colon ? (size_t)(colon - start) : strlen(start);
	if (host_bytes >= sizeof(host))
		return false;
	memcpy(host, start, host_bytes);
	host[host_bytes] = '\0';
	if (colon && !take_port(filter, colon + (ipv6 ? 2 : 1)))
		return false;
	return take_address(filter, host, ipv6);
}

bool sl_connection_wanted(const struct sl_connection_filter *filter,
			  const struct sl_snapshot_row *row)
{
	if (filter->has_state && row->tcp.state != filter->state)
		return false;
	if (!filter->has_peer)
		return true;
	if (filter->peer_port && row->tcp.peer_port != filter->peer_port)
		return false;
	return memcmp(&row->tcp.peer, &filter->peer, sizeof(filter->peer)) == 0;
}
