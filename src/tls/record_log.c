/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/record_log.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bug.h"

int sl_record_pool_init(struct sl_record_pool *pool, uint32_t total_cnt)
{
	int ret;

	memset(pool, 0, sizeof(*pool));
	pool->records = sl_alloc(total_cnt, sizeof(*pool->records));
	if (!pool->records)
		return -ENOMEM;
	ret = sl_pool_init(&pool->pool, total_cnt);
	if (ret)
		sl_record_pool_fini(pool);
	return ret;
}

void sl_record_pool_fini(struct sl_record_pool *pool)
{
	sl_pool_fini(&pool->pool);
	sl_free(pool->records);
	pool->records = NULL;
}

void sl_record_log_init(struct sl_record_log *log)
{
	log->head_idx = SL_RECORD_NONE;
	log->tail_idx = SL_RECORD_NONE;
}

static struct sl_record *record_or_none(const struct sl_record_pool *pool, uint32_t record_idx)
{
	return record_idx == SL_RECORD_NONE ? NULL : sl_record_at(pool, record_idx);
}

static uint64_t end_seq(const struct sl_record *record)
{
	return record->start_seq + record->wire_bytes;
}

struct sl_record *sl_record_append(struct sl_record_pool *pool, struct sl_record_log *log,
				   enum sl_record_kind kind, uint64_t start_seq,
				   uint32_t wire_bytes)
{
	struct sl_record *tail = record_or_none(pool, log->tail_idx);
	struct sl_record *record;
	uint32_t record_idx;

	BUG_ON(wire_bytes == 0);
	BUG_ON(tail && start_seq != end_seq(tail));
	if (!sl_pool_take(&pool->pool, &record_idx))
		return NULL;
	record = &pool->records[record_idx];
	*record = (struct sl_record){
		.start_seq = start_seq,
		.wire_bytes = wire_bytes,
		.kind = kind,
		.next_idx = SL_RECORD_NONE,
	};
	if (tail)
		tail->next_idx = record_idx;
	else
		log->head_idx = record_idx;
	log->tail_idx = record_idx;
	return record;
}

struct sl_record *sl_record_find(struct sl_record_pool *pool, const struct sl_record_log *log,
				 uint64_t seq)
{
	struct sl_record *record = record_or_none(pool, log->head_idx);
	struct sl_record *tail = record_or_none(pool, log->tail_idx);

	if (!record || seq < record->start_seq || seq >= end_seq(tail))
		return NULL;
	if (seq >= tail->start_seq) /* what is sent for the first time is at the other end */
		return tail;
	while (seq >= end_seq(record))
		record = record_or_none(pool, record->next_idx);
	return record;
}

struct sl_record *sl_record_next(struct sl_record_pool *pool, const struct sl_record *record)
{
	return record_or_none(pool, record->next_idx);
}

bool sl_record_drop(struct sl_record_pool *pool, struct sl_record_log *log, uint64_t acked_seq,
		    struct sl_record *gone)
{
	uint32_t record_idx = log->head_idx;
	struct sl_record *head = record_or_none(pool, record_idx);

	if (!head || end_seq(head) > acked_seq)
		return false;
	*gone = *head;
	log->head_idx = head->next_idx;
	if (log->head_idx == SL_RECORD_NONE)
		log->tail_idx = SL_RECORD_NONE;
	sl_pool_give(&pool->pool, record_idx);
	return true;
}
