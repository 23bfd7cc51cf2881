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

START_TEST(alerts)
{
	static const struct {
		const char *plain;
		enum sl_control_verdict verdict;
	} stories[] = {
		{ "01 00", SL_CONTROL_CLOSED },  { "02 00", SL_CONTROL_CLOSED },
		{ "01 5a", SL_CONTROL_IGNORE },  { "02 14", SL_CONTROL_ABORTED },
		{ "01 14", SL_CONTROL_ABORTED }, { "02 ff", SL_CONTROL_ABORTED },
		{ "01", SL_CONTROL_REFUSED },    { "01 00 01 00", SL_CONTROL_REFUSED },
	};
	uint8_t plain[4];
	enum sl_alert alert = SL_ALERT_CLOSE_NOTIFY;

	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		size_t plain_bytes = hex(plain, stories[i].plain);

		ck_assert_int_eq(sl_control_alert(plain, plain_bytes, &alert), stories[i].verdict);
	}
	ck_assert_int_eq(alert, SL_ALERT_DECODE_ERROR);
}
END_TEST

START_TEST(only_closure_alerts_are_warnings)
{
	uint8_t plain[SL_ALERT_BYTES];

	sl_control_encode_alert(SL_ALERT_CLOSE_NOTIFY, plain);
	expect_hex(plain, sizeof(plain), "01 00");
	sl_control_encode_alert(SL_ALERT_USER_CANCELED, plain);
	expect_hex(plain, sizeof(plain), "01 5a");
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
	tcase_add_test(tcase, alerts);
	tcase_add_test(tcase, only_closure_alerts_are_warnings);
	tcase_add_test(tcase, our_key_update_does_not_ask_back);
	suite_add_tcase(suite, tcase);
	return suite;
}
