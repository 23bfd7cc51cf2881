/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control: the little that is said inside the record layer once the handshake is over. KeyUpdate
 * both ways (RFC 8446, 4.6.3), a renegotiation that is asked for and refused (RFC 5246, 7.2.2), and
 * alerts both ways. Plaintexts only: sl_open_record has opened what is parsed here, sl_seal_record
 * seals what is encoded here.
 *
 * After the handshake these are all the alerts we send, and why; while it lasts OpenSSL sends its
 * own:
 *
 *   close_notify         we close: idle, the last response is out, or we drain
 *   unexpected_message   a record type or handshake message that has no place there; a record with
 *                        nothing in it that must have something; KeyUpdate with something behind
 * it; a second ClientHello after no_renegotiation; too many records in a row that bring nothing
 * (serve/intake.c) bad_record_mac       the tag is not right, or there is no room for one
 *   record_overflow      longer than a record may be
 *   illegal_parameter    KeyUpdate with a request that is neither 0 nor 1; in TLS 1.2 an alert of a
 *                        level that does not exist
 *   decode_error         KeyUpdate or alert of another length than it can have
 *   no_renegotiation     a warning: a ClientHello after the handshake (TLS 1.2)
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
		SL_ALERT_USER_CANCELED = 90,
		SL_ALERT_NO_RENEGOTIATION = 100,
};

enum { SL_ALERT_BYTES = 2, SL_KEY_UPDATE_BYTES = 5 };

enum sl_control_verdict {
	SL_CONTROL_KEY_UPDATE, /* done: keys are the next ones */
	/* The same, and the peer asks for ours: send one (not asking back) before more data. */
	SL_CONTROL_KEY_UPDATE_ASKED,
	SL_CONTROL_RENEGOTIATION, /* send no_renegotiation, then go on: the peer decides */
	SL_CONTROL_CLOSED,  /* close_notify: the peer sends no more; what we owe it may still go */
	SL_CONTROL_IGNORE,  /* user_canceled: close_notify follows; in TLS 1.2 any other warning */
	SL_CONTROL_ABORTED, /* a fatal alert: close, send nothing */
	SL_CONTROL_REFUSED, /* send *alert, then close */
};

/* A record of type SL_TLS_HANDSHAKE. The only message a client may send is KeyUpdate, alone in its
 * record, since the next record has other keys: then keys (the read side) and table are updated. A
 * KeyUpdate cut into several records, which RFC 8446 allows and nobody does, is refused. *alert is
 * set if REFUSED.
 *
 * In TLS 1.2 it is ClientHello, whole in its record: the wish to renegotiate. RFC 5246, 7.2.2, has
 * us answer no_renegotiation and leave it to the client what to do then, and so does OpenSSL. */
enum sl_control_verdict sl_control_handshake(const uint8_t *plain, uint32_t plain_bytes,
					     struct sl_tls_keys *keys, struct sl_aead *aead,
					     void *table, enum sl_alert *alert);

/* A record of type SL_TLS_ALERT. CLOSED, IGNORE, ABORTED, or REFUSED with *alert set. Whatever its
 * level, and known or not, an alert is the end in TLS 1.3, but for the two that announce closure
 * (RFC 8446, 6); in TLS 1.2 the level tells (RFC 5246, 7.2). */
enum sl_control_verdict sl_control_alert(const struct sl_tls_keys *keys, const uint8_t *plain,
					 uint32_t plain_bytes, enum sl_alert *alert);

/* Content of a record of type SL_TLS_ALERT. */
void sl_control_encode_alert(enum sl_alert alert, uint8_t plain[SL_ALERT_BYTES]);

/* Content of a record of type SL_TLS_HANDSHAKE: sealed with the keys that it ends; the caller then
 * updates them (sl_tls_keys_update, into a table of its own as long as records in flight need the
 * old one). It does not ask for the peer's. */
void sl_control_encode_key_update(uint8_t plain[SL_KEY_UPDATE_BYTES]);

#endif
