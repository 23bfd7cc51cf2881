/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/control.h"

#include <string.h>

#include "room_tls.h"

static struct tls_side side;

static void setup(void)
{
	tls_side_init(&side, NULL, SL_AEAD_AES_128_GCM, 50);
	side.keys.record_no = 5;
}

static void teardown(void)
{
	tls_side_fini(&side);
}

START_TEST(handshake_messages)
{
	static const struct {
		const char *plain;
		enum sl_control_verdict verdict;
		enum sl_alert alert; /* if REFUSED */
	} stories[] = {
		{ "18 000001 00", SL_CONTROL_KEY_UPDATE, 0 },
		{ "18 000001 01", SL_CONTROL_KEY_UPDATE_ASKED, 0 },
		{ "18 000001 02", SL_CONTROL_REFUSED, SL_ALERT_ILLEGAL_PARAMETER },
		{ "18 000001 ff", SL_CONTROL_REFUSED, SL_ALERT_ILLEGAL_PARAMETER },
		/* cut short, or another length than it can have */
		{ "18", SL_CONTROL_REFUSED, SL_ALERT_DECODE_ERROR },
		{ "18 000001", SL_CONTROL_REFUSED, SL_ALERT_DECODE_ERROR },
		{ "18 000000", SL_CONTROL_REFUSED, SL_ALERT_DECODE_ERROR },
		{ "18 000002 0000", SL_CONTROL_REFUSED, SL_ALERT_DECODE_ERROR },
		{ "18 000002 00", SL_CONTROL_REFUSED, SL_ALERT_DECODE_ERROR },
		{ "18 010001 00", SL_CONTROL_REFUSED, SL_ALERT_DECODE_ERROR },
		/* something behind it, though the keys have changed (RFC 8446, 5.1) */
		{ "18 000001 00 18 000001 00", SL_CONTROL_REFUSED, SL_ALERT_UNEXPECTED_MESSAGE },
		{ "18 000001 00 00", SL_CONTROL_REFUSED, SL_ALERT_UNEXPECTED_MESSAGE },
		/* ClientHello: renegotiation; NewSessionTicket; Certificate; Finished */
		{ "01 000001 00", SL_CONTROL_REFUSED, SL_ALERT_UNEXPECTED_MESSAGE },
		{ "04 000001 00", SL_CONTROL_REFUSED, SL_ALERT_UNEXPECTED_MESSAGE },
		{ "0b 000001 00", SL_CONTROL_REFUSED, SL_ALERT_UNEXPECTED_MESSAGE },
		{ "14 000001 00", SL_CONTROL_REFUSED, SL_ALERT_UNEXPECTED_MESSAGE },
	};
	uint8_t plain[16], next[32];
	enum sl_alert alert;
	size_t plain_bytes = hex(plain, stories[_i].plain);
	enum sl_control_verdict verdict;

	sl_tls_expand_label(side.keys.secret, 32, "traffic upd", next, 32);
	verdict =
	    sl_control_handshake(plain, plain_bytes, &side.keys, side.aead, side.table, &alert);
	ck_assert_int_eq(verdict, stories[_i].verdict);
	if (verdict == SL_CONTROL_REFUSED) {
		ck_assert_int_eq(alert, stories[_i].alert);
		ck_assert_mem_ne(side.keys.secret, next, 32);
		ck_assert_uint_eq(side.keys.record_no, 5);
	} else {
		ck_assert_mem_eq(side.keys.secret, next, 32);
		ck_assert_uint_eq(side.keys.record_no, 0);
	}
}
END_TEST
enum { HANDSHAKE_STORY_CNT = 16 };

/* A ClientHello is the wish to renegotiate, of which the client is talked out; all else has no
 * place in TLS 1.2. */
START_TEST(handshake_messages_of_tls_1_2)
{
	static const struct {
		const char *plain;
		enum sl_control_verdict verdict;
	} stories[] = {
		{ "01 000001 00", SL_CONTROL_RENEGOTIATION },
		{ "01 000000", SL_CONTROL_RENEGOTIATION },
		{ "01 000002 00", SL_CONTROL_REFUSED }, /* not whole */
		{ "01 000001 00 01", SL_CONTROL_REFUSED },
		{ "01 0000", SL_CONTROL_REFUSED },
		{ "00 000000", SL_CONTROL_REFUSED },    /* HelloRequest is the server's */
		{ "18 000001 00", SL_CONTROL_REFUSED }, /* KeyUpdate */
		{ "0b 000001 00", SL_CONTROL_REFUSED },
		{ "14 000001 00", SL_CONTROL_REFUSED },
	};
	uint8_t plain[16];
	enum sl_alert alert;

	teardown();
	tls_side_init_shape(&side, NULL, 3 + _i, 50);
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		size_t plain_bytes = hex(plain, stories[i].plain);

		ck_assert_int_eq(sl_control_handshake(plain, plain_bytes, &side.keys, side.aead,
						      side.table, &alert),
				 stories[i].verdict);
		ck_assert_int_eq(alert, SL_ALERT_UNEXPECTED_MESSAGE);
	}
}
END_TEST

START_TEST(alerts)
{
	static const struct {
		const char *plain;
		enum sl_control_verdict in_13, in_12;
		enum sl_alert alert; /* if REFUSED */
	} stories[] = {
		{ "01 00", SL_CONTROL_CLOSED, SL_CONTROL_CLOSED, 0 },
		{ "02 00", SL_CONTROL_CLOSED, SL_CONTROL_CLOSED, 0 },
		{ "01 5a", SL_CONTROL_IGNORE, SL_CONTROL_IGNORE, 0 },
		{ "02 14", SL_CONTROL_ABORTED, SL_CONTROL_ABORTED, 0 },
		/* a warning that is none; unknown ones */
		{ "01 14", SL_CONTROL_ABORTED, SL_CONTROL_IGNORE, 0 },
		{ "01 64", SL_CONTROL_ABORTED, SL_CONTROL_IGNORE, 0 },
		{ "01 ff", SL_CONTROL_ABORTED, SL_CONTROL_IGNORE, 0 },
		{ "02 ff", SL_CONTROL_ABORTED, SL_CONTROL_ABORTED, 0 },
		{ "03 ff", SL_CONTROL_ABORTED, SL_CONTROL_REFUSED, SL_ALERT_ILLEGAL_PARAMETER },
		{ "00 00", SL_CONTROL_CLOSED, SL_CONTROL_REFUSED, SL_ALERT_ILLEGAL_PARAMETER },
		/* cut, joined */
		{ "01", SL_CONTROL_REFUSED, SL_CONTROL_REFUSED, SL_ALERT_DECODE_ERROR },
		{ "01 00 01 00", SL_CONTROL_REFUSED, SL_CONTROL_REFUSED, SL_ALERT_DECODE_ERROR },
	};
	bool is_12 = tls_shapes[_i].format != SL_TLS13;
	uint8_t plain[4];

	teardown();
	tls_side_init_shape(&side, NULL, _i, 50);
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		size_t plain_bytes = hex(plain, stories[i].plain);
		enum sl_control_verdict expected = is_12 ? stories[i].in_12 : stories[i].in_13;
		enum sl_alert alert = SL_ALERT_CLOSE_NOTIFY;

		ck_assert_msg(sl_control_alert(&side.keys, plain, plain_bytes, &alert) == expected,
			      "%s", stories[i].plain);
		if (expected == SL_CONTROL_REFUSED)
			ck_assert_int_eq(alert, stories[i].alert);
	}
}
END_TEST

START_TEST(only_alerts_that_end_nothing_are_warnings)
{
	uint8_t plain[SL_ALERT_BYTES];

	sl_control_encode_alert(SL_ALERT_CLOSE_NOTIFY, plain);
	expect_hex(plain, sizeof(plain), "01 00");
	sl_control_encode_alert(SL_ALERT_USER_CANCELED, plain);
	expect_hex(plain, sizeof(plain), "01 5a");
	sl_control_encode_alert(SL_ALERT_NO_RENEGOTIATION, plain);
	expect_hex(plain, sizeof(plain), "01 64");
	sl_control_encode_alert(SL_ALERT_BAD_RECORD_MAC, plain);
	expect_hex(plain, sizeof(plain), "02 14");
}
END_TEST

START_TEST(our_key_update_does_not_ask_back)
{
	uint8_t plain[SL_KEY_UPDATE_BYTES];

	sl_control_encode_key_update(plain);
	expect_hex(plain, sizeof(plain), "18 000001 00");
}
END_TEST

Suite *suite_control(void)
{
	Suite *suite = suite_create("control");
	TCase *tcase = tcase_create("control");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, handshake_messages, 0, HANDSHAKE_STORY_CNT);
	tcase_add_loop_test(tcase, handshake_messages_of_tls_1_2, 0, SL_AEAD_KINDS);
	tcase_add_loop_test(tcase, alerts, 0, TLS_SHAPE_CNT);
	tcase_add_test(tcase, only_alerts_that_end_nothing_are_warnings);
	tcase_add_test(tcase, our_key_update_does_not_ask_back);
	suite_add_tcase(suite, tcase);
	return suite;
}
