/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/bug.h"
#include "wire/format.h"
#include "wire/segment.h"

_Static_assert(sizeof(struct sl_route) <= 64, "a route fits a cache line");

void sl_route_reverse(struct sl_route *route, const struct sl_segment *segment)
{
	BUG_ON_HOT(segment->link_bytes > SL_LINK_MAX_BYTES);
	*route = (struct sl_route){
		.link_bytes = segment->link_bytes,
		.ipv6 = segment->ipv6,
		.local_port = segment->dst_port,
		.peer_port = segment->src_port,
		.local = segment->dst,
		.peer = segment->src,
	};
	memcpy(route->link, segment->link, segment->link_bytes);
	memcpy(route->link, segment->link + SL_MAC_BYTES, SL_MAC_BYTES);
	memcpy(route->link + SL_MAC_BYTES, segment->link, SL_MAC_BYTES);
}
