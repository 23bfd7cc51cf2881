/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/random.h"

#include <errno.h>
#include <stdint.h>
#include <sys/random.h>

#include "base/bug.h"

void sl_random_fill(void *out, size_t len_bytes)
{
	uint8_t *bytes = out;

	while (len_bytes > 0) {
		ssize_t got_bytes = getrandom(bytes, len_bytes, 0);

		if (got_bytes < 0) {
			/* Secrets that could be guessed are worse than no server. */
			BUG_ON(errno != EINTR);
			continue;
		}
		bytes += got_bytes;
		len_bytes -= (size_t)got_bytes;
	}
}
