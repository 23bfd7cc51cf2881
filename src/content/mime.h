/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SL_CONTENT_MIME_H
#define SL_CONTENT_MIME_H

#include <stddef.h>

/* Media type by the suffix of path, case ignored; "application/octet-stream" if it is not known.
 * Static. (IANA's registry; RFC 8216 for playlists, ISO/IEC 23009-1 for MPDs.) */
const char *sl_mime_type(const char *path);

/* What is known, sorted by suffix. */
struct sl_mime {
	const char *suffix; /* lower case, without the dot */
	const char *type;
};

extern const struct sl_mime sl_mime_table[];
extern const size_t sl_mime_cnt;

#endif
