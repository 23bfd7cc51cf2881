/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bug.h"

enum {
	/* Below, hosts need not take a segment whole (RFC 9293, 3.7.1); above, no link carries it.
	 */
	MSS_CLAMP_MIN = 536,
	MSS_CLAMP_MAX = 9000,
	WORD_MAX_BYTES = 32,
};

static const uint8_t ipv4_prefix[12] = { [10] = 0xff, [11] = 0xff };

struct sl_address sl_address_from_ipv4(const uint8_t ipv4[4])
{
	struct sl_address address;

	memcpy(address.bytes, ipv4_prefix, sizeof(ipv4_prefix));
	memcpy(address.bytes + sizeof(ipv4_prefix), ipv4, 4);
	return address;
}

struct sl_address sl_address_from_ipv6(const uint8_t ipv6[16])
{
	struct sl_address address;

	memcpy(address.bytes, ipv6, sizeof(address.bytes));
	return address;
}

bool sl_address_is_ipv4(const struct sl_address *address)
{
	return memcmp(address->bytes, ipv4_prefix, sizeof(ipv4_prefix)) == 0;
}

/* The text up to the port's colon, without brackets. Returns that colon, or NULL. */
static const char *cut_host(const char *text, char host[SL_ADDRESS_TEXT_BYTES], bool *ipv6)
{
	const char *start = text, *end;

	*ipv6 = text[0] == '[';
	if (*ipv6)
		start++;
	end = strchr(start, *ipv6 ? ']' : ':');
	if (!end || (size_t)(end - start) >= SL_ADDRESS_TEXT_BYTES)
		return NULL;
	memcpy(host, start, (size_t)(end - start));
	host[end - start] = '\0';
	if (*ipv6)
		end++;
	return *end == ':' ? end : NULL;
}

static const char *parse_host(const char *host, struct sl_listener *listener)
{
	static const uint8_t zero[16];
	uint8_t bytes[16];

	if (listener->ipv6) {
		if (inet_pton(AF_INET6, host, bytes) != 1)
			return "what stands in brackets is not an IPv6 address";
		listener->address = sl_address_from_ipv6(bytes);
		if (sl_address_is_ipv4(&listener->address))
			return "an IPv4 address is written without ::ffff: and brackets";
		listener->any = memcmp(bytes, zero, sizeof(bytes)) == 0;
		return NULL;
	}
	if (strcmp(host, "*") == 0)
		return "name the family: 0.0.0.0 or [::]";
	if (inet_pton(AF_INET, host, bytes) != 1)
		return "not an IPv4 address (an IPv6 address goes in brackets)";
	listener->address = sl_address_from_ipv4(bytes);
	listener->any = memcmp(bytes, zero, 4) == 0;
	return NULL;
}

/* Digits only: strtoul would take signs, spaces and 0x. Returns what follows them; *port is 0 if
 * there are none or they are no port. */
static const char *parse_port(const char *text, uint16_t *port)
{
	uint32_t value = 0;

	for (; *text >= '0' && *text <= '9'; text++) {
		value = value * 10 + (uint32_t)(*text - '0');
		if (value > UINT16_MAX)
			value = UINT16_MAX + 1;
	}
	*port = value > UINT16_MAX ? 0 : (uint16_t)value;
	return text;
}

/* What may follow the port, between commas; each at most once. */
struct words {
	bool tls, congestion, mss;
};

static const char *const congestion_names[] = {
	[SL_CONGESTION_CUBIC] = "cubic",
	[SL_CONGESTION_BBR] = "bbr",
	[SL_CONGESTION_NEWRENO] = "newreno",
};
enum { CONGESTIONS = sizeof(congestion_names) / sizeof(congestion_names[0]) };

const char *sl_congestion_name(enum sl_congestion congestion)
{
	return congestion_names[congestion];
}

static const char *parse_congestion(const char *name, struct sl_listener *listener)
{
	for (uint8_t i = 0; i < CONGESTIONS; i++) {
		if (strcmp(name, congestion_names[i]) == 0) {
			listener->congestion = i;
			return NULL;
		}
	}
	return "cc= must be cubic, bbr or newreno";
}

static const char *parse_mss(const char *text, struct sl_listener *listener)
{
	const char *rest = parse_port(text, &listener->mss_clamp);

	if (*rest != '\0' || listener->mss_clamp < MSS_CLAMP_MIN ||
	    listener->mss_clamp > MSS_CLAMP_MAX)
		return "mss= must be 536 to 9000";
	return NULL;
}

static const char *parse_word(const char *word, struct words *seen, struct sl_listener *listener)
{
	const char *problem = "after the port only tls, cc= and mss= may follow, each once";

	if (strcmp(word, "tls") == 0 && !seen->tls) {
		seen->tls = listener->tls = true;
		return NULL;
	}
	if (strncmp(word, "cc=", 3) == 0 && !seen->congestion) {
		seen->congestion = true;
		return parse_congestion(word + 3, listener);
	}
	if (strncmp(word, "mss=", 4) == 0 && !seen->mss) {
		seen->mss = true;
		return parse_mss(word + 4, listener);
	}
	return problem;
}

/* text is empty or begins with a comma. */
static const char *parse_words(const char *text, struct sl_listener *listener)
{
	struct words seen = { 0 };
	const char *problem = NULL;
	char word[WORD_MAX_BYTES];

	while (*text == ',' && !problem) {
		size_t len_bytes = strcspn(text + 1, ",");

		if (len_bytes >= sizeof(word))
			len_bytes = sizeof(word) - 1; /* no word is so long */
		memcpy(word, text + 1, len_bytes);
		word[len_bytes] = '\0';
		problem = parse_word(word, &seen, listener);
		text += 1 + strcspn(text + 1, ",");
	}
	return problem;
}

int sl_listener_parse(const char *text, struct sl_listener *listener, const char **problem)
{
	char host[SL_ADDRESS_TEXT_BYTES];
	struct sl_listener parsed = { 0 };
	const char *rest;

	rest = cut_host(text, host, &parsed.ipv6);
	if (!rest) {
		*problem = "expected ADDRESS:PORT or [ADDRESS]:PORT";
		return -EINVAL;
	}
	*problem = parse_host(host, &parsed);
	if (*problem)
		return -EINVAL;
	rest = parse_port(rest + 1, &parsed.port);
	if (*rest != '\0' && *rest != ',') {
		*problem = "the port must be a number";
		return -EINVAL;
	}
	if (parsed.port == 0) {
		*problem = "port must be 1 to 65535";
		return -EINVAL;
	}
	*problem = parse_words(rest, &parsed);
	if (*problem)
		return -EINVAL;
	*listener = parsed;
	return 0;
}

const char *sl_listener_format(const struct sl_listener *listener, char out[SL_ADDRESS_TEXT_BYTES])
{
	const struct sl_address *address = &listener->address;
	char host[INET6_ADDRSTRLEN];
	const uint8_t *bytes = address->bytes + (listener->ipv6 ? 0 : sizeof(ipv4_prefix));

	BUG_ON(!inet_ntop(listener->ipv6 ? AF_INET6 : AF_INET, bytes, host, sizeof(host)));
	snprintf(out, SL_ADDRESS_TEXT_BYTES, listener->ipv6 ? "[%s]:%u" : "%s:%u", host,
		 listener->port);
	return out;
}
