/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/limits.h"
#include "nic/interface.h"
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

static const struct {
	const char *mask;
	uint32_t cpu;
	bool has;
} masks[] = {
	{ "1\n", 0, true },
	{ "1\n", 1, false },
	{ "2\n", 1, true },
	{ "f\n", 3, true },
	{ "f\n", 4, false },
	{ "0\n", 0, false },
	{ "", 0, false },
	{ "\n", 0, false },
	{ "80000000\n", 31, true },
	{ "80000000\n", 32, false },
	{ "1,00000000\n", 32, true },
	{ "1,00000000\n", 0, false },
	{ "00000000,00000001,00000002\n", 32, true },
	{ "00000000,00000001,00000002\n", 1, true },
	{ "00000000,00000001,00000002\n", 0, false },
	{ "00000000,00000001,00000002\n", 64, false },
	{ "00000000,00000001,00000002\n", 96, false },
	{ "4,00000001,00000002\n", 66, true },
};

START_TEST(a_mask_of_cpus)
{
	ck_assert(sl_nic_mask_has(masks[_i].mask, masks[_i].cpu) == masks[_i].has);
}
END_TEST

Suite *suite_interface(void)
{
	Suite *suite = suite_create("interface");
	TCase *chunk = tcase_create("chunk"), *queues = tcase_create("queues");

	tcase_add_loop_test(chunk, the_smallest_chunk_that_holds_a_packet, 0,
			    sizeof(chunks) / sizeof(*chunks));
	suite_add_tcase(suite, chunk);
	tcase_add_loop_test(queues, a_mask_of_cpus, 0, sizeof(masks) / sizeof(*masks));
	suite_add_tcase(suite, queues);
	return suite;
}
