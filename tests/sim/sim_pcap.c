/* SPDX-License-Identifier: BSD-2-Clause */
/* The format is that of draft-ietf-opsawg-pcap, with nanoseconds. */
#include "sim_pcap.h"

#include <stdio.h>

#include "base/bug.h"
#include "sim_clock.h"

enum { SNAP_BYTES = 4096, ETHERNET = 1 };

static FILE *file;

static void put(const uint32_t *words, size_t cnt)
{
	BUG_ON(fwrite(words, sizeof(*words), cnt, file) != cnt);
}

void sl_sim_pcap_open(const char *path)
{
	const uint32_t head[] = { 0xa1b23c4d, 2 | 4 << 16, 0, 0, SNAP_BYTES, ETHERNET };

	file = fopen(path, "w");
	BUG_ON(!file);
	setvbuf(file, NULL, _IOFBF, 1 << 16);
	put(head, sizeof(head) / sizeof(head[0]));
}

void sl_sim_pcap_add(const uint8_t *packet, uint32_t len_bytes)
{
	uint64_t since_ns = sl_clock_now_ns() - SL_SIM_START_NS;
	const uint32_t head[] = { (uint32_t)(since_ns / SL_NS_PER_S),
				  (uint32_t)(since_ns % SL_NS_PER_S), len_bytes, len_bytes };

	if (!file)
		return;
	put(head, sizeof(head) / sizeof(head[0]));
	BUG_ON(fwrite(packet, 1, len_bytes, file) != len_bytes);
}
