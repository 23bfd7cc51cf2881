/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/control.h"

#include <stdbool.h>
#include <string.h>

enum {
	MESSAGE_CLIENT_HELLO = 1, /* RFC 8446, 4 */
	MESSAGE_KEY_UPDATE = 24,
	MESSAGE_HEADER_BYTES = 4,

	UPDATE_NOT_REQUESTED = 0, /* 4.6.3 */
	UPDATE_REQUESTED = 1,

	LEVEL_WARNING = 1, /* 6 */
	LEVEL_FATAL = 2,
};

static const uint8_t key_update_header[MESSAGE_HEADER_BYTES] = { MESSAGE_KEY_UPDATE, 0, 0, 1 };

static enum sl_control_verdict handshake_12(const uint8_t *plain, uint32_t plain_bytes,
					    enum sl_alert *alert)
{
	uint32_t body_bytes;

	*alert = SL_ALERT_UNEXPECTED_MESSAGE;
	if (plain_bytes < MESSAGE_HEADER_BYTES || plain[0] != MESSAGE_CLIENT_HELLO)
		return SL_CONTROL_REFUSED;
	body_bytes = (uint32_t)plain[1] << 16 | (uint32_t)plain[2] << 8 | plain[3];
	return plain_bytes == MESSAGE_HEADER_BYTES + body_bytes ? SL_CONTROL_RENEGOTIATION
								: SL_CONTROL_REFUSED;
}

enum sl_control_verdict sl_control_handshake(const uint8_t *plain, uint32_t plain_bytes,
					     struct sl_tls_keys *keys, struct sl_aead *aead,
					     void *table, enum sl_alert *alert)
{
	uint8_t request;

	if (keys->format != SL_TLS13)
		return handshake_12(plain, plain_bytes, alert);
	*alert = SL_ALERT_UNEXPECTED_MESSAGE;
	if (plain_bytes == 0 || plain[0] != MESSAGE_KEY_UPDATE)
		return SL_CONTROL_REFUSED;
	if (plain_bytes > SL_KEY_UPDATE_BYTES && plain[3] == 1)
		return SL_CONTROL_REFUSED; /* something behind it, under keys that have ended */
	*alert = SL_ALERT_DECODE_ERROR;
	if (plain_bytes != SL_KEY_UPDATE_BYTES)
		return SL_CONTROL_REFUSED;
	if (memcmp(plain, key_update_header, sizeof(key_update_header)) != 0)
		return SL_CONTROL_REFUSED;
	request = plain[MESSAGE_HEADER_BYTES];
	*alert = SL_ALERT_ILLEGAL_PARAMETER;
	if (request != UPDATE_NOT_REQUESTED && request != UPDATE_REQUESTED)
		return SL_CONTROL_REFUSED;

	sl_tls_keys_update(keys, aead, table);
	return request == UPDATE_REQUESTED ? SL_CONTROL_KEY_UPDATE_ASKED : SL_CONTROL_KEY_UPDATE;
}

enum sl_control_verdict sl_control_alert(const struct sl_tls_keys *keys, const uint8_t *plain,
					 uint32_t plain_bytes, enum sl_alert *alert)
{
	bool is_12 = keys->format != SL_TLS13;

	if (plain_bytes != SL_ALERT_BYTES) { /* neither cut nor joined (5.1) */
		*alert = SL_ALERT_DECODE_ERROR;
		return SL_CONTROL_REFUSED;
	}
	if (is_12 && plain[0] != LEVEL_WARNING && plain[0] != LEVEL_FATAL) {
		*alert = SL_ALERT_ILLEGAL_PARAMETER;
		return SL_CONTROL_REFUSED;
	}
	switch (plain[1]) {
	case SL_ALERT_CLOSE_NOTIFY:
		return SL_CONTROL_CLOSED;
	case SL_ALERT_USER_CANCELED:
		return SL_CONTROL_IGNORE;
	default:
		return is_12 && plain[0] == LEVEL_WARNING ? SL_CONTROL_IGNORE : SL_CONTROL_ABORTED;
	}
}

void sl_control_encode_alert(enum sl_alert alert, uint8_t plain[SL_ALERT_BYTES])
{
	bool is_warning = alert == SL_ALERT_CLOSE_NOTIFY || alert == SL_ALERT_USER_CANCELED ||
			  alert == SL_ALERT_NO_RENEGOTIATION;

	plain[0] = is_warning ? LEVEL_WARNING : LEVEL_FATAL;
	plain[1] = alert;
}

void sl_control_encode_key_update(uint8_t plain[SL_KEY_UPDATE_BYTES])
{
	memcpy(plain, key_update_header, sizeof(key_update_header));
	plain[MESSAGE_HEADER_BYTES] = UPDATE_NOT_REQUESTED;
}
