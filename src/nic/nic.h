/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * NIC: packets in, packets out, and who owns which frame meanwhile (base/frame.h). A seam:
 * nic_xdp.c drives one AF_XDP socket on one queue; tests/sim drives a simulated link. One for each
 * worker; owner core only, but for open and close.
 *
 *   UMEM (in the worker's arena), frame_cnt chunks of chunk_bytes:
 *
 *     receive   │ XDP headroom, 256 bytes │ packet ...        │   where the kernel put it
 *     transmit  │      headers │ payload ...                  │
 *               └── SL_FRAME_HEADROOM_BYTES before the payload
 *
 * A packet for an MTU above SL_MTU_FRAME_MAX may have several frames (AF_XDP multi-buffer, Linux
 * 6.6). Only the first has headers, and all but the last have SL_FRAME_PAYLOAD_BYTES of payload. We
 * send such packets and receive none: our MSS says that we take what fits a frame, whatever the
 * MTU; what is longer is dropped, and counted.
 *
 * Or packets are segmented on their way (sl_nic_segments): then one may have the payload of many
 * segments, up to 64 KB of it, in one piece. Its frame has the headers only.
 *
 *     frame     │      headers │                   staging  │ payload ............. │ payload ...
 *
 * Everybody calls once a turn: rx, release for each packet, reap, then take and tx, flush, and reap
 * again before a sleep. The kernel tells nobody when it is done with a frame. So while frames are
 * in tx (sl_nic_tx_room is below tx_cnt) the worker comes back for reap and flush in good time, and
 * does not sleep for long: when a driver's queue was full, flush left packets behind.
 */
#ifndef SL_NIC_NIC_H
#define SL_NIC_NIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/frame.h"

struct sl_nic;

/* Preferred busy polling (SO_PREFER_BUSY_POLL): the driver's NAPI runs when we ask it to, in
 * sl_nic_flush, and interrupts stay off meanwhile if the interface is set up to defer them (sysfs
 * napi_defer_hard_irqs and gro_flush_timeout, both above 0). Silently without where the kernel is
 * older or the capability (CAP_NET_ADMIN) is missing. */
enum sl_nic_polling {
	SL_NIC_POLL_NEVER,
	SL_NIC_POLL_IF_DEFERRED,
	SL_NIC_POLL_ALWAYS,
};

/* Sockets in reserve, for an interface that goes and returns: to make one takes a privilege, to
 * bind it does not. */
enum { SL_NIC_SPARES_CNT = 4 };

struct sl_nic_config {
	const char *iface; /* outlives the NIC */
	uint32_t queue;
	uint32_t cpu;       /* where the owner will run: it decides what a packet socket sends on */
	uint32_t frame_cnt; /* chunks of the UMEM; fill_cnt of them wait for packets, the rest are
			       for transmit */
	uint32_t fill_cnt;  /* a power of two: size of fill and RX rings, [64, 4096] */
	uint32_t tx_cnt;    /* a power of two: size of TX and completion rings, [64, 8192] */
	uint32_t chunk_bytes; /* 2048 or 4096; sl_nic_chunk_bytes chooses */
	bool long_packets;    /* the MTU is above SL_MTU_FRAME_MAX; chunk_bytes is 4096 */
	enum sl_nic_polling polling;
	bool copy_only; /* do not try zero-copy. For steering in generic mode: a driver without
			   a program of its own may take a zero-copy socket and serve it nothing */
};

/* Smallest chunk that holds a packet of mtu in both directions, or its parts if it is above
 * SL_MTU_FRAME_MAX; 0 if it is above SL_MTU_MAX. */
uint32_t sl_nic_chunk_bytes(uint32_t mtu_bytes);

/* MTU of iface, or -ENODEV, -errno, with their line in the log. */
int sl_nic_mtu(const char *iface);

/* Carves the UMEM from arena (aligned to a page), makes the socket, its rings, and binds it:
 * zero-copy first, then copy. Fills the fill ring. Steering must be attached before (some drivers
 * have no XDP queues until then), the socket added to it after. Raises RLIMIT_MEMLOCK of the
 * process as far as it may. Errors, each with its line in the log: -ENODEV, -EMSGSIZE (the MTU is
 * too large, for us or for this kernel), -ENOMEM (arena or memlock), -EBUSY (queue taken; retried
 * for a second first, teardown in the kernel is asynchronous), -EINVAL (no such queue), -EPERM
 * (needs CAP_NET_RAW), -errno. */
int sl_nic_open(struct sl_nic **nic, const struct sl_nic_config *config, struct sl_arena *arena);

/* Packets in the rings are lost. What was carved from the arena stays carved, and must stay mapped
 * until the socket is closed. */
void sl_nic_close(struct sl_nic *nic);

/* After the interface has gone and is back, up, under its name: a spare socket takes the place of
 * the one that died with it, with the same memory, and all frames that were in the rings are free;
 * what they held is lost. To be steered to and watched anew (sl_nic_fd). Main thread, while the
 * worker stands still between two turns and holds no frame. Errors, each with its line in the log:
 * -ENOENT (all spares are used), -ENODEV, those of binding as sl_nic_open has them; then the NIC
 * can only be closed. System calls: as open, none of which takes privileges. */
int sl_nic_reopen(struct sl_nic *nic);

int sl_nic_fd(const struct sl_nic *nic); /* for steering and for poll; the NIC keeps it */
bool sl_nic_zero_copy(const struct sl_nic *nic);

struct sl_nic_packet {
	struct sl_frame frame;
	uint8_t *data; /* first byte of the Ethernet header */
	uint32_t len_bytes;
};

/* Up to max_cnt received packets; their frames are the caller's (rx) until released. Returns how
 * many. */
uint32_t sl_nic_rx(struct sl_nic *nic, struct sl_nic_packet *packets, uint32_t max_cnt);
void sl_nic_release(struct sl_nic *nic, struct sl_frame frame); /* rx → free */

/* free → pump; false if none is free. Frames for the fill ring are kept aside: taking can never
 * starve receiving. */
bool sl_nic_take(struct sl_nic *nic, struct sl_frame *frame);
void sl_nic_give(struct sl_nic *nic, struct sl_frame frame); /* pump → free, unsent */

/* Where the payload of frame starts: SL_FRAME_HEADROOM_BYTES into its chunk. The caller may write
 * from the chunk's start to its end. Valid while the frame is the caller's (pump). */
uint8_t *sl_nic_payload(struct sl_nic *nic, struct sl_frame frame);

/* How many frames may be given to sl_nic_tx before the next reap, and how many sl_nic_take will
 * grant. */
uint32_t sl_nic_tx_room(const struct sl_nic *nic);
uint32_t sl_nic_free_frames(const struct sl_nic *nic);

/* pump → tx: the packet is header_bytes before sl_nic_payload and payload_bytes from it.
 * Precondition: sl_nic_tx_room > 0. Nothing leaves before sl_nic_flush. */
void sl_nic_tx(struct sl_nic *nic, struct sl_frame frame, uint32_t header_bytes,
	       uint32_t payload_bytes);

/* The same for a packet of several frames, in the payload's order: each but the last has
 * SL_FRAME_PAYLOAD_BYTES of payload, all from sl_nic_payload. Preconditions: frame_cnt in [1,
 * SL_PACKET_FRAMES_MAX] is what payload_bytes need; sl_nic_tx_room ≥ frame_cnt; opened for
 * long_packets if there are several, and not sl_nic_segments. */
void sl_nic_tx_long(struct sl_nic *nic, const struct sl_frame *frames, uint32_t frame_cnt,
		    uint32_t header_bytes, uint32_t payload_bytes);

/* True if packets are cut into segments on their way: by the interface, or by the kernel before it
 * (nic/gso_socket.h). The same from open to close. */
bool sl_nic_segments(const struct sl_nic *nic);

/* Memory for len_bytes of payload that sl_nic_tx_segmented will send, [1, SL_STAGING_BYTES], on a
 * cache line; NULL if there is none: sl_nic_flush, now or in a later turn, brings some (it is
 * called here, too). The caller's until each byte has been given to sl_nic_tx_segmented or is not
 * going to be: all before the next call, and before sl_nic_flush. Precondition: sl_nic_segments. */
uint8_t *sl_nic_stage(struct sl_nic *nic, uint32_t len_bytes);

/* Nothing of what sl_nic_stage gave last, at payload, will be sent. */
void sl_nic_unstage(struct sl_nic *nic, const uint8_t *payload);

/* Bytes that were staged and may not have been sent yet. */
uint32_t sl_nic_staged_bytes(const struct sl_nic *nic);

/* pump → tx: header_bytes before sl_nic_payload(frame), as sl_header_write_partial writes them, and
 * payload_bytes that were staged, to be cut into segments of segment_bytes, but for the last.
 * Preconditions as of sl_nic_tx; headers and payload are SL_SEGMENTED_MAX_BYTES at most. */
void sl_nic_tx_segmented(struct sl_nic *nic, struct sl_frame frame, uint32_t header_bytes,
			 const uint8_t *payload, uint32_t payload_bytes, uint32_t segment_bytes);

/* tx → free for what the kernel has sent; refills the fill ring. Returns how many came back. No
 * system call. */
uint32_t sl_nic_reap(struct sl_nic *nic);

/* Has what was given to sl_nic_tx sent; wakes the kernel for the fill ring if it asks for that
 * (need_wakeup); with busy polling, polls the driver. Never blocks. System calls: in zero-copy mode
 * at most one a ring. Without it sendmmsg(2) sends, 32 packets a call (gso_socket.h), if what is
 * sent on this CPU leaves on this queue. Otherwise the AF_XDP socket sends: before
 * Linux 6.17 32 packets a call, so it is called until all have left or the kernel takes no more.
 * What the kernel does not take stays, and leaves with a later flush. */
void sl_nic_flush(struct sl_nic *nic);

/* The same, whether the kernel asks to be woken or not: for a worker that has given packets and
 * sees none come back. Never blocks. */
void sl_nic_kick(struct sl_nic *nic);

/* Frames by owner, indexed by enum sl_frame_owner; they add up to frame_cnt. With SL_DEBUG the
 * frames are counted one by one as well, and a difference is a BUG. */
void sl_nic_count(const struct sl_nic *nic, uint32_t owner_cnt[SL_FRAME_OWNERS]);

/* Since open; all but the last four are the kernel's own (XDP_STATISTICS). One system call. */
struct sl_nic_counters {
	uint64_t rx_dropped;      /* longer than a chunk holds, or no frame in the fill ring */
	uint64_t rx_invalid;      /* the fill ring's entry was refused: our bug */
	uint64_t rx_ring_full;    /* cannot happen: the ring is as large as the fill ring */
	uint64_t fill_ring_empty; /* times the kernel found no frame for a packet */
	uint64_t tx_invalid;      /* descriptors refused, their frames lost: our bug */
	uint64_t rx_too_long;     /* packets of several frames */
	uint64_t tx_kicks;        /* sendto(2) and sendmmsg(2) calls */
	uint64_t tx_kick_errors;  /* refused for good reason: link down, interface gone */
	uint64_t tx_dropped; /* for which the interface's queue was full; never with zero-copy */
};
void sl_nic_counters(const struct sl_nic *nic, struct sl_nic_counters *counters);

#endif
