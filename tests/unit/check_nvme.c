/* SPDX-License-Identifier: BSD-2-Clause */
/* NVMe: the command as it goes to the drive (NVM command set 1.0, 3.2.4, figure 43). That drives
 * answer is shown in a virtual machine: tests/vm. */
#include "disk_fixture.h"

#include <linux/nvme_ioctl.h>
#include <string.h>

#include "disk/nvme.h"

static const struct {
	uint32_t block_bytes;
	uint64_t off_bytes;
	uint32_t len_bytes;
	uint32_t cdw10, cdw11, cdw12;
} commands[] = {
	{ 512, 0, 512, 0, 0, 0 },
	{ 512, 4096, 131072, 8, 0, 255 },
	{ 4096, 4096, 131072, 1, 0, 31 },
	{ 512, UINT64_C(1) << 41, 1024, 0, 1, 1 },
	{ 4096, (UINT64_C(5) << 44) + 8192, 4096, 2, 5, 0 },
};

START_TEST(read_command)
{
	struct io_uring_sqe entry[2]; /* a big one */
	struct sl_device device = { .namespace_id = 7, .block_bytes = commands[_i].block_bytes };
	struct nvme_uring_cmd command;
	uint8_t memory[1];

	memset(entry, 0xff, sizeof(entry));
	sl_nvme_prepare_read(entry, &device, 42, memory, commands[_i].off_bytes,
			     commands[_i].len_bytes);
	ck_assert_uint_eq(entry->opcode, IORING_OP_URING_CMD);
	ck_assert_uint_eq(entry->flags, IOSQE_FIXED_FILE);
	ck_assert_int_eq(entry->fd, 42);
	ck_assert_uint_eq(entry->cmd_op, NVME_URING_CMD_IO);
	ck_assert_uint_eq(entry->rw_flags, IORING_URING_CMD_FIXED);
	ck_assert_uint_eq(entry->buf_index, 0);

	memcpy(&command, entry->cmd, sizeof(command));
	ck_assert_uint_eq(command.opcode, 2);
	ck_assert_uint_eq(command.flags, 0);
	ck_assert_uint_eq(command.nsid, 7);
	ck_assert_uint_eq(command.addr, (uintptr_t)memory);
	ck_assert_uint_eq(command.data_len, commands[_i].len_bytes);
	ck_assert_uint_eq(command.metadata_len, 0);
	ck_assert_uint_eq(command.cdw10, commands[_i].cdw10);
	ck_assert_uint_eq(command.cdw11, commands[_i].cdw11);
	ck_assert_uint_eq(command.cdw12, commands[_i].cdw12);
	ck_assert_uint_eq(command.cdw13 | command.cdw14 | command.cdw15, 0);
}
END_TEST

static const struct {
	const char *name;
	bool has_reason;
} no_namespaces[] = {
	{ "", false },         { "sda", false },   { "nvme0", false },
	{ "nvme0n1p1", true }, { "loop0", false }, { "nvme99999n1", true },
};

START_TEST(not_a_namespace)
{
	struct sl_device device = { .read_fd = 5, .block_fd = 5, .block_bytes = 512 };
	char problem[SL_NVME_PROBLEM_BYTES];

	ck_assert(!sl_nvme_open(&device, no_namespaces[_i].name, problem));
	ck_assert_int_eq(problem[0] != '\0', no_namespaces[_i].has_reason);
	ck_assert_int_eq(device.read_fd, 5);
	ck_assert_uint_eq(device.namespace_id, 0);
}
END_TEST

#define CNT_OF(array) ((int)(sizeof(array) / sizeof((array)[0])))

Suite *nvme_suite(void);
Suite *nvme_suite(void)
{
	Suite *suite = suite_create("nvme");
	TCase *tcase = tcase_create("nvme");

	tcase_add_loop_test(tcase, read_command, 0, CNT_OF(commands));
	tcase_add_loop_test(tcase, not_a_namespace, 0, CNT_OF(no_namespaces));
	suite_add_tcase(suite, tcase);
	return suite;
}
