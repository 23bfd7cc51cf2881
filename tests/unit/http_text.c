/* SPDX-License-Identifier: BSD-2-Clause */
#include "http_text.h"

#include <check.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

const char *http_text_guard(const void *bytes, uint32_t len_bytes)
{
	static char *arena;

	ck_assert_uint_le(len_bytes, HTTP_TEXT_MAX_BYTES);
	if (!arena) {
		size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);

		arena = mmap(NULL, HTTP_TEXT_MAX_BYTES + page_bytes, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ck_assert_ptr_ne(arena, MAP_FAILED);
		ck_assert_int_eq(mprotect(arena + HTTP_TEXT_MAX_BYTES, page_bytes, PROT_NONE), 0);
	}
	return memcpy(arena + HTTP_TEXT_MAX_BYTES - len_bytes, bytes, len_bytes);
}

struct sl_slice http_text_slice(const char *string)
{
	uint32_t len_bytes = (uint32_t)strlen(string);

	return (struct sl_slice){ http_text_guard(string, len_bytes), len_bytes };
}

bool http_text_is(struct sl_slice slice, const char *string)
{
	if (!slice.at || !string)
		return !slice.at && !string;
	return slice.len_bytes == strlen(string) && !memcmp(slice.at, string, slice.len_bytes);
}
