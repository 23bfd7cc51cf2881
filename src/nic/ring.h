/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rings: the four single-producer, single-consumer queues that an AF_XDP socket shares with the
 * kernel. Producer and consumer are counters that run freely and wrap at 2^32; an entry lies at its
 * counter modulo the size, a power of two.
 *
 *      consumer                producer                consumer + size
 *      ├── entries to be read ─┼── room to be written ─┤
 *
 *      ring         entry             who produces    who consumes
 *      fill         chunk address     we              kernel
 *      rx           struct xdp_desc   kernel          we
 *      tx           struct xdp_desc   we              kernel
 *      completion   chunk address     kernel          we
 *
 * Both counters lie in shared memory, each on a cache line of its own. A line that the other side
 * writes costs a miss to read, so each side keeps a cached index beside the shared one: what we
 * wrote ourselves we never read back, and what the kernel writes is read once a batch.
 *
 * Barriers (Documentation/networking/af_xdp.rst and net/xdp/xsk_queue.h): whoever advances a
 * counter stores it with release, so that the entries before it are written (or, for a consumer,
 * have been read) first; whoever reads the other's counter loads it with acquire, so that entries
 * are not looked at before it.
 *
 * No ring can overflow: each is as large as the number of frames that can ever be in it. (The
 * kernel's counters could not tell: it may take entries and show it later.)
 */
#ifndef SL_NIC_RING_H
#define SL_NIC_RING_H

#include <linux/if_xdp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bug.h"

struct sl_ring {
	uint32_t *producer, *consumer, *flags; /* shared with the kernel, and so are the entries */
	union {
		uint64_t *addresses;    /* fill, completion */
		struct xdp_desc *descs; /* rx, tx */
		void *entries;
	};
	uint32_t size_cnt; /* a power of two */
	void *map;
	size_t map_bytes;
};

/* Fill and tx. [*consumer, *producer) is the kernel's, [*producer, producer_seq) is written but not
 * shown yet. */
struct sl_producer {
	struct sl_ring ring;
	uint32_t producer_seq;
};

/* Rx and completion. [consumer_seq, producer_seq) may be read; the kernel may have more. */
struct sl_consumer {
	struct sl_ring ring;
	uint32_t consumer_seq, producer_seq;
};

/* Shows the kernel all that was written. */
static inline void sl_producer_publish(struct sl_producer *producer)
{
	__atomic_store_n(producer->ring.producer, producer->producer_seq, __ATOMIC_RELEASE);
}

/* Entries written that the kernel has not said it took, published or not. Kernels before 6.17 may
 * keep to themselves what they took until the ring is empty. The counter is only looked at, nothing
 * behind it is reused for it: relaxed will do. */
static inline uint32_t sl_producer_backlog(const struct sl_producer *producer)
{
	return producer->producer_seq - __atomic_load_n(producer->ring.consumer, __ATOMIC_RELAXED);
}

/* Does the kernel want a system call before it looks at this ring? To be asked after publishing:
 * the fence keeps the flag from being read before the producer counter is out. Otherwise the kernel
 * could go to sleep in between, on an empty ring, and both sides would wait. */
static inline bool sl_producer_needs_wakeup(const struct sl_producer *producer)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return __atomic_load_n(producer->ring.flags, __ATOMIC_RELAXED) & XDP_RING_NEED_WAKEUP;
}

static inline uint32_t sl_producer_next(struct sl_producer *producer)
{
	return producer->producer_seq++ & (producer->ring.size_cnt - 1);
}

static inline void sl_producer_put_address(struct sl_producer *fill, uint64_t address)
{
	fill->ring.addresses[sl_producer_next(fill)] = address;
}

static inline void sl_producer_put_desc(struct sl_producer *tx, uint64_t address,
					uint32_t len_bytes, uint32_t options)
{
	tx->ring.descs[sl_producer_next(tx)] = (struct xdp_desc){
		.addr = address,
		.len = len_bytes,
		.options = options,
	};
}

/* How many entries may be read now, at most max_cnt. */
static inline uint32_t sl_consumer_peek(struct sl_consumer *consumer, uint32_t max_cnt)
{
	uint32_t ready_cnt = consumer->producer_seq - consumer->consumer_seq;

	if (ready_cnt < max_cnt) {
		consumer->producer_seq = __atomic_load_n(consumer->ring.producer, __ATOMIC_ACQUIRE);
		ready_cnt = consumer->producer_seq - consumer->consumer_seq;
	}
	BUG_ON_HOT(ready_cnt > consumer->ring.size_cnt);
	return ready_cnt < max_cnt ? ready_cnt : max_cnt;
}

static inline uint32_t sl_consumer_next(struct sl_consumer *consumer)
{
	BUG_ON_HOT(consumer->consumer_seq == consumer->producer_seq);
	return consumer->consumer_seq++ & (consumer->ring.size_cnt - 1);
}

static inline uint64_t sl_consumer_get_address(struct sl_consumer *completion)
{
	return completion->ring.addresses[sl_consumer_next(completion)];
}

static inline struct xdp_desc sl_consumer_get_desc(struct sl_consumer *rx)
{
	return rx->ring.descs[sl_consumer_next(rx)];
}

/* Gives the kernel back the places of the entries that were read. */
static inline void sl_consumer_release(struct sl_consumer *consumer)
{
	__atomic_store_n(consumer->ring.consumer, consumer->consumer_seq, __ATOMIC_RELEASE);
}

#endif
