/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transcript.h"

static bool number_in(const char **at, int64_t least, int64_t most, int64_t *number)
{
	return sl_text_number(at, number) && *number >= least && *number <= most;
}

static bool number16(const char **at, uint16_t *out)
{
	int64_t number;

	if (!number_in(at, 0, UINT16_MAX, &number))
		return false;
	*out = (uint16_t)number;
	return true;
}

static bool number32(const char **at, uint32_t *out)
{
	int64_t number;

	if (!number_in(at, INT32_MIN, UINT32_MAX, &number))
		return false;
	*out = (uint32_t)number;
	return true;
}

/* ---- {…} ----------------------------------------------------------------------------- */

static bool address(const char **at, struct sl_address *out)
{
	char text[64];
	uint8_t bytes[16];

	if (!sl_text_name(at, text, sizeof(text)))
		return false;
	if (inet_pton(AF_INET, text, bytes) == 1) {
		*out = sl_address_from_ipv4(bytes);
		return true;
	}
	if (inet_pton(AF_INET6, text, bytes) != 1)
		return false;
	*out = sl_address_from_ipv6(bytes);
	return true;
}

static bool mac(const char **at, uint8_t out[6])
{
	char text[32];
	int end = 0;

	if (!sl_text_name(at, text, sizeof(text)))
		return false;
	return sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &out[0], &out[1], &out[2],
		      &out[3], &out[4], &out[5], &end) == 6 &&
	       text[end] == '\0';
}

static bool ecn(const char **at, struct sl_packet_line *packet)
{
	static const char *const names[] = { "noect", "ect1", "ect0", "ce" };

	for (int i = 0; i < 4; i++) {
		if (sl_text_word(at, names[i])) {
			packet->ecn = i;
			return true;
		}
	}
	return false;
}

static bool attribute(const char **at, struct sl_packet_line *packet)
{
	int64_t number;

	if (sl_text_word(at, "peer")) {
		if (!number_in(at, 1, SL_PEERS_MAX, &number))
			return false;
		packet->peer = (int)number - 1;
		return true;
	}
	if (sl_text_word(at, "vlan")) {
		if (!number_in(at, 0, 4095, &number))
			return false;
		packet->vlan = (int)number;
		return true;
	}
	if (sl_text_word(at, "mac"))
		return packet->has_mac = mac(at, packet->mac);
	if (sl_text_word(at, "src"))
		return packet->has_src = address(at, &packet->src);
	if (sl_text_word(at, "dst"))
		return packet->has_dst = address(at, &packet->dst);
	if (sl_text_word(at, "sport"))
		return packet->has_sport = number16(at, &packet->sport);
	if (sl_text_word(at, "dport"))
		return packet->has_dport = number16(at, &packet->dport);
	if (sl_text_word(at, "badsum"))
		return packet->bad_checksum = true;
	if (sl_text_word(at, "group"))
		return packet->group_mac = true;
	return ecn(at, packet);
}

static bool attributes(const char **at, struct sl_packet_line *packet)
{
	if (!sl_text_mark(at, "{"))
		return true;
	do {
		if (!attribute(at, packet))
			return false;
	} while (sl_text_mark(at, ","));
	return sl_text_mark(at, "}");
}

/* ---- <…> ----------------------------------------------------------------------------- */

static bool stamp(const char **at, struct sl_packet_line *packet)
{
	packet->stamp = SL_STAMP_AUTO;
	if (!sl_text_word(at, "val"))
		return true;
	packet->stamp = SL_STAMP_GIVEN;
	packet->any_value = sl_text_mark(at, "*");
	if (!packet->any_value && !number32(at, &packet->value))
		return false;
	if (!sl_text_word(at, "ecr"))
		return false;
	packet->any_echo = sl_text_mark(at, "*");
	return packet->any_echo || number32(at, &packet->echo);
}

static bool sack(const char **at, struct sl_packet_line *packet)
{
	while (!sl_text_mark(at, ",") && **at != '>') {
		struct sl_sack_block *block = &packet->sack[packet->sack_cnt];

		if (packet->sack_cnt == SL_SACK_BLOCKS_MAX || !number32(at, &block->start_seq) ||
		    !sl_text_mark(at, ":") || !number32(at, &block->end_seq))
			return false;
		packet->sack_cnt++;
	}
	return true;
}

static bool option(const char **at, struct sl_packet_line *packet)
{
	int64_t number;

	if (sl_text_mark(at, "..."))
		return packet->any_options = true;
	if (sl_text_word(at, "nop"))
		return true;
	if (sl_text_word(at, "sackOK"))
		return packet->sack_permitted = true;
	if (sl_text_word(at, "noTS"))
		return packet->no_stamp = true;
	if (sl_text_word(at, "mss"))
		return packet->has_mss = number16(at, &packet->mss);
	if (sl_text_word(at, "wscale")) {
		packet->has_scale = number_in(at, 0, 255, &number);
		packet->scale = (uint8_t)number;
		return packet->has_scale;
	}
	if (sl_text_word(at, "TS"))
		return stamp(at, packet);
	if (sl_text_word(at, "sack"))
		return sack(at, packet);
	return false;
}

static bool options(const char **at, struct sl_packet_line *packet)
{
	if (!sl_text_mark(at, "<"))
		return true;
	packet->has_options = true;
	while (!sl_text_mark(at, ">")) {
		if (!option(at, packet))
			return false;
		sl_text_mark(at, ",");
	}
	return true;
}

/* ---- All of it ----------------------------------------------------------------------- */

static bool flags(const char **at, struct sl_packet_line *packet)
{
	static const struct {
		char letter;
		uint8_t flag;
	} all[] = {
		{ 'S', SL_TCP_SYN }, { 'F', SL_TCP_FIN }, { 'R', SL_TCP_RST }, { 'P', SL_TCP_PSH },
		{ '.', SL_TCP_ACK }, { 'U', SL_TCP_URG }, { 'E', SL_TCP_ECE }, { 'W', SL_TCP_CWR },
	};

	if (sl_text_mark(at, "- ")) /* none at all */
		return true;
	if (sl_text_end(at))
		return false;
	for (; **at != ' ' && **at != '\0'; (*at)++) {
		size_t i = 0;

		while (i < 8 && all[i].letter != **at)
			i++;
		if (i == 8)
			return false;
		packet->flags |= all[i].flag;
	}
	return true;
}

static bool sequence(const char **at, struct sl_packet_line *packet)
{
	uint32_t end_seq;

	if (!number32(at, &packet->seq))
		return false;
	if (!sl_text_mark(at, ":"))
		return true;
	return number32(at, &end_seq) && sl_text_mark(at, "(") &&
	       number32(at, &packet->payload_bytes) && sl_text_mark(at, ")") &&
	       end_seq - packet->seq == packet->payload_bytes &&
	       packet->payload_bytes <= SL_FRAME_MAX_BYTES - 256;
}

const char *sl_packet_read(const char **at, struct sl_packet_line *packet)
{
	*packet = (struct sl_packet_line){ .vlan = -1, .ecn = -1 };
	if (!attributes(at, packet))
		return "{peer, mac, vlan, src, dst, sport, dport, badsum, group, ce, ect0, ect1, "
		       "noect}";
	if (!flags(at, packet))
		return "flags are of SFRP.UEW, or -";
	if (!sequence(at, packet))
		return "numbers are FIRST:BEHIND(BYTES)";
	if (sl_text_word(at, "ack")) {
		packet->has_ack = true;
		packet->ack_all = sl_text_word(at, "all");
		if (!packet->ack_all && !number32(at, &packet->ack))
			return "ack NUMBER, or ack all";
	}
	if (sl_text_word(at, "win") && !(packet->has_win = number16(at, &packet->win)))
		return "win NUMBER";
	if (sl_text_word(at, "urg") && !(packet->has_urg = number16(at, &packet->urg)))
		return "urg NUMBER";
	if (!options(at, packet))
		return "<mss, wscale, sackOK, sack, TS, noTS, nop, ...>";
	return sl_text_end(at) ? NULL : "something behind the packet";
}
