/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/foreign.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* fd is the prober's until blkid_free_probe, and the caller's to close after it. */
static blkid_probe prober(int fd)
{
	blkid_probe probe = blkid_new_probe();

	if (!probe)
		return NULL;
	if (blkid_probe_set_device(probe, fd, 0, 0) < 0) {
		blkid_free_probe(probe);
		return NULL;
	}
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL |
						     BLKID_SUBLKS_MAGIC | BLKID_SUBLKS_BADCSUM);
	blkid_probe_enable_partitions(probe, 1);
	blkid_probe_set_partitions_flags(probe, BLKID_PARTS_MAGIC | BLKID_PARTS_FORCE_GPT);
	return probe;
}

static const char *value(blkid_probe probe, const char *name)
{
	const char *data;

	return blkid_probe_lookup_value(probe, name, &data, NULL) == 0 ? data : NULL;
}

static void describe(blkid_probe probe, char what[SL_FOREIGN_BYTES])
{
	const char *type = value(probe, "TYPE"), *label = value(probe, "LABEL");
	const char *table = value(probe, "PTTYPE");

	if (type && label)
		snprintf(what, SL_FOREIGN_BYTES, "%.32s, labelled '%.32s'", type, label);
	else if (type)
		snprintf(what, SL_FOREIGN_BYTES, "%.32s", type);
	else
		snprintf(what, SL_FOREIGN_BYTES, "a partition table (%.32s)",
			 table ? table : "of a kind unknown");
}

int sl_foreign_find(const char *path, char what[SL_FOREIGN_BYTES])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	blkid_probe probe;
	int found;

	if (fd < 0)
		return -errno;
	probe = prober(fd);
	if (!probe) {
		close(fd);
		return -ENOMEM;
	}
	found = blkid_do_probe(probe); /* 1: nothing */
	if (found == 0)
		describe(probe, what);
	blkid_free_probe(probe);
	close(fd);
	return found < 0 ? -EIO : found == 0;
}

int sl_foreign_wipe(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	blkid_probe probe;
	int error = 0;

	if (fd < 0)
		return -errno;
	probe = prober(fd);
	if (!probe) {
		close(fd);
		return -ENOMEM;
	}
	while (error == 0 && blkid_do_probe(probe) == 0) {
		if (blkid_do_wipe(probe, 0) < 0)
			error = -EIO;
	}
	blkid_free_probe(probe);
	if (error == 0 && fdatasync(fd) < 0)
		error = -errno;
	close(fd);
	return error;
}
