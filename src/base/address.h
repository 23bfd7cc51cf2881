/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses: IPv4 and IPv6 in one shape, as they stand in packets, and listeners as the operator
 * writes them. */
#ifndef SL_BASE_ADDRESS_H
#define SL_BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SL_ADDRESS_TEXT_BYTES = 64 };

/* An IPv4 address is kept as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2), so that one compare serves both.
 */
struct sl_address {
	uint8_t bytes[16]; /* network order */
};

/* Which congestion control serves a listener's connections (tcp/cc.h). */
enum sl_congestion { SL_CONGESTION_CUBIC, SL_CONGESTION_BBR, SL_CONGESTION_NEWRENO };

struct sl_listener {
	struct sl_address address; /* all zero after the prefix: any address of its family */
	uint16_t port;             /* host order, [1, 65535] */
	bool ipv6;
	bool any; /* 0.0.0.0 or [::] */
	bool tls;
	uint8_t congestion; /* enum sl_congestion */
	uint16_t mss_clamp; /* segments are no larger than this both ways; 0: as the path allows */
};

struct sl_address sl_address_from_ipv4(const uint8_t ipv4[4]);
struct sl_address sl_address_from_ipv6(const uint8_t ipv6[16]);
bool sl_address_is_ipv4(const struct sl_address *address);

/* "192.0.2.1:443,tls", "[2001:db8::1]:443,tls", "0.0.0.0:80"; "*:443,tls" is not taken: name the
 * family. After the port, in any order: tls, cc=cubic|bbr|newreno, mss=536..9000. Errors: -EINVAL,
 * and then *problem says in a few words what is wrong ("port must be 1 to 65535"). */
int sl_listener_parse(const char *text, struct sl_listener *listener, const char **problem);

/* "192.0.2.1:443" or "[2001:db8::1]:443"; returns out. */
const char *sl_listener_format(const struct sl_listener *listener, char out[SL_ADDRESS_TEXT_BYTES]);

/* "cubic", "bbr" or "newreno". */
const char *sl_congestion_name(enum sl_congestion congestion);

#endif
