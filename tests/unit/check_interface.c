/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/limits.h"
#include "nic/nic.h"
#include "room_nic.h"

/* 256 bytes of XDP headroom, Ethernet with two tags and a check sequence 26. */
static const struct {
	uint32_t mtu_bytes, chunk_bytes;
} chunks[] = {
	{ 576, 2048 },
	{ SL_MTU_MIN, 2048 },
	{ 1500, 2048 },
	{ 2048 - 256 - 26, 2048 },
	{ 2048 - 256 - 26 + 1, 4096 },
	{ SL_MTU_FRAME_MAX, 4096 },
	{ 9000, 4096 },
	{ SL_MTU_MAX, 4096 },
	{ SL_MTU_MAX + 1, 0 },
	{ UINT32_MAX, 0 },
};

START_TEST(the_smallest_chunk_that_holds_a_packet)
{
	ck_assert_uint_eq(sl_nic_chunk_bytes(chunks[_i].mtu_bytes), chunks[_i].chunk_bytes);
}
END_TEST

Suite *suite_interface(void)
{
	Suite *suite = suite_create("interface");
	TCase *chunk = tcase_create("chunk");

	tcase_add_loop_test(chunk, the_smallest_chunk_that_holds_a_packet, 0,
			    sizeof(chunks) / sizeof(*chunks));
	suite_add_tcase(suite, chunk);
	return suite;
}
