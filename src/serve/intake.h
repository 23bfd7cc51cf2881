/* SPDX-License-Identifier: BSD-2-Clause */
/* Intake: from TLS records in the inbox to plain requests; the handshake before that. */
#ifndef SL_SERVE_INTAKE_H
#define SL_SERVE_INTAKE_H

#include "serve/session.h"

/* Goes through the whole records of the wire part: hands them to the handshake, or opens them. What
 * has to be sent for it (handshake flights, alerts) is put into the outbox. */
void sl_intake(struct sl_worker *worker, struct sl_tcp_conn conn);

#endif
