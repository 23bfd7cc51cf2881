/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ahead: what a connection will need is asked of memory while another one has its turn
 * (base/prefetch.h). Each step reads what the step before has asked for, so some turns lie between
 * them. Nothing depends on any of it.
 *
 *     conn ──► session and control block ──► its pieces and records │ its keys ──► its turn
 */
#ifndef SL_SERVE_AHEAD_H
#define SL_SERVE_AHEAD_H

#include "serve/session.h"

/* The session of one that will be pumped; with its control block; and then what cutting needs. */
void sl_ahead_session(struct sl_worker *worker, struct sl_tcp_conn conn);
void sl_ahead_conn(struct sl_worker *worker, struct sl_tcp_conn conn);
void sl_ahead_cut(struct sl_worker *worker, struct sl_tcp_conn conn);

/* What an ACK lets go of; the session was asked for. */
void sl_ahead_acked(struct sl_worker *worker, struct sl_tcp_conn conn);

/* The bytes of a read are there: its connection, and then what sealing and sending need. */
void sl_ahead_read(struct sl_worker *worker, uint32_t read_idx);
void sl_ahead_send(struct sl_worker *worker, uint32_t read_idx);
/* The same for the first of those who wait for a block. */
void sl_ahead_block(struct sl_worker *worker, uint32_t block_idx);
void sl_ahead_block_send(struct sl_worker *worker, uint32_t block_idx);

#endif
