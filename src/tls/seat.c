/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/seat.h"

#include <openssl/crypto.h>

#include "base/bug.h"
#include "tls/context.h"

void sl_tls_seat_init(struct sl_tls_seat *seat, struct sl_tls_context *context)
{
	*seat = (struct sl_tls_seat){ .current = context };
}

static uint32_t close_all(struct sl_tls_context *context)
{
	uint32_t cnt = 0;

	while (context) {
		struct sl_tls_context *next = context->next;

		sl_tls_context_close(context);
		context = next;
		cnt++;
	}
	return cnt;
}

void sl_tls_seat_fini(struct sl_tls_seat *seat)
{
	sl_tls_context_close(seat->current);
	sl_tls_context_close(atomic_load(&seat->offered));
	close_all(seat->leaving);
	close_all(atomic_load(&seat->left));
	*seat = (struct sl_tls_seat){ .current = NULL };
}

/* ---- main thread ---- */

void sl_tls_seat_offer(struct sl_tls_seat *seat, struct sl_tls_context *context)
{
	struct sl_tls_context *never_taken =
	    atomic_exchange_explicit(&seat->offered, context, memory_order_acq_rel);

	if (never_taken)
		sl_tls_context_close(never_taken);
	else
		seat->old_cnt++;
}

bool sl_tls_seat_collect(struct sl_tls_seat *seat)
{
	seat->old_cnt -=
	    close_all(atomic_exchange_explicit(&seat->left, NULL, memory_order_acquire));
	return seat->old_cnt > 0;
}

/* ---- the seat's thread ---- */

static void leave(struct sl_tls_seat *seat, struct sl_tls_context *context)
{
	OPENSSL_thread_stop_ex(context->library);
	context->next = atomic_load_explicit(&seat->left, memory_order_relaxed);
	while (!atomic_compare_exchange_weak_explicit(&seat->left, &context->next, context,
						      memory_order_release, memory_order_relaxed))
		;
}

void sl_tls_seat_change(struct sl_tls_seat *seat)
{
	struct sl_tls_context *offered =
	    atomic_exchange_explicit(&seat->offered, NULL, memory_order_acq_rel);
	struct sl_tls_context **place = &seat->leaving;

	if (offered) {
		BUG_ON(!seat->current);
		seat->current->next = seat->leaving;
		seat->leaving = seat->current;
		seat->current = offered;
	}
	while (*place) {
		struct sl_tls_context *context = *place;

		if (context->handshake_cnt > 0) {
			place = &context->next;
			continue;
		}
		*place = context->next;
		leave(seat, context);
	}
}
