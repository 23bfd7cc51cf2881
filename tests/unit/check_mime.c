/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <ctype.h>
#include <string.h>

#include "content/mime.h"

static const struct {
	int number;
	const char *path, *type;
} paths[] = {
	/* What a stream is made of: RFC 8216, section 10; ISO/IEC 23009-1, annex C; RFC 3555, 4337,
	 * 8081, 9559; the players' own for the rest. */
	{ 1, "live/index.m3u8", "application/vnd.apple.mpegurl" },
	{ 2, "live/manifest.mpd", "application/dash+xml" },
	{ 3, "live/0001.ts", "video/mp2t" },
	{ 4, "live/chunk-1.m4s", "video/iso.segment" },
	{ 5, "film.mp4", "video/mp4" },
	{ 6, "film.m4v", "video/mp4" },
	{ 7, "sound.m4a", "audio/mp4" },
	{ 8, "sound.aac", "audio/aac" },
	{ 9, "sound.mp3", "audio/mpeg" },
	{ 10, "film.webm", "video/webm" },
	{ 11, "film.mkv", "video/matroska" },
	{ 12, "film.vtt", "text/vtt" },
	{ 13, "film.srt", "application/x-subrip" },
	{ 14, "film.ttml", "application/ttml+xml" },
	{ 15, "film.jpg", "image/jpeg" },
	{ 16, "font.woff2", "font/woff2" },
	{ 17, "module.wasm", "application/wasm" },
	{ 18, "package.deb", "application/vnd.debian.binary-package" },

	/* The first and the last of the table. */
	{ 20, "a.3gp", "video/3gpp" },
	{ 21, "a.zst", "application/zstd" },

	/* Case does not matter, only the last suffix counts. */
	{ 30, "FILM.MP4", "video/mp4" },
	{ 31, "film.mp4.gz", "application/gzip" },
	{ 32, "v1.2/film.Mp4", "video/mp4" },

	/* Not known. */
	{ 40, "", "application/octet-stream" },
	{ 41, "README", "application/octet-stream" },
	{ 42, "film.unheard-of", "application/octet-stream" },
	{ 43, "film.", "application/octet-stream" },
	{ 44, ".mp4", "application/octet-stream" },
	{ 45, "directory/.mp4", "application/octet-stream" },
	{ 46, "directory.mp4/film", "application/octet-stream" },
	{ 47, "film.mp", "application/octet-stream" },
	{ 48, "film.mp44", "application/octet-stream" },
};

START_TEST(types)
{
	const char *type = sl_mime_type(paths[_i].path);

	ck_assert_msg(strcmp(type, paths[_i].type) == 0, "path %d, %s: %s", paths[_i].number,
		      paths[_i].path, type);
}
END_TEST

START_TEST(table_is_sorted)
{
	for (size_t i = 1; i < sl_mime_cnt; i++)
		ck_assert_str_lt(sl_mime_table[i - 1].suffix, sl_mime_table[i].suffix);
}
END_TEST

/* So that the order of strcmp is that of strcasecmp, too. */
START_TEST(table_is_lower_case)
{
	for (size_t i = 0; i < sl_mime_cnt; i++) {
		for (const char *c = sl_mime_table[i].suffix; *c; c++)
			ck_assert(isdigit((unsigned char)*c) || islower((unsigned char)*c));
	}
}
END_TEST

Suite *mime_suite(void);
Suite *mime_suite(void)
{
	Suite *suite = suite_create("mime");
	TCase *tcase = tcase_create("mime");

	tcase_add_loop_test(tcase, types, 0, (int)(sizeof(paths) / sizeof(paths[0])));
	tcase_add_test(tcase, table_is_sorted);
	tcase_add_test(tcase, table_is_lower_case);
	suite_add_tcase(suite, tcase);
	return suite;
}
