/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/gso.h"

#include "base/bug.h"
#include "wire/format.h"
#include "wire/segment.h"

enum { FLAGS_AT = 13 }; /* in the TCP header */

struct sl_gso sl_gso_of(const uint8_t *header, uint32_t header_bytes)
{
	struct sl_gso gso = { .ip_off = SL_ETHERNET_BYTES };
	uint16_t ethertype = sl_wire_get16(header + gso.ip_off - 2);

	while (ethertype == SL_ETHERTYPE_8021Q || ethertype == SL_ETHERTYPE_8021AD) {
		gso.ip_off += SL_VLAN_BYTES;
		BUG_ON(gso.ip_off > SL_LINK_MAX_BYTES);
		ethertype = sl_wire_get16(header + gso.ip_off - 2);
	}
	gso.ipv6 = ethertype == SL_ETHERTYPE_IPV6;
	gso.tcp_off = gso.ip_off + (gso.ipv6 ? SL_IPV6_BYTES : SL_IPV4_MIN_BYTES);
	BUG_ON_HOT(gso.tcp_off + SL_TCP_MIN_BYTES > header_bytes);
	gso.cwr = header[gso.tcp_off + FLAGS_AT] & SL_TCP_CWR;
	return gso;
}
