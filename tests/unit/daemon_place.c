/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "daemon_place.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[64];
static pid_t owner;

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

/* A child that the test forks is not to sweep its parent's directory. */
static void remove_directory(void)
{
	if (getpid() == owner)
		nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *place_directory(void)
{
	snprintf(directory, sizeof(directory), "/tmp/sluice-unit-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	owner = getpid();
	atexit(remove_directory);
	return directory;
}

const char *place_path(const char *below, const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	snprintf(path, PATH_MAX, "%s/%s", below, name);
	return path;
}

void place_write(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

bool place_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* With a user namespace where that is needed, so that the tests need not be root's. */
void place_interface_down(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		ck_assert_int_eq(unshare(CLONE_NEWUSER | CLONE_NEWNET), 0);
}

void place_interface(int mtu_bytes)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd;

	place_interface_down();
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	ck_assert_int_ge(fd, 0);
	request.ifr_mtu = mtu_bytes;
	ck_assert_int_eq(ioctl(fd, SIOCSIFMTU, &request), 0);
	request.ifr_flags = IFF_UP;
	ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &request), 0);
	close(fd);
}

static int log_fd = -1;

void place_keep_log(void)
{
	log_fd = open("/tmp", O_TMPFILE | O_RDWR | O_APPEND, 0600);
	ck_assert_int_ge(log_fd, 0);
	ck_assert_int_ge(dup2(log_fd, STDERR_FILENO), 0);
}

const char *place_log(void)
{
	static char text[16384];
	ssize_t len_bytes = pread(log_fd, text, sizeof(text) - 1, 0);

	ck_assert_int_ge(len_bytes, 0);
	text[len_bytes] = '\0';
	return text;
}
