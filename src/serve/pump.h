/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pump: window → read → seal → frames. It cuts the outbox into records as the window opens, has
 * their bytes read, seals them across frames, and hands the frames over.
 *
 *                 ┌ memory piece ─► chunk, sealed in place ──────────────────┐
 *   window ─► cut ┤                                                          ├─► burst ─► nic
 *                 └ file piece ─► record log ─► read ─► seal, keep tag ──────┤     (fresh.c)
 *   lost range ─► record log ─► read ─► seal, compare tag ─► the lost part ──┘     (again.c)
 *
 * A connection has at most one read out for new bytes and one for lost ones; those of several may
 * be of one block (block.h), which is at the disk once for all of them, or there already. When no
 * buffer or no frame is free it waits in a FIFO: the pipeline's budget is the size of those pools.
 * Each device has a FIFO of its own (disk/disk.h, lanes): who wants one that stalls keeps nobody
 * else waiting.
 */
#ifndef SL_SERVE_PUMP_H
#define SL_SERVE_PUMP_H

#include "serve/read.h"
#include "serve/session.h"

enum sl_pump_step {
	SL_PUMP_IDLE, /* nothing to do until something happens: an ACK, a read, a request */
	SL_PUMP_MORE, /* done something; there may be more */
	SL_PUMP_WAIT, /* a buffer, frame, log entry or chunk is missing */
	SL_PUMP_LANE, /* what it wants to read is on a device that has its share of reads */
};

/* Does what losses, window and outbox allow now. Cheap when there is nothing to do. */
void sl_pump_run(struct sl_worker *worker, struct sl_tcp_conn conn);

/* A block is back from the disk: for all who wait for it. */
void sl_pump_read_back(struct sl_worker *worker, const struct sl_disk_event *event);

/* Buffers or frames may have become free: those who waited go on, oldest first. */
void sl_pump_wake(struct sl_worker *worker);

/* Everything before what is acked is done with: chunks and references go back. */
void sl_pump_acked(struct sl_worker *worker, struct sl_tcp_conn conn);

/* Frames or a buffer were taken: keeps the most there ever were, of each and in bytes. */
void sl_pump_note_use(struct sl_worker *worker);

/* The session is going: its log is emptied, its reads are given back. */
void sl_pump_gone(struct sl_worker *worker, struct sl_tcp_conn conn);

/* The connection cannot go on as promised: RST, and GONE follows. */
void sl_pump_abort(struct sl_worker *worker, struct sl_tcp_conn conn);

/* Whether the read may begin: MORE; else WAIT or LANE, which the caller returns. */
enum sl_pump_step sl_pump_admit(struct sl_worker *worker, const struct sl_read_source *source);

/* fresh.c: one step of the file piece at the front of the outbox: cut records and start their read.
 */
enum sl_pump_step sl_fresh_cut(struct sl_worker *worker, struct sl_tcp_conn conn,
			       struct sl_piece *piece, uint32_t window_bytes);
/* Its read is back: seal and send. False: frames are short, try again later. */
bool sl_fresh_send(struct sl_worker *worker, uint32_t read_idx);

/* again.c: one step of retransmission. */
enum sl_pump_step sl_again_start(struct sl_worker *worker, struct sl_tcp_conn conn);
bool sl_again_send(struct sl_worker *worker, uint32_t read_idx);

#endif
