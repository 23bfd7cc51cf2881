/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * List: first in, first out, with removal from the middle, of indices into an array whose records
 * carry a link each. A record is in one list at most.
 */
#ifndef SL_CONTENT_LIST_H
#define SL_CONTENT_LIST_H

#include <stdint.h>

#define SL_LIST_NONE UINT32_MAX

struct sl_list {
	uint32_t first_idx, last_idx; /* SL_LIST_NONE: empty */
};

struct sl_link {
	uint32_t before_idx, after_idx;
};

#define SL_LIST_EMPTY ((struct sl_list){ SL_LIST_NONE, SL_LIST_NONE })

static inline void sl_list_append(struct sl_list *list, struct sl_link *links, uint32_t idx)
{
	links[idx] = (struct sl_link){ list->last_idx, SL_LIST_NONE };
	if (list->last_idx == SL_LIST_NONE)
		list->first_idx = idx;
	else
		links[list->last_idx].after_idx = idx;
	list->last_idx = idx;
}

static inline void sl_list_remove(struct sl_list *list, struct sl_link *links, uint32_t idx)
{
	struct sl_link link = links[idx];

	if (link.before_idx == SL_LIST_NONE)
		list->first_idx = link.after_idx;
	else
		links[link.before_idx].after_idx = link.after_idx;
	if (link.after_idx == SL_LIST_NONE)
		list->last_idx = link.before_idx;
	else
		links[link.after_idx].before_idx = link.before_idx;
}

#endif
