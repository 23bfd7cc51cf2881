/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control: the little that is said inside the record layer once the handshake is over. KeyUpdate
 * both ways (RFC 8446, 4.6.3) and alerts both ways (6). Plaintexts only: sl_open_record has opened
 * what is parsed here, sl_seal_record seals what is encoded here.
 */
#ifndef SL_TLS_CONTROL_H
#define SL_TLS_CONTROL_H

#include <stdint.h>

#include "tls/keys.h"

enum sl_alert { /* RFC 8446, 6: those that are sent or told apart here */
		SL_ALERT_CLOSE_NOTIFY = 0,
		SL_ALERT_UNEXPECTED_MESSAGE = 10,
		SL_ALERT_BAD_RECORD_MAC = 20,
		SL_ALERT_RECORD_OVERFLOW = 22,
		SL_ALERT_ILLEGAL_PARAMETER = 47,
		SL_ALERT_DECODE_ERROR = 50,
		SL_ALERT_INTERNAL_ERROR = 80,
		SL_ALERT_USER_CANCELED = 90,
};

enum { SL_ALERT_BYTES = 2, SL_KEY_UPDATE_BYTES = 5 };

enum sl_control_verdict {
	SL_CONTROL_KEY_UPDATE, /* done: keys are the next ones */
	/* The same, and the peer asks for ours: send one (not asking back) before more data. */
	SL_CONTROL_KEY_UPDATE_ASKED,
	SL_CONTROL_CLOSED,  /* close_notify: the peer sends no more; what we owe it may still go */
	SL_CONTROL_IGNORE,  /* user_canceled: close_notify follows */
	SL_CONTROL_ABORTED, /* a fatal alert: close, send nothing */
	SL_CONTROL_REFUSED, /* send *alert, then close */
};

/* A record of type SL_TLS_HANDSHAKE. The only message a client may send is KeyUpdate, alone in its
 * record, since the next record has other keys: then keys (the read side) and table are updated. A
 * KeyUpdate cut into several records, which RFC 8446 allows and nobody does, is refused. *alert is
 * set if REFUSED. */
enum sl_control_verdict sl_control_handshake(const uint8_t *plain, uint32_t plain_bytes,
					     struct sl_tls_keys *keys, struct sl_aead *aead,
					     void *table, enum sl_alert *alert);

/* A record of type SL_TLS_ALERT. CLOSED, IGNORE, ABORTED, or REFUSED with *alert set. */
enum sl_control_verdict sl_control_alert(const uint8_t *plain, uint32_t plain_bytes,
					 enum sl_alert *alert);

/* Content of a record of type SL_TLS_ALERT. */
void sl_control_encode_alert(enum sl_alert alert, uint8_t plain[SL_ALERT_BYTES]);

/* Content of a record of type SL_TLS_HANDSHAKE: sealed with the keys that it ends; the caller then
 * updates them (sl_tls_keys_update, into a table of its own as long as records in flight need the
 * old one). It does not ask for the peer's. */
void sl_control_encode_key_update(uint8_t plain[SL_KEY_UPDATE_BYTES]);

#endif
