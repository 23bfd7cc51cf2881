/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/cmd_store.h"
#include "daemon/units.h"
#include "store/read.h"

/* ---- names as JSON ----------------------------------------------------------------------------
 */

/* How many bytes the UTF-8 sequence at text has; 0: it is none. */
static unsigned utf8_bytes(const unsigned char *text)
{
	unsigned bytes = *text < 0x80   ? 1
			 : *text < 0xc2 ? 0
			 : *text < 0xe0 ? 2
			 : *text < 0xf0 ? 3
					: 4;

	if (*text > 0xf4 || (*text == 0xe0 && text[1] < 0xa0) ||
	    (*text == 0xed && text[1] > 0x9f) || (*text == 0xf0 && text[1] < 0x90) ||
	    (*text == 0xf4 && text[1] > 0x8f))
		return 0;
	for (unsigned i = 1; i < bytes; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	}
	return bytes;
}

/* A name may hold any byte but NUL. One that is not UTF-8 is written byte for byte as a URL has it,
 * which the text then has to say. */
static bool is_utf8(const char *name)
{
	const unsigned char *at = (const unsigned char *)name;

	while (*at) {
		unsigned bytes = utf8_bytes(at);

		if (bytes == 0)
			return false;
		at += bytes;
	}
	return true;
}

static void put_name(const char *name)
{
	bool utf8 = is_utf8(name);

	fputs(utf8 ? "\"name\":\"" : "\"name_url\":\"", stdout);
	for (const unsigned char *at = (const unsigned char *)name; *at; at++) {
		if (*at == '"' || *at == '\\')
			printf("\\%c", *at);
		else if (!utf8 && (*at < 0x21 || *at == '%' || *at > 0x7e))
			printf("%%%02X", *at);
		else if (*at < 0x20)
			printf("\\u%04x", *at);
		else
			putchar(*at);
	}
	putchar('"');
}

static void print_json(const struct sl_store_object *object)
{
	putchar('{');
	put_name(object->name);
	printf(",\"size_bytes\":%" PRIu64 ",\"mtime_ns\":%" PRId64 ",\"hash\":\"",
	       object->size_bytes, object->mtime_ns);
	for (uint32_t i = 0; i < SLUICE_STORE_HASH_BYTES; i++)
		printf("%02x", object->hash[i]);
	printf("\",\"extents\":%u}\n", object->extent_cnt);
}

/* ---- names as text ----------------------------------------------------------------------------
 */

static void print_text(const struct sl_store_object *object)
{
	time_t mtime_s = (time_t)(object->mtime_ns / (int64_t)SL_NS_PER_S);
	struct tm date;
	char text[32] = "-";

	if (gmtime_r(&mtime_s, &date))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &date);
	printf("%15" PRIu64 "  %s  ", object->size_bytes, text);
	/* What a terminal would take for an order is not shown as such. */
	for (const unsigned char *at = (const unsigned char *)object->name; *at; at++) {
		if (*at < 0x20 || *at == 0x7f)
			printf("%%%02X", *at);
		else
			putchar(*at);
	}
	putchar('\n');
}

static void print_members(const struct sl_store *store)
{
	char used[SL_UNITS_BYTES], all[SL_UNITS_BYTES];

	for (uint32_t i = 0; i < sl_store_device_cnt(store); i++) {
		struct sl_store_member member;

		sl_store_member(store, i, &member);
		if (member.path)
			printf("%s: %s of %s used\n", member.path,
			       sl_units_bytes(used, member.used_bytes),
			       sl_units_bytes(all, member.data_bytes));
		else
			printf("device %u is missing\n", i + 1);
	}
}

static int list(const struct sl_store_arguments *arguments, const struct sl_store *store)
{
	char size[SL_UNITS_BYTES];
	uint64_t total_bytes = 0;
	uint32_t cnt = 0;

	for (uint32_t i = 0; i < sl_store_object_cnt(store); i++) {
		const struct sl_store_object *object = sl_store_object(store, i);

		if (!sl_store_arguments_name(arguments, 0, object->name))
			continue;
		cnt++;
		total_bytes += object->size_bytes;
		if (arguments->json)
			print_json(object);
		else
			print_text(object);
	}
	if (!arguments->json) {
		printf("%u object%s, %s\n", cnt, cnt == 1 ? "" : "s",
		       sl_units_bytes(size, total_bytes));
		print_members(store);
	}
	if (fflush(stdout) == 0 && !ferror(stdout))
		return SL_EXIT_OK;
	sl_error("the list cannot be written: %s", strerror(errno));
	return SL_EXIT_FAILURE;
}

int sl_cmd_store_ls(const struct sl_store_arguments *arguments)
{
	struct sl_store *store;
	int code = SL_EXIT_FAILURE;

	if (sl_store_open(&store, arguments->devices, arguments->device_cnt, SL_STORE_READ) < 0)
		return SL_EXIT_FAILURE;
	if (sl_store_arguments_exist(arguments, 0, store))
		code = list(arguments, store);
	sl_store_close(store);
	return code;
}
