/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/open.h"

#include <string.h>

#include "room_tls.h"

enum { WIRE_MAX_BYTES = 5 + SL_RECORD_PLAIN_MAX_BYTES + 256 };

static struct tls_side side;
static uint8_t wire[WIRE_MAX_BYTES + 64];
static uint8_t sealed[WIRE_MAX_BYTES]; /* what wire was before it was opened in place */
static uint8_t plain[WIRE_MAX_BYTES];
static struct sl_opened opened;

static void setup_with(const char *engine, int shape_idx)
{
	tls_side_init_shape(&side, engine, shape_idx, 77);
	fill(plain, sizeof(plain), 8);
	memset(&opened, 0xee, sizeof(opened));
}

static void setup(void)
{
	setup_with(NULL, 0);
}

static void teardown(void)
{
	tls_side_fini(&side);
}

/* A record around any inner text, type and padding included, however wrong. Returns its length. */
static uint32_t seal_inner(uint64_t record_no, const uint8_t *inner, uint32_t inner_bytes)
{
	uint32_t body_bytes = inner_bytes + 16;
	const uint8_t header[5] = { 23, 3, 3, body_bytes >> 8, body_bytes & 0xff };
	uint8_t nonce[12];

	sl_tls_nonce(&side.keys, record_no, nonce);
	memcpy(wire, header, 5);
	sl_aead_seal_begin(side.aead, side.table, nonce, header, 5);
	sl_aead_seal_put(side.aead, side.table, wire + 5, inner, inner_bytes);
	sl_aead_seal_end(side.aead, side.table, wire + 5 + inner_bytes);
	memcpy(sealed, wire, 5 + body_bytes);
	return 5 + body_bytes;
}

/* A record of TLS 1.2. The explicit nonce, if it has one, is the client's to choose: any. */
static uint32_t seal_12(uint64_t record_no, uint32_t plain_bytes, uint8_t type)
{
	uint32_t explicit_bytes = side.keys.format == SL_TLS12_EXPLICIT ? 8 : 0;
	uint32_t body_bytes = explicit_bytes + plain_bytes + 16;
	const uint8_t header[5] = { type, 3, 3, body_bytes >> 8, body_bytes & 0xff };
	const uint8_t aad[13] = {
		[7] = record_no, type, 3, 3, plain_bytes >> 8, plain_bytes & 0xff
	};
	uint8_t nonce[12], *text = wire + 5 + explicit_bytes;

	sl_tls_nonce(&side.keys, record_no, nonce);
	fill(nonce + 12 - explicit_bytes, explicit_bytes, record_no + 1000);
	memcpy(wire, header, 5);
	memcpy(wire + 5, nonce + 4, 8);
	sl_aead_seal_begin(side.aead, side.table, nonce, aad, sizeof(aad));
	sl_aead_seal_put(side.aead, side.table, text, plain, plain_bytes);
	sl_aead_seal_end(side.aead, side.table, text + plain_bytes);
	memcpy(sealed, wire, 5 + body_bytes);
	return 5 + body_bytes;
}

/* plain_bytes of text, in TLS 1.3 a type and zeros. */
static uint32_t seal(uint64_t record_no, uint32_t plain_bytes, uint8_t type, uint32_t zeros_bytes)
{
	static uint8_t inner[WIRE_MAX_BYTES];

	if (side.keys.format != SL_TLS13)
		return seal_12(record_no, plain_bytes, type);
	memcpy(inner, plain, plain_bytes);
	inner[plain_bytes] = type;
	memset(inner + plain_bytes + 1, 0, zeros_bytes);
	return seal_inner(record_no, inner, plain_bytes + 1 + zeros_bytes);
}

static enum sl_open_verdict open_wire(uint32_t len_bytes)
{
	return sl_open_record(side.aead, side.table, &side.keys, wire, len_bytes, &opened);
}

static void expect_plain(enum sl_content_type type, uint32_t plain_bytes, uint32_t wire_bytes)
{
	ck_assert_int_eq(opened.type, type);
	ck_assert_uint_eq(opened.plain_bytes, plain_bytes);
	ck_assert_uint_eq(opened.wire_bytes, wire_bytes);
	ck_assert_ptr_eq(opened.plain, wire + (side.keys.format == SL_TLS12_EXPLICIT ? 13 : 5));
	if (plain_bytes != 0)
		ck_assert_mem_eq(opened.plain, plain, plain_bytes);
}

/* RFC 8448, 3: the client's application data and close_notify, its records 0 and 1. */
START_TEST(opens_the_records_of_rfc_8448)
{
	teardown();
	setup_with(tls_engines[_i], 0);
	hex(side.keys.secret, "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5");
	sl_tls_keys_derive(&side.keys, side.aead, side.table);
	for (uint8_t i = 0; i < 50; i++)
		plain[i] = i;

	hex(wire, "17 03 03 00 43 a2 3f 70 54 b6 2c 94 d0 af fa fe 82 28 ba 55 cb ef ac ea 42 f9 14"
		  "aa 66 bc ab 3f 2b 98 19 a8 a5 b4 6b 39 5b d5 4a 9a 20 44 1e 2b 62 97 4e 1f 5a 62"
		  "92 a2 97 70 14 bd 1e 3d ea e6 3a ee bb 21 69 49 15 e4");
	ck_assert_int_eq(open_wire(72), SL_OPEN_OK);
	expect_plain(SL_TLS_APPLICATION_DATA, 50, 72);

	hex(wire, "17 03 03 00 13 c9 87 27 60 65 56 66 b7 4d 7f f1 15 3e fd 6d b6 d0 b0 e3");
	hex(plain, "01 00");
	ck_assert_int_eq(open_wire(24), SL_OPEN_OK);
	expect_plain(SL_TLS_ALERT, 2, 24);
	ck_assert_uint_eq(side.keys.record_no, 2);
}
END_TEST

START_TEST(opens_every_kind_and_size_with_every_engine)
{
	static const uint32_t sizes[] = { 0, 1, 2, 15, 16, 17, 1448, 4095, 16383, 16384 };

	teardown();
	setup_with(tls_engines[_i / TLS_SHAPE_CNT], _i % TLS_SHAPE_CNT);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint32_t wire_bytes = seal(i, sizes[i], SL_TLS_APPLICATION_DATA, 0);

		ck_assert_int_eq(open_wire(wire_bytes + 11), SL_OPEN_OK); /* more lies behind */
		expect_plain(SL_TLS_APPLICATION_DATA, sizes[i], wire_bytes);
		ck_assert_uint_eq(side.keys.record_no, i + 1);
	}
}
END_TEST

START_TEST(padding_is_removed)
{
	static const uint32_t paddings[] = { 1, 2, 100, 255 };

	for (size_t i = 0; i < sizeof(paddings) / sizeof(paddings[0]); i++) {
		uint32_t wire_bytes =
		    seal(i, 16384 - paddings[i], SL_TLS_APPLICATION_DATA, paddings[i]);

		ck_assert_int_eq(open_wire(wire_bytes), SL_OPEN_OK);
		expect_plain(SL_TLS_APPLICATION_DATA, 16384 - paddings[i], wire_bytes);
	}
	/* The longest record there may be; padding does not make it longer (RFC 8446, 5.4). */
	ck_assert_int_eq(open_wire(seal(4, 16384, SL_TLS_APPLICATION_DATA, 0)), SL_OPEN_OK);
	ck_assert_int_eq(open_wire(seal(5, 16384, SL_TLS_APPLICATION_DATA, 1)), SL_OPEN_OVERFLOW);
	ck_assert_int_eq(open_wire(seal(5, 1, SL_TLS_APPLICATION_DATA, 16384)), SL_OPEN_OVERFLOW);
}
END_TEST

START_TEST(until_all_is_there_nothing_is_touched)
{
	uint32_t wire_bytes = seal(0, 200, SL_TLS_APPLICATION_DATA, 0);

	for (uint32_t len_bytes = 0; len_bytes < wire_bytes; len_bytes++) {
		ck_assert_int_eq(open_wire(len_bytes), SL_OPEN_MORE);
		ck_assert_mem_eq(wire, sealed, wire_bytes);
	}
	ck_assert_int_eq(open_wire(wire_bytes), SL_OPEN_OK);
	expect_plain(SL_TLS_APPLICATION_DATA, 200, wire_bytes);
}
END_TEST

START_TEST(one_wrong_byte_anywhere_is_refused)
{
	uint32_t wire_bytes;

	teardown();
	setup_with(tls_engines[_i / TLS_SHAPE_CNT], _i % TLS_SHAPE_CNT);
	wire_bytes = seal(0, 300, SL_TLS_APPLICATION_DATA, 0);
	for (uint32_t off = 1; off < wire_bytes; off++) {
		if (off == 3 || off == 4) /* the length: another test */
			continue;
		memcpy(wire, sealed, wire_bytes);
		wire[off] ^= 0x40;
		ck_assert_int_eq(open_wire(wire_bytes), SL_OPEN_BAD_MAC);
		ck_assert_uint_eq(side.keys.record_no, 0);
	}
	memcpy(wire, sealed, wire_bytes);
	ck_assert_int_eq(open_wire(wire_bytes), SL_OPEN_OK);
}
END_TEST

START_TEST(a_record_is_opened_once_and_in_order)
{
	uint32_t wire_bytes = seal(0, 10, SL_TLS_APPLICATION_DATA, 0);

	ck_assert_int_eq(open_wire(wire_bytes), SL_OPEN_OK);
	memcpy(wire, sealed, wire_bytes);
	ck_assert_int_eq(open_wire(wire_bytes), SL_OPEN_BAD_MAC);
	ck_assert_int_eq(open_wire(seal(2, 10, SL_TLS_APPLICATION_DATA, 0)), SL_OPEN_BAD_MAC);
	ck_assert_int_eq(open_wire(seal(1, 10, SL_TLS_APPLICATION_DATA, 0)), SL_OPEN_OK);
}
END_TEST

/* The header alone decides, before the body has come. */
START_TEST(a_bad_header_is_refused_at_once)
{
	enum { ALL, ONLY_13, ONLY_12_GCM, ONLY_12_CHACHA };
	static const struct {
		int where;
		const char *header;
		enum sl_open_verdict verdict;
	} stories[] = {
		{ ONLY_13, "17 03 03 40 11", SL_OPEN_MORE },     /* 16384 + 1 + 16 */
		{ ONLY_13, "17 03 03 40 12", SL_OPEN_OVERFLOW }, /* one more */
		{ ONLY_12_GCM, "17 03 03 40 18", SL_OPEN_MORE }, /* 8 + 16384 + 16 */
		{ ONLY_12_GCM, "17 03 03 40 19", SL_OPEN_OVERFLOW },
		{ ONLY_12_CHACHA, "17 03 03 40 10", SL_OPEN_MORE }, /* 16384 + 16 */
		{ ONLY_12_CHACHA, "17 03 03 40 11", SL_OPEN_OVERFLOW },
		{ ALL, "17 03 03 ff ff", SL_OPEN_OVERFLOW },
		{ ONLY_13, "17 03 03 00 10", SL_OPEN_MORE },
		{ ALL, "17 03 03 00 0f", SL_OPEN_BAD_MAC }, /* no room for a tag */
		{ ALL, "17 03 03 00 00", SL_OPEN_BAD_MAC },
		{ ONLY_12_GCM, "17 03 03 00 18", SL_OPEN_MORE },
		{ ONLY_12_GCM, "17 03 03 00 17", SL_OPEN_BAD_MAC }, /* nor for a nonce */
		{ ONLY_12_CHACHA, "17 03 03 00 10", SL_OPEN_MORE },
		{ ALL, "14 03 03 00 21", SL_OPEN_BAD_TYPE },     /* after Finished: RFC 8446, 5 */
		{ ONLY_13, "15 03 03 00 02", SL_OPEN_BAD_TYPE }, /* an alert in the clear */
		{ ONLY_12_GCM, "15 03 03 00 02", SL_OPEN_BAD_MAC },
		{ ONLY_12_CHACHA, "15 03 03 00 02", SL_OPEN_BAD_MAC },
		{ ONLY_13, "16 03 03 00 15", SL_OPEN_BAD_TYPE },
		{ ONLY_12_GCM, "16 03 03 00 28", SL_OPEN_MORE },
		{ ALL, "18 03 03 00 25", SL_OPEN_BAD_TYPE },
		{ ALL, "47 45 54 20 2f", SL_OPEN_BAD_TYPE }, /* GET / */
	};

	teardown();
	setup_with(NULL, _i);
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		if (stories[i].where != ALL && stories[i].where != ONLY_13 + side.keys.format)
			continue;
		hex(wire, stories[i].header);
		ck_assert_msg(open_wire(5) == stories[i].verdict, "%s", stories[i].header);
	}
}
END_TEST

/* RFC 5246, 6.2.1. */
START_TEST(only_application_data_may_be_empty)
{
	teardown();
	setup_with(NULL, _i);
	ck_assert_int_eq(open_wire(seal(0, 0, SL_TLS_HANDSHAKE, 0)), SL_OPEN_BAD_TYPE);
	ck_assert_int_eq(open_wire(seal(0, 0, SL_TLS_ALERT, 0)), SL_OPEN_BAD_TYPE);
	ck_assert_int_eq(open_wire(seal(0, 0, SL_TLS_APPLICATION_DATA, 0)), SL_OPEN_OK);
	ck_assert_uint_eq(opened.plain_bytes, 0);
	ck_assert_uint_eq(side.keys.record_no, 1);
	ck_assert_int_eq(open_wire(seal(1, 2, SL_TLS_ALERT, 0)), SL_OPEN_OK);
	ck_assert_int_eq(opened.type, SL_TLS_ALERT);
	ck_assert_int_eq(open_wire(seal(2, 3, SL_TLS_HANDSHAKE, 0)), SL_OPEN_OK);
	ck_assert_int_eq(opened.type, SL_TLS_HANDSHAKE);
}
END_TEST

START_TEST(a_bad_inside_is_refused)
{
	static const uint8_t zeros[300];

	/* More than 2^14 of content. */
	ck_assert_int_eq(open_wire(seal(0, 16385, SL_TLS_APPLICATION_DATA, 0)), SL_OPEN_OVERFLOW);
	/* No type at all. */
	ck_assert_int_eq(open_wire(seal_inner(0, zeros, 0)), SL_OPEN_BAD_TYPE);
	ck_assert_int_eq(open_wire(seal_inner(0, zeros, 300)), SL_OPEN_BAD_TYPE);
	/* change_cipher_spec is never protected; 24 is nothing. */
	ck_assert_int_eq(open_wire(seal(0, 1, SL_TLS_CHANGE_CIPHER_SPEC, 0)), SL_OPEN_BAD_TYPE);
	ck_assert_int_eq(open_wire(seal(0, 1, 24, 0)), SL_OPEN_BAD_TYPE);
	/* Empty handshake and alert records (RFC 8446, 5.1 and 5.4). */
	ck_assert_int_eq(open_wire(seal(0, 0, SL_TLS_HANDSHAKE, 9)), SL_OPEN_BAD_TYPE);
	ck_assert_int_eq(open_wire(seal(0, 0, SL_TLS_ALERT, 0)), SL_OPEN_BAD_TYPE);
	ck_assert_uint_eq(side.keys.record_no, 0);
}
END_TEST

Suite *suite_open(void)
{
	Suite *suite = suite_create("open");
	TCase *tcase = tcase_create("open");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, opens_the_records_of_rfc_8448, 0, tls_engine_cnt);
	tcase_add_loop_test(tcase, opens_every_kind_and_size_with_every_engine, 0,
			    tls_engine_cnt * TLS_SHAPE_CNT);
	tcase_add_test(tcase, padding_is_removed);
	tcase_add_test(tcase, until_all_is_there_nothing_is_touched);
	tcase_add_loop_test(tcase, one_wrong_byte_anywhere_is_refused, 0,
			    tls_engine_cnt * TLS_SHAPE_CNT);
	tcase_add_test(tcase, a_record_is_opened_once_and_in_order);
	tcase_add_loop_test(tcase, a_bad_header_is_refused_at_once, 0, TLS_SHAPE_CNT);
	tcase_add_loop_test(tcase, only_application_data_may_be_empty, 0, TLS_SHAPE_CNT);
	tcase_add_test(tcase, a_bad_inside_is_refused);
	suite_add_tcase(suite, tcase);
	return suite;
}
