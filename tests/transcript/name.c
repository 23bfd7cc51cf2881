/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "sockets.h"

static bool is_zero(const uint8_t *bytes, size_t cnt)
{
	while (cnt && bytes[cnt - 1] == 0)
		cnt--;
	return cnt == 0;
}

int sl_name_read(const struct sockaddr *name, socklen_t name_bytes, int domain,
		 struct sl_address *address, uint16_t *port, bool *any)
{
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;

	if (name_bytes < (domain == AF_INET ? sizeof(ipv4) : sizeof(ipv6)))
		return -EINVAL;
	if (name->sa_family != domain)
		return -EAFNOSUPPORT;
	if (domain == AF_INET) {
		memcpy(&ipv4, name, sizeof(ipv4));
		*address = sl_address_from_ipv4((const uint8_t *)&ipv4.sin_addr);
		*any = is_zero((const uint8_t *)&ipv4.sin_addr, sizeof(ipv4.sin_addr));
		*port = ntohs(ipv4.sin_port);
	} else {
		memcpy(&ipv6, name, sizeof(ipv6));
		*address = sl_address_from_ipv6(ipv6.sin6_addr.s6_addr);
		*any = is_zero(ipv6.sin6_addr.s6_addr, sizeof(ipv6.sin6_addr));
		*port = ntohs(ipv6.sin6_port);
	}
	return 0;
}

void sl_name_write(const struct sl_address *address, uint16_t port, int domain,
		   struct sockaddr *name, socklen_t *name_bytes)
{
	struct sockaddr_in ipv4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	socklen_t whole_bytes = domain == AF_INET ? sizeof(ipv4) : sizeof(ipv6);
	const void *from = domain == AF_INET ? (const void *)&ipv4 : &ipv6;

	if (!name)
		return;
	if (domain == AF_INET)
		memcpy(&ipv4.sin_addr, address->bytes + 12, sizeof(ipv4.sin_addr));
	else
		memcpy(&ipv6.sin6_addr, address->bytes, sizeof(ipv6.sin6_addr));
	memcpy(name, from, *name_bytes < whole_bytes ? *name_bytes : whole_bytes);
	*name_bytes = whole_bytes;
}
