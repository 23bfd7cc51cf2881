/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/certificate_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"

static const char suffix[] = ".pem", key_suffix[] = ".key";

static bool is_certificate(const char *name)
{
	size_t len_bytes = strlen(name);

	return name[0] != '.' && len_bytes >= sizeof(suffix) &&
	       strcmp(name + len_bytes - strlen(suffix), suffix) == 0;
}

static int refuse(int error, const char *dir)
{
	if (error == -E2BIG)
		sl_error("certificate directory %s: more than %d certificates in all", dir,
			 SL_CERTIFICATES_MAX);
	else if (error == -ENOENT)
		sl_error("certificate directory %s: there is no NAME.pem in it, or no such "
			 "directory; check the path",
			 dir);
	else
		sl_error("certificate directory %s: %s", dir, strerror(-error));
	return error;
}

static char *join(const char *dir, const char *name, size_t name_bytes, const char *end)
{
	size_t path_bytes = strlen(dir) + 1 + name_bytes + strlen(end) + 1;
	char *path = sl_alloc(1, path_bytes);

	if (path)
		snprintf(path, path_bytes, "%s/%.*s%s", dir, (int)name_bytes, name, end);
	return path;
}

static int add(struct sl_certificate_files *files, const char *dir, const char *name)
{
	size_t stem_bytes = strlen(name) - strlen(suffix);
	struct sl_tls_pair *pair = &files->pairs[files->pair_cnt];
	char *key_path;

	if (files->pair_cnt == SL_CERTIFICATES_MAX)
		return -E2BIG;
	pair->certificate_path = join(dir, name, stem_bytes, suffix);
	key_path = join(dir, name, stem_bytes, key_suffix);
	files->pair_cnt++;
	if (!pair->certificate_path || !key_path) {
		sl_free(key_path);
		return -ENOMEM;
	}
	if (access(key_path, F_OK) == 0)
		pair->key_path = key_path;
	else
		sl_free(key_path);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct sl_tls_pair *left = a, *right = b;

	return strcmp(left->certificate_path, right->certificate_path);
}

static int read_directory(struct sl_certificate_files *files, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int error = 0;

	if (!dir)
		return -errno;
	while (error == 0 && (entry = readdir(dir)))
		if (is_certificate(entry->d_name))
			error = add(files, path, entry->d_name);
	closedir(dir);
	if (error == 0)
		qsort(files->pairs + files->own_from_idx, files->pair_cnt - files->own_from_idx,
		      sizeof(*files->pairs), by_name);
	return error == 0 && files->pair_cnt == 0 ? -ENOENT : error;
}

int sl_certificate_files_list(struct sl_certificate_files *files, const struct sl_options *options)
{
	int error = 0;

	*files = (struct sl_certificate_files){
		.pairs = sl_alloc(SL_CERTIFICATES_MAX, sizeof(*files->pairs)),
		.pair_cnt = options->pair_cnt,
		.own_from_idx = options->pair_cnt,
	};
	if (!files->pairs) {
		files->pair_cnt = 0;
		sl_error("certificates: out of memory");
		return -ENOMEM;
	}
	memcpy(files->pairs, options->pairs, options->pair_cnt * sizeof(*files->pairs));
	if (options->certificate_dir)
		error = read_directory(files, options->certificate_dir);
	return error < 0 ? refuse(error, options->certificate_dir) : 0;
}

void sl_certificate_files_free(struct sl_certificate_files *files)
{
	for (uint32_t i = files->own_from_idx; i < files->pair_cnt; i++) {
		sl_free((void *)files->pairs[i].certificate_path);
		sl_free((void *)files->pairs[i].key_path);
	}
	sl_free(files->pairs);
	*files = (struct sl_certificate_files){ .pairs = NULL };
}
