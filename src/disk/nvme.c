/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Passthrough, and when there is none. A namespace nvme0n1 has a character device ng0n1 that takes
 * commands (Linux 5.13) from an io_uring with big entries (5.19) into registered buffers (6.1).
 * Who may send them has changed: up to 6.1 only CAP_SYS_ADMIN, which a worker has given up; since
 * 6.2 whoever could open the device may read, if the drive says what its commands do. So what
 * counts is tried: one read, without that capability, as a worker will read. And since a namespace
 * may be formatted in ways that the block layer hides (metadata between the blocks), what it
 * brings must be what the block device brings.
 */
#include "config.h" /* _GNU_SOURCE: O_DIRECT */

#include "disk/nvme.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/nvme_ioctl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/limits.h"

enum {
	NVME_READ = 0x02, /* NVM command set, opcode */
	PROBE_BYTES = 4096,
	NAME_BYTES = 64,
	/* Memory is handed to the drive in pages, so many segments may be these at least. */
	PAGE_BYTES = 4096,
};

__attribute__((format(printf, 2, 3))) static bool refuse(char problem[SL_NVME_PROBLEM_BYTES],
							 const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(problem, SL_NVME_PROBLEM_BYTES, format, arguments);
	va_end(arguments);
	return false;
}

static void fill_read(struct nvme_uring_cmd *command, const struct sl_device *device, void *memory,
		      uint64_t off_bytes, uint32_t len_bytes)
{
	uint64_t block = off_bytes / device->block_bytes;

	*command = (struct nvme_uring_cmd){
		.opcode = NVME_READ,
		.nsid = device->namespace_id,
		.addr = (uintptr_t)memory,
		.data_len = len_bytes,
		.cdw10 = (uint32_t)block,
		.cdw11 = (uint32_t)(block >> 32),
		.cdw12 = len_bytes / device->block_bytes - 1, /* counted from zero */
	};
}

void sl_nvme_prepare_read(struct io_uring_sqe *sqe, const struct sl_device *device, int file_idx,
			  void *memory, uint64_t off_bytes, uint32_t len_bytes)
{
	io_uring_prep_rw(IORING_OP_URING_CMD, sqe, file_idx, NULL, 0, 0);
	sqe->cmd_op = NVME_URING_CMD_IO;
	sqe->rw_flags = IORING_URING_CMD_FIXED; /* uring_cmd_flags, of buffer 0 */
	io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
	fill_read((struct nvme_uring_cmd *)(void *)sqe->cmd, device, memory, off_bytes, len_bytes);
}

/* ---- capabilities -----------------------------------------------------------------------------
 */

struct capabilities {
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
};

/* This thread goes on without CAP_SYS_ADMIN until give_back. */
static bool lay_down(struct capabilities *had)
{
	struct capabilities has;

	*had = (struct capabilities){ .header.version = _LINUX_CAPABILITY_VERSION_3 };
	if (syscall(SYS_capget, &had->header, had->data) < 0)
		return false;
	has = *had;
	has.data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective &= ~(uint32_t)CAP_TO_MASK(CAP_SYS_ADMIN);
	return syscall(SYS_capset, &has.header, has.data) == 0;
}

static void give_back(struct capabilities *had)
{
	BUG_ON(syscall(SYS_capset, &had->header, had->data) < 0);
}

/* ---- what the kernel says of the queue --------------------------------------------------------
 */

/* 0 if it says nothing. */
static uint64_t queue_attribute(const char *block_name, const char *attribute)
{
	char path[SL_DEVICE_PATH_BYTES], text[32] = "";
	ssize_t len_bytes;
	int fd;

	snprintf(path, sizeof(path), "/sys/class/block/%s/queue/%s", block_name, attribute);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	len_bytes = read(fd, text, sizeof(text) - 1);
	close(fd);
	return len_bytes > 0 ? strtoull(text, NULL, 10) : 0;
}

/* Of one command: what the drive takes (MDTS), and in how many pages. The block layer splits what
 * is too long; here we do. */
static uint32_t command_max(const char *block_name, uint32_t block_bytes)
{
	uint64_t max_bytes = queue_attribute(block_name, "max_hw_sectors_kb") * 1024;
	uint64_t segments_bytes = queue_attribute(block_name, "max_segments") * PAGE_BYTES;

	if (max_bytes == 0 || segments_bytes == 0)
		return PAGE_BYTES;
	if (max_bytes > segments_bytes)
		max_bytes = segments_bytes;
	if (max_bytes > SL_BUFFER_BYTES)
		max_bytes = SL_BUFFER_BYTES;
	max_bytes -= max_bytes % PAGE_BYTES;
	return max_bytes < block_bytes ? block_bytes : (uint32_t)max_bytes;
}

/* ---- trying -----------------------------------------------------------------------------------
 */

/* The first bytes, by a command: -errno, or the drive's status, or 0. */
static int read_first(const struct sl_device *device, int fd, void *memory)
{
	struct nvme_passthru_cmd64 command = { 0 };
	struct nvme_uring_cmd read;
	struct capabilities had;
	int result;

	fill_read(&read, device, memory, 0, PROBE_BYTES);
	command.opcode = read.opcode;
	command.nsid = read.nsid;
	command.addr = read.addr;
	command.data_len = read.data_len;
	command.cdw12 = read.cdw12;
	if (!lay_down(&had))
		return -errno;
	result = ioctl(fd, NVME_IOCTL_IO64_CMD, &command);
	if (result < 0)
		result = -errno;
	give_back(&had);
	return result;
}

static bool try_read(const struct sl_device *device, int fd, char problem[SL_NVME_PROBLEM_BYTES])
{
	_Alignas(PROBE_BYTES) uint8_t by_command[PROBE_BYTES], by_block[PROBE_BYTES];
	int result = read_first(device, fd, by_command);

	if (result == -EACCES || result == -EPERM)
		return refuse(problem, "the kernel lets only CAP_SYS_ADMIN send commands, which "
				       "workers give up; it takes Linux 6.2");
	if (result < 0)
		return refuse(problem, "a read by command failed: %s", strerror(-result));
	if (result > 0)
		return refuse(problem, "a read by command failed with NVMe status 0x%x", result);
	if (pread(device->block_fd, by_block, PROBE_BYTES, 0) != PROBE_BYTES)
		return refuse(problem, "the block device cannot be read to compare");
	if (memcmp(by_command, by_block, PROBE_BYTES) != 0)
		return refuse(problem, "commands do not bring what the block device does: a format "
				       "with metadata?");
	return true;
}

bool sl_nvme_open(struct sl_device *device, const char *block_name,
		  char problem[SL_NVME_PROBLEM_BYTES])
{
	struct sl_device wanted = *device;
	char path[NAME_BYTES];
	int controller, namespace, len_bytes = 0, id;

	problem[0] = '\0';
	if (sscanf(block_name, "nvme%dn%d%n", &controller, &namespace, &len_bytes) != 2)
		return false;
	if (block_name[len_bytes] != '\0')
		return refuse(problem, "it is a partition, not a whole namespace");
	snprintf(path, sizeof(path), "/dev/ng%dn%d", controller, namespace);
	wanted.read_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (wanted.read_fd < 0)
		return refuse(problem, "%s cannot be opened: %s", path, strerror(errno));
	id = ioctl(wanted.read_fd, NVME_IOCTL_ID);
	if (id <= 0) {
		refuse(problem, "%s has no namespace id: %s", path, strerror(errno));
	} else {
		wanted.namespace_id = (uint32_t)id;
		wanted.max_bytes = command_max(block_name, device->block_bytes);
		if (try_read(&wanted, wanted.read_fd, problem)) {
			*device = wanted;
			return true;
		}
	}
	close(wanted.read_fd);
	return false;
}
