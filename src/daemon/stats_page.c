/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "daemon/stats_page.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"

#define NEW_FILE SLUICE_STATS_FILE ".new"

static int fail(const struct sl_stats_page *page, const char *what)
{
	int error = -errno;

	sl_error("run directory %s: %s: %s; --run-dir names another", page->run_dir, what,
		 strerror(-error));
	return error;
}

static int open_dir(struct sl_stats_page *page)
{
	if (mkdir(page->run_dir, 0755) == 0)
		page->dir_made = true;
	else if (errno != EEXIST)
		return fail(page, "cannot be made");
	page->dir_fd = open(page->run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (page->dir_fd < 0)
		return fail(page, "cannot be opened");
	/* Readers need no privileges, whatever the umask says. */
	if (page->dir_made && fchmod(page->dir_fd, 0755) < 0)
		return fail(page, "its mode cannot be set");
	return 0;
}

static int report_owner(const struct sl_stats_page *page)
{
	char pid[16] = "?";
	ssize_t len_bytes = pread(page->lock_fd, pid, sizeof(pid) - 1, 0);

	if (len_bytes > 0)
		pid[strcspn(pid, "\n")] = '\0';
	sl_error("run directory %s: a running sluice (pid %s) has it; stop that one, or give this "
		 "one another with --run-dir",
		 page->run_dir, pid);
	return -EBUSY;
}

/* The server before us removes its lock file last. If that happened between our open and our lock,
 * we hold a lock nobody else will ever see. */
static bool lock_file_in_place(const struct sl_stats_page *page)
{
	struct stat ours, theirs;

	return fstat(page->lock_fd, &ours) == 0 &&
	       fstatat(page->dir_fd, SL_STATS_LOCK_FILE, &theirs, AT_SYMLINK_NOFOLLOW) == 0 &&
	       ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
}

static int try_lock(struct sl_stats_page *page)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	page->lock_fd = openat(page->dir_fd, SL_STATS_LOCK_FILE,
			       O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (page->lock_fd < 0)
		return fail(page, "its lock file cannot be opened");
	if (fcntl(page->lock_fd, F_OFD_SETLK, &whole) < 0)
		return errno == EAGAIN || errno == EACCES ? report_owner(page)
							  : fail(page, "cannot be locked");
	page->locked = lock_file_in_place(page);
	if (page->locked)
		return 0;
	close(page->lock_fd);
	page->lock_fd = -1;
	return -EAGAIN;
}

static int take_lock(struct sl_stats_page *page)
{
	char pid[16];
	int error;

	do
		error = try_lock(page);
	while (error == -EAGAIN);
	if (error < 0)
		return error;
	snprintf(pid, sizeof(pid), "%d\n", getpid());
	if (fchmod(page->lock_fd, 0644) < 0 || ftruncate(page->lock_fd, 0) < 0 ||
	    pwrite(page->lock_fd, pid, strlen(pid), 0) < 0)
		return fail(page, "its lock file cannot be written");
	return 0;
}

/* Blocks are allocated now: a file system that fills up later must not become a SIGBUS in a worker
 * that counts a packet. */
static int make_file(struct sl_stats_page *page)
{
	int fd, error;

	unlinkat(page->dir_fd, NEW_FILE, 0);
	fd = openat(page->dir_fd, NEW_FILE, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return fail(page, "the page cannot be made");
	error = posix_fallocate(fd, 0, (off_t)page->size_bytes);
	if (error != 0 || fchmod(fd, 0644) < 0) {
		errno = error ? error : errno;
		error = fail(page, "no room for the page");
		close(fd);
		return error;
	}
	page->stats =
	    mmap(NULL, page->size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (page->stats == MAP_FAILED) {
		page->stats = NULL;
		error = fail(page, "the page cannot be mapped");
	}
	close(fd);
	return error;
}

static void fill_process(struct sluice_process_stats *process, const char *iface,
			 uint32_t worker_cnt)
{
	process->magic = SLUICE_STATS_MAGIC;
	process->version = SLUICE_STATS_VERSION;
	process->worker_cnt = worker_cnt;
	process->started_s = (uint64_t)sl_clock_wall_s();
	process->pid = (uint32_t)getpid();
	snprintf(process->package_version, sizeof(process->package_version), "%s", PACKAGE_VERSION);
	snprintf(process->iface, sizeof(process->iface), "%s", iface);
}

int sl_stats_page_open(struct sl_stats_page *page, const char *run_dir, const char *iface,
		       uint32_t worker_cnt)
{
	int error;

	BUG_ON(worker_cnt == 0);
	BUG_ON(worker_cnt > SL_WORKERS_MAX);
	*page = (struct sl_stats_page){
		.run_dir = run_dir,
		.dir_fd = -1,
		.lock_fd = -1,
		.size_bytes =
		    sizeof(struct sluice_stats) + worker_cnt * sizeof(struct sluice_worker_stats),
	};
	error = open_dir(page);
	if (error < 0)
		goto fail;
	error = take_lock(page);
	if (error < 0)
		goto fail;
	/* A killed server's page would show its numbers as ours until we publish. */
	unlinkat(page->dir_fd, SLUICE_STATS_FILE, 0);
	error = make_file(page);
	if (error < 0)
		goto fail;
	fill_process(&page->stats->process, iface, worker_cnt);
	return 0;

fail:
	sl_stats_page_close(page);
	return error;
}

int sl_stats_page_publish(struct sl_stats_page *page)
{
	if (renameat(page->dir_fd, NEW_FILE, page->dir_fd, SLUICE_STATS_FILE) < 0)
		return fail(page, "the page cannot be shown");
	page->published = true;
	return 0;
}

void sl_stats_page_remove(struct sl_stats_page *page)
{
	/* Without the lock the files are another server's. */
	if (page->locked) {
		unlinkat(page->dir_fd, page->published ? SLUICE_STATS_FILE : NEW_FILE, 0);
		/* The lock goes last, so that whoever gets it finds nothing of ours. */
		unlinkat(page->dir_fd, SL_STATS_LOCK_FILE, 0);
	}
	if (page->lock_fd >= 0)
		close(page->lock_fd);
	if (page->dir_fd >= 0)
		close(page->dir_fd);
	if (page->dir_made)
		rmdir(page->run_dir); /* fails if there is something of others in it: right so */
}

void sl_stats_page_close(struct sl_stats_page *page)
{
	if (!page->run_dir)
		return;
	sl_stats_page_remove(page);
	if (page->stats)
		munmap(page->stats, page->size_bytes);
	*page = (struct sl_stats_page){ 0 };
}
