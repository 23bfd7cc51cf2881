/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv6 extension headers (RFC 8200, 4): hop-by-hop options, destination options and spent routing
 * headers are stepped over, as steering did. They hold nothing for us, but an option of a kind we
 * do not know may say that a node that does not know it must drop the packet (4.2); we know none
 * but padding. The RFC wants an ICMP error for some of those; they get silence, as broken packets
 * do.
 */
#include "sluice/steer.h"
#include "wire/layers.h"

enum { UNIT_BYTES = 8, OPTION_PAD1 = 0, OPTION_ACTION_MASK = 0xc0 };

/* The options at [at, end) are whole and let those pass that do not know them. */
static bool options_pass(const uint8_t *at, const uint8_t *end)
{
	while (at < end) {
		if (*at == OPTION_PAD1) {
			at++;
			continue;
		}
		if (end - at < 2 || at[1] > end - at - 2 || (*at & OPTION_ACTION_MASK))
			return false;
		at += 2 + at[1];
	}
	return true;
}

static enum sl_wire_verdict skip_one(struct sl_rest *rest, bool first, uint8_t *protocol)
{
	const uint8_t *extension = rest->at;
	bool routing = *protocol == SL_PROTOCOL_ROUTING;
	uint32_t len_bytes;

	if (*protocol == SL_PROTOCOL_IPV6_FRAGMENT)
		return SL_WIRE_FRAGMENT;
	if (!routing && *protocol != SL_PROTOCOL_DESTINATION_OPTIONS &&
	    !(*protocol == SL_PROTOCOL_HOP_BY_HOP && first))
		return SL_WIRE_NOT_TCP;
	if (rest->len_bytes < UNIT_BYTES)
		return SL_WIRE_BAD_HEADER;
	len_bytes = (extension[1] + 1u) * UNIT_BYTES;
	if (len_bytes > rest->len_bytes)
		return SL_WIRE_BAD_HEADER;
	if (routing && extension[3] != 0) /* segments left: it has not arrived yet */
		return SL_WIRE_NOT_TCP;
	if (!routing && !options_pass(extension + 2, extension + len_bytes))
		return SL_WIRE_BAD_HEADER;
	*protocol = extension[0];
	sl_rest_skip(rest, len_bytes);
	return SL_WIRE_OK;
}

enum sl_wire_verdict sl_extensions_skip(struct sl_rest *rest, uint8_t *protocol)
{
	for (int i = 0; i <= STEER_IPV6_EXTENSIONS_MAX; i++) {
		enum sl_wire_verdict verdict;

		if (*protocol == SL_PROTOCOL_TCP || *protocol == SL_PROTOCOL_ICMPV6)
			return SL_WIRE_OK;
		if (i == STEER_IPV6_EXTENSIONS_MAX)
			break;
		verdict = skip_one(rest, i == 0, protocol);
		if (verdict != SL_WIRE_OK)
			return verdict;
	}
	return SL_WIRE_NOT_TCP;
}
