/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mailbox: what workers tell each other. The NIC spreads packets by their addresses, and an ICMP
 * error comes from a router, so it may well reach a worker that has not got the connection it is
 * about. Nobody knows who has, so that worker tells all the others.
 *
 *     worker 0 ──►│ ring of box 2, sender 0 │──► worker 2
 *     worker 1 ──►│ ring of box 2, sender 1 │──►    "          one writer, one reader: no locks
 *
 * Such errors are rare, and losing one is like losing it in the network, so rings are short and a
 * full one drops. A flood of forged ones costs its receiver a copy for each, and the others at most
 * a ring's worth a turn.
 */
#ifndef SL_SERVE_MAILBOX_H
#define SL_SERVE_MAILBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/icmp.h"

struct sl_mailbox;

/* With a ring for each of sender_cnt senders. Errors: -ENOMEM. Setup only. */
int sl_mailbox_init(struct sl_mailbox **box, uint32_t sender_cnt);
void sl_mailbox_fini(struct sl_mailbox *box);

/* Sender's core only. True if the owner may be asleep and has to be woken; for what is put until it
 * looks, once. */
bool sl_mailbox_put(struct sl_mailbox *box, uint32_t sender_idx, const struct sl_icmp_error *error);

/* Owner's core only. True if something was put since the last time this was true: then all of it is
 * to be taken. Costs a load of a shared cache line. */
bool sl_mailbox_has_mail(struct sl_mailbox *box);
bool sl_mailbox_take(struct sl_mailbox *box, struct sl_icmp_error *error);

#endif
