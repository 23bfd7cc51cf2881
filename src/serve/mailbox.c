/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/mailbox.h"

#include <errno.h>
#include <stdatomic.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "base/limits.h"

enum { RING_SLOTS = 16 };

struct mail_ring {
	_Alignas(SL_CACHE_LINE_BYTES) atomic_uint put_cnt;  /* the sender's */
	_Alignas(SL_CACHE_LINE_BYTES) atomic_uint take_cnt; /* the owner's */
	_Alignas(SL_CACHE_LINE_BYTES) struct sl_icmp_error slots[RING_SLOTS];
};

struct sl_mailbox {
	_Alignas(SL_CACHE_LINE_BYTES) atomic_bool mail; /* everybody's */
	_Alignas(SL_CACHE_LINE_BYTES) uint32_t sender_cnt;
	uint32_t next_idx; /* whose ring is looked at next */
	struct mail_ring *rings;
};

int sl_mailbox_init(struct sl_mailbox **out, uint32_t sender_cnt)
{
	struct sl_mailbox *box = sl_alloc(1, sizeof(*box));

	if (!box)
		return -ENOMEM;
	box->sender_cnt = sender_cnt;
	box->rings = sl_alloc(sender_cnt, sizeof(*box->rings));
	if (!box->rings) {
		sl_free(box);
		return -ENOMEM;
	}
	*out = box;
	return 0;
}

void sl_mailbox_fini(struct sl_mailbox *box)
{
	if (!box)
		return;
	sl_free(box->rings);
	sl_free(box);
}

/* The flag is set after the ring, and the ring read after the flag: what is put before the owner
 * looks is seen, and for what is put later the flag is set again. */
bool sl_mailbox_put(struct sl_mailbox *box, uint32_t sender_idx, const struct sl_icmp_error *error)
{
	struct mail_ring *ring = &box->rings[sender_idx];
	uint32_t put_cnt = atomic_load_explicit(&ring->put_cnt, memory_order_relaxed);
	uint32_t take_cnt = atomic_load_explicit(&ring->take_cnt, memory_order_acquire);

	BUG_ON_HOT(sender_idx >= box->sender_cnt);
	if (put_cnt - take_cnt == RING_SLOTS)
		return false;
	ring->slots[put_cnt % RING_SLOTS] = *error;
	atomic_store_explicit(&ring->put_cnt, put_cnt + 1, memory_order_release);
	return !atomic_exchange_explicit(&box->mail, true, memory_order_acq_rel);
}

bool sl_mailbox_has_mail(struct sl_mailbox *box)
{
	if (likely(!atomic_load_explicit(&box->mail, memory_order_relaxed)))
		return false;
	return atomic_exchange_explicit(&box->mail, false, memory_order_acq_rel);
}

bool sl_mailbox_take(struct sl_mailbox *box, struct sl_icmp_error *error)
{
	for (uint32_t i = 0; i < box->sender_cnt; i++) {
		struct mail_ring *ring = &box->rings[box->next_idx];
		uint32_t take_cnt = atomic_load_explicit(&ring->take_cnt, memory_order_relaxed);

		if (take_cnt != atomic_load_explicit(&ring->put_cnt, memory_order_acquire)) {
			*error = ring->slots[take_cnt % RING_SLOTS];
			atomic_store_explicit(&ring->take_cnt, take_cnt + 1, memory_order_release);
			return true;
		}
		box->next_idx = (box->next_idx + 1) % box->sender_cnt;
	}
	return false;
}
