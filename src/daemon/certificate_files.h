/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificate files: which there are, those of the command line first and then those of its
 * directory, as they are now. Main thread only. */
#ifndef SL_DAEMON_CERTIFICATE_FILES_H
#define SL_DAEMON_CERTIFICATE_FILES_H

#include <stdint.h>

#include "daemon/serve_options.h"

struct sl_certificate_files {
	struct sl_tls_pair *pairs; /* SL_CERTIFICATES_MAX of them; NULL after an error */
	uint32_t pair_cnt;
	uint32_t own_from_idx; /* from here on the paths are ours, not argv's */
};

/* Of the directory each NAME.pem in the order of their names, with NAME.key if there is one, else
 * with the key in the same file. Errors, each with a line in the log: -errno of opendir, -ENOENT
 * (none there and none on the command line), -E2BIG, -ENOMEM. Give it to free in any case. */
int sl_certificate_files_list(struct sl_certificate_files *files, const struct sl_options *options);
void sl_certificate_files_free(struct sl_certificate_files *files);

#endif
