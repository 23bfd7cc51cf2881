/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_path.h"

#include <string.h>

#include "base/checksum.h"

enum {
	LINK_BYTES = 14,
	IPV4_BYTES = 20,
	IPV6_BYTES = 40,
	ICMP_BYTES = 8,
	QUOTED_IPV4_BYTES = 28,   /* header and 8 bytes: RFC 792 */
	QUOTED_IPV6_BYTES = 1232, /* as fits IPv6's minimum MTU: RFC 4443, 3.2 */
	PROTO_ICMP = 1,
	PROTO_ICMPV6 = 58,
	TTL = 64,
};

static const uint8_t router_ipv4[4] = { 10, 0, 255, 1 };
static const uint8_t router_ipv6[16] = { 0xfd, [14] = 0xff, [15] = 1 };

void sl_sim_path_open(struct sl_sim_path *path, const struct sl_sim_path_config *config)
{
	*path = (struct sl_sim_path){ .config = *config };
	path->out = sl_sim_link_open(&config->out);
	path->in = sl_sim_link_open(&config->in);
}

void sl_sim_path_close(struct sl_sim_path *path)
{
	sl_sim_link_close(path->out);
	sl_sim_link_close(path->in);
}

void sl_sim_path_set(struct sl_sim_path *path, const struct sl_sim_path_config *config)
{
	path->config = *config;
	sl_sim_link_set(path->out, &config->out);
	sl_sim_link_set(path->in, &config->in);
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put_sum(uint8_t *at, uint64_t sum)
{
	uint16_t folded = sl_checksum_fold(sum);

	memcpy(at, &folded, sizeof(folded));
}

static void turn_link(uint8_t *packet, const uint8_t *original)
{
	memcpy(packet, original + 6, 6);
	memcpy(packet + 6, original, 6);
	memcpy(packet + 12, original + 12, 2);
}

/* Destination unreachable, fragmentation needed: RFC 1191, section 4. */
static uint32_t too_big_ipv4(const struct sl_sim_path *path, const uint8_t *original, uint8_t *out)
{
	uint8_t *ip = out + LINK_BYTES, *icmp = ip + IPV4_BYTES;

	put16(ip, 0x4500);
	put16(ip + 2, IPV4_BYTES + ICMP_BYTES + QUOTED_IPV4_BYTES);
	ip[8] = TTL;
	ip[9] = PROTO_ICMP;
	memcpy(ip + 12, router_ipv4, 4);
	memcpy(ip + 16, original + LINK_BYTES + 12, 4);
	put_sum(ip + 10, sl_checksum_add(0, ip, IPV4_BYTES));
	icmp[0] = 3;
	icmp[1] = 4;
	put16(icmp + 6, path->config.mtu_bytes);
	memcpy(icmp + ICMP_BYTES, original + LINK_BYTES, QUOTED_IPV4_BYTES);
	put_sum(icmp + 2, sl_checksum_add(0, icmp, ICMP_BYTES + QUOTED_IPV4_BYTES));
	return LINK_BYTES + IPV4_BYTES + ICMP_BYTES + QUOTED_IPV4_BYTES;
}

/* Packet too big: RFC 4443, 3.2; its checksum covers a pseudo-header (RFC 8200, 8.1). */
static uint32_t too_big_ipv6(const struct sl_sim_path *path, const uint8_t *original,
			     uint32_t len_bytes, uint8_t *out)
{
	uint8_t *ip = out + LINK_BYTES, *icmp = ip + IPV6_BYTES;
	uint8_t pseudo[8] = { 0 };
	uint32_t quoted_bytes = len_bytes - LINK_BYTES, icmp_bytes;
	uint64_t sum;

	if (quoted_bytes > QUOTED_IPV6_BYTES)
		quoted_bytes = QUOTED_IPV6_BYTES;
	icmp_bytes = ICMP_BYTES + quoted_bytes;
	ip[0] = 0x60;
	put16(ip + 4, icmp_bytes);
	ip[6] = PROTO_ICMPV6;
	ip[7] = TTL;
	memcpy(ip + 8, router_ipv6, 16);
	memcpy(ip + 24, original + LINK_BYTES + 8, 16);
	icmp[0] = 2;
	put16(icmp + 6, path->config.mtu_bytes);
	memcpy(icmp + ICMP_BYTES, original + LINK_BYTES, quoted_bytes);
	put16(pseudo + 2, icmp_bytes);
	pseudo[7] = PROTO_ICMPV6;
	sum = sl_checksum_add(0, ip + 8, 32);
	sum = sl_checksum_add(sum, pseudo, sizeof(pseudo));
	put_sum(icmp + 2, sl_checksum_add(sum, icmp, icmp_bytes));
	return LINK_BYTES + IPV6_BYTES + icmp_bytes;
}

static void report(struct sl_sim_path *path, const uint8_t *original, uint32_t len_bytes)
{
	uint8_t packet[LINK_BYTES + IPV6_BYTES + ICMP_BYTES + QUOTED_IPV6_BYTES] = { 0 };
	uint32_t packet_bytes;

	turn_link(packet, original);
	if (original[LINK_BYTES] >> 4 == 6)
		packet_bytes = too_big_ipv6(path, original, len_bytes, packet);
	else
		packet_bytes = too_big_ipv4(path, original, packet);
	sl_sim_link_put(path->in, packet, packet_bytes);
}

void sl_sim_path_out(struct sl_sim_path *path, const uint8_t *packet, uint32_t len_bytes)
{
	if (path->config.mtu_bytes > 0 && len_bytes > LINK_BYTES + path->config.mtu_bytes) {
		path->too_big_cnt++;
		if (!path->config.silent)
			report(path, packet, len_bytes);
		return;
	}
	sl_sim_link_put(path->out, packet, len_bytes);
}
