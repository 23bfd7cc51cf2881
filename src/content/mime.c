/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "content/mime.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Types are IANA's where it has one; where it has none, what players and browsers agree on. */
const struct sl_mime sl_mime_table[] = {
	{ "3gp", "video/3gpp" },
	{ "aac", "audio/aac" },
	{ "ac3", "audio/ac3" },
	{ "apk", "application/vnd.android.package-archive" },
	{ "apng", "image/apng" },
	{ "avi", "video/x-msvideo" },
	{ "avif", "image/avif" },
	{ "bin", "application/octet-stream" },
	{ "bmp", "image/bmp" },
	{ "bz2", "application/x-bzip2" },
	{ "cmfa", "audio/mp4" },
	{ "cmft", "application/mp4" },
	{ "cmfv", "video/mp4" },
	{ "css", "text/css" },
	{ "csv", "text/csv" },
	{ "deb", "application/vnd.debian.binary-package" },
	{ "dmg", "application/x-apple-diskimage" },
	{ "eac3", "audio/eac3" },
	{ "epub", "application/epub+zip" },
	{ "flac", "audio/flac" },
	{ "flv", "video/x-flv" },
	{ "gif", "image/gif" },
	{ "gz", "application/gzip" },
	{ "htm", "text/html" },
	{ "html", "text/html" },
	{ "ico", "image/vnd.microsoft.icon" },
	{ "img", "application/octet-stream" },
	{ "iso", "application/vnd.efi.iso" },
	{ "jar", "application/java-archive" },
	{ "jpeg", "image/jpeg" },
	{ "jpg", "image/jpeg" },
	{ "js", "text/javascript" },
	{ "json", "application/json" },
	{ "jxl", "image/jxl" },
	{ "m3u8", "application/vnd.apple.mpegurl" },
	{ "m4a", "audio/mp4" },
	{ "m4s", "video/iso.segment" },
	{ "m4v", "video/mp4" },
	{ "map", "application/json" },
	{ "md", "text/markdown" },
	{ "mjs", "text/javascript" },
	{ "mkv", "video/matroska" },
	{ "mov", "video/quicktime" },
	{ "mp3", "audio/mpeg" },
	{ "mp4", "video/mp4" },
	{ "mpd", "application/dash+xml" },
	{ "mpeg", "video/mpeg" },
	{ "mpg", "video/mpeg" },
	{ "oga", "audio/ogg" },
	{ "ogg", "audio/ogg" },
	{ "ogv", "video/ogg" },
	{ "opus", "audio/ogg" },
	{ "pdf", "application/pdf" },
	{ "png", "image/png" },
	{ "rpm", "application/x-rpm" },
	{ "rss", "application/rss+xml" },
	{ "srt", "application/x-subrip" },
	{ "svg", "image/svg+xml" },
	{ "tar", "application/x-tar" },
	{ "tgz", "application/gzip" },
	{ "ts", "video/mp2t" },
	{ "ttf", "font/ttf" },
	{ "ttml", "application/ttml+xml" },
	{ "txt", "text/plain" },
	{ "vtt", "text/vtt" },
	{ "wasm", "application/wasm" },
	{ "wav", "audio/wav" },
	{ "webm", "video/webm" },
	{ "webmanifest", "application/manifest+json" },
	{ "webp", "image/webp" },
	{ "woff", "font/woff" },
	{ "woff2", "font/woff2" },
	{ "xhtml", "application/xhtml+xml" },
	{ "xml", "application/xml" },
	{ "xz", "application/x-xz" },
	{ "zip", "application/zip" },
	{ "zst", "application/zstd" },
};

const size_t sl_mime_cnt = sizeof(sl_mime_table) / sizeof(sl_mime_table[0]);

static int compare(const void *suffix, const void *mime)
{
	return strcasecmp(suffix, ((const struct sl_mime *)mime)->suffix);
}

/* What follows the last dot of the last component; NULL if there is none. The dot of a hidden file
 * starts no suffix. */
static const char *suffix_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	const char *dot = strrchr(name, '.');

	return dot && dot != name ? dot + 1 : NULL;
}

const char *sl_mime_type(const char *path)
{
	const char *suffix = suffix_of(path);
	const struct sl_mime *mime = NULL;

	if (suffix)
		mime = bsearch(suffix, sl_mime_table, sl_mime_cnt, sizeof(*mime), compare);
	return mime ? mime->type : "application/octet-stream";
}
