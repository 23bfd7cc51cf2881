/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/interest.h"

#include "base/bug.h"
#include "base/clock.h"
#include "base/minmax.h"
#include "serve/state.h"

/* A playlist is read in one go, so two responses hardly ever meet; but if it was wanted twice in a
 * second it will be wanted again. */
#define RECENT_NS SL_NS_PER_S

/* What may be saved up, in blocks: enough for a segment, not for a film. */
enum { CREDIT_FIRST = 2, CREDIT_MAX = 64 };

void sl_interest_begin(struct sl_worker *worker, struct sl_tcp_conn conn, uint32_t object_idx)
{
	uint64_t version = sl_content_object(worker->content, object_idx)->version;
	struct sl_interest *interest = &worker->interests[object_idx];

	if (interest->version != version) {
		BUG_ON(interest->user_cnt > 0);
		*interest = (struct sl_interest){
			.version = version,
			.credit_bytes = CREDIT_FIRST * SL_BUFFER_BYTES,
		};
	} else if (interest->user_cnt > 0 || (interest->asked.idx != conn.idx &&
					      worker->now_ns < interest->asked_ns + RECENT_NS)) {
		interest->shared_ns = worker->now_ns + RECENT_NS;
	}
	interest->asked_ns = worker->now_ns;
	interest->asked = conn;
	interest->user_cnt++;
}

void sl_interest_end(struct sl_worker *worker, uint32_t object_idx)
{
	BUG_ON(worker->interests[object_idx].user_cnt == 0);
	worker->interests[object_idx].user_cnt--;
}

bool sl_interest_shared(const struct sl_worker *worker, uint32_t object_idx, uint64_t version)
{
	const struct sl_interest *interest = &worker->interests[object_idx];

	return interest->version == version &&
	       (interest->user_cnt > 1 || worker->now_ns < interest->shared_ns);
}

bool sl_interest_wide(const struct sl_worker *worker, uint32_t object_idx)
{
	const struct sl_interest *interest = &worker->interests[object_idx];

	return sl_interest_shared(worker, object_idx, interest->version) &&
	       interest->credit_bytes >= SL_BUFFER_BYTES;
}

void sl_interest_spend(struct sl_worker *worker, uint32_t object_idx, uint64_t bytes)
{
	BUG_ON(bytes > worker->interests[object_idx].credit_bytes);
	worker->interests[object_idx].credit_bytes -= bytes;
}

void sl_interest_earn(struct sl_worker *worker, uint32_t object_idx, uint64_t bytes)
{
	struct sl_interest *interest = &worker->interests[object_idx];

	interest->credit_bytes =
	    min_u64(interest->credit_bytes + bytes, (uint64_t)CREDIT_MAX * SL_BUFFER_BYTES);
}
