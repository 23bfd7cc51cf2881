/* SPDX-License-Identifier: BSD-2-Clause */
/* Connection filter: which rows of a snapshot are wanted. */
#ifndef SL_DAEMON_CONNECTION_FILTER_H
#define SL_DAEMON_CONNECTION_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "serve/snapshot.h"

struct sl_connection_filter { /* all zero: every row */
	bool has_state, has_peer;
	enum sl_tcp_state state;
	struct sl_address peer;
	uint16_t peer_port; /* 0: any */
};

/* "established" and so on (sl_connection_state). False: no such state. */
bool sl_connection_filter_state(struct sl_connection_filter *filter, const char *text);

/* "192.0.2.1", "192.0.2.1:50123", "2001:db8::1", "[2001:db8::1]:50123". False: not that. */
bool sl_connection_filter_peer(struct sl_connection_filter *filter, const char *text);

bool sl_connection_wanted(const struct sl_connection_filter *filter,
			  const struct sl_snapshot_row *row);

#endif
