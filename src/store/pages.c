/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include "base/alloc.h"
#include "store/volume.h"

int sl_pages_init(struct sl_pages *pages, uint64_t len_bytes)
{
	const uint64_t page_bytes = SLUICE_STORE_PAGE_BYTES;

	*pages = (struct sl_pages){ .len_bytes = sl_round_up(len_bytes, page_bytes) };
	pages->memory = sl_alloc(1, pages->len_bytes + page_bytes);
	if (!pages->memory)
		return -ENOMEM;
	pages->at = (uint8_t *)sl_round_up((uintptr_t)pages->memory, page_bytes);
	return 0;
}

void sl_pages_fini(struct sl_pages *pages)
{
	sl_free(pages->memory);
	*pages = (struct sl_pages){ 0 };
}
