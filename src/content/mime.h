/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SL_CONTENT_MIME_H
#define SL_CONTENT_MIME_H

/* Media type by the suffix of path, case ignored; "application/octet-stream" if it is not known.
 * Static. (IANA's registry; RFC 8216 for playlists, ISO/IEC 23009-1 for MPDs.) */
const char *sl_mime_type(const char *path);

#endif
