/* SPDX-License-Identifier: BSD-2-Clause */
#include "disk_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"

enum { DIR_MAX_BYTES = 4096, COPY_BYTES = 65536 };

char disk_dir[DIR_MAX_BYTES];
int disk_dir_fd = -1;

static struct sl_arena arena;

void disk_dir_setup(void)
{
	const char *parent = getenv("SL_TEST_DIR");

	snprintf(disk_dir, sizeof(disk_dir), "%s/disk-XXXXXX", parent ? parent : ".");
	ck_assert_ptr_nonnull(mkdtemp(disk_dir));
	disk_dir_fd = open(disk_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(disk_dir_fd, 0);
	/* One test reads as somebody else. */
	ck_assert_int_eq(fchmod(disk_dir_fd, 0755), 0);
}

static void remove_all(int parent_fd, const char *name)
{
	int dir_fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	DIR *dir = fdopendir(dir_fd);
	const struct dirent *entry;

	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(dir_fd, entry->d_name, 0) < 0 && errno == EISDIR)
			remove_all(dir_fd, entry->d_name);
	}
	closedir(dir);
	unlinkat(parent_fd, name, AT_REMOVEDIR);
}

void disk_dir_teardown(void)
{
	close(disk_dir_fd);
	remove_all(AT_FDCWD, disk_dir);
}

static struct sl_disk *set_up(const struct sl_disk_config *config)
{
	struct sl_disk *disk = NULL;

	ck_assert_int_eq(sl_arena_init(&arena, (size_t)config->buffer_cnt * SL_BUFFER_BYTES), 0);
	ck_assert_int_eq(sl_disk_open(&disk, config, &arena), 0);
	sl_alloc_seal();
	return disk;
}

struct sl_disk *disk_setup_at(const char *root, uint32_t buffer_cnt, uint32_t file_cnt)
{
	return set_up(&(struct sl_disk_config){
	    .root = root, .buffer_cnt = buffer_cnt, .file_cnt = file_cnt });
}

struct sl_disk *disk_setup_devices(const struct sl_device *devices, uint32_t device_cnt,
				   uint32_t buffer_cnt, uint32_t file_cnt)
{
	return set_up(&(struct sl_disk_config){ .buffer_cnt = buffer_cnt,
						.file_cnt = file_cnt,
						.devices = devices,
						.device_cnt = device_cnt });
}

struct sl_disk *disk_setup(uint32_t buffer_cnt, uint32_t file_cnt)
{
	return disk_setup_at(disk_dir, buffer_cnt, file_cnt);
}

void disk_close(struct sl_disk *disk)
{
	sl_alloc_unseal();
	sl_disk_close(disk);
}

void disk_free_buffers(void)
{
	sl_arena_fini(&arena);
}

void disk_teardown(struct sl_disk *disk)
{
	disk_close(disk);
	disk_free_buffers();
}

uint8_t byte_at(uint64_t off_bytes)
{
	return (uint8_t)(off_bytes ^ off_bytes >> 8 ^ off_bytes >> 16 ^ 0x5a);
}

void make_file(const char *name, uint64_t size_bytes)
{
	int fd = openat(disk_dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	uint8_t copy[COPY_BYTES];

	ck_assert_int_ge(fd, 0);
	for (uint64_t off = 0; off < size_bytes;) {
		size_t part_bytes = size_bytes - off < COPY_BYTES ? size_bytes - off : COPY_BYTES;

		for (size_t i = 0; i < part_bytes; i++)
			copy[i] = byte_at(off + i);
		ck_assert_int_eq(write(fd, copy, part_bytes), (ssize_t)part_bytes);
		off += part_bytes;
	}
	ck_assert_int_eq(fsync(fd), 0);
	close(fd);
}

struct sl_disk_event next_event(struct sl_disk *disk)
{
	uint64_t until_ns = sl_clock_now_ns() + 3 * SL_NS_PER_S;
	struct sl_disk_event event;

	while (sl_disk_reap(disk, &event, 1) == 0) {
		ck_assert_msg(sl_clock_now_ns() < until_ns, "no event");
		sl_disk_wait(disk, 100 * SL_NS_PER_MS);
	}
	return event;
}

void expect_no_event(struct sl_disk *disk)
{
	uint64_t until_ns = sl_clock_now_ns() + 20 * SL_NS_PER_MS;
	struct sl_disk_event event;

	while (sl_clock_now_ns() < until_ns) {
		ck_assert_uint_eq(sl_disk_reap(disk, &event, 1), 0);
		sl_disk_wait(disk, 5 * SL_NS_PER_MS);
	}
}

struct sl_disk_event open_path(struct sl_disk *disk, const char *path)
{
	static uint64_t last_cookie = 1000;
	struct sl_disk_event event;

	sl_disk_open_file(disk, path, ++last_cookie);
	event = next_event(disk);
	ck_assert_int_eq(event.kind, SL_DISK_OPENED);
	ck_assert_uint_eq(event.cookie, last_cookie);
	return event;
}

struct sl_disk_event open_regular(struct sl_disk *disk, const char *path)
{
	struct sl_disk_event event = open_path(disk, path);

	ck_assert_msg(event.error == 0, "%s: %s", path, strerror(-event.error));
	return event;
}

int descriptor_cnt(void)
{
	int cnt = 0;

	for (int fd = 0; fd < 1024; fd++)
		cnt += fcntl(fd, F_GETFD) >= 0;
	return cnt;
}

struct sl_disk_buffer take_buffer(struct sl_disk *disk)
{
	struct sl_disk_buffer buffer;

	ck_assert(sl_disk_take(disk, &buffer));
	return buffer;
}
