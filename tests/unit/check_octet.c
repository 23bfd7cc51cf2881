/* SPDX-License-Identifier: BSD-2-Clause */
/* The table against the grammars, byte by byte. */
#include <check.h>
#include <string.h>

#include "http/octet.h"

Suite *octet_suite(void);

#define ALPHA      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGIT      "0123456789"
#define UNRESERVED ALPHA DIGIT "-._~" /* RFC 3986, 2.3 */
#define SUB_DELIMS "!$&'()*+,;="      /* RFC 3986, 2.2 */
#define VCHAR      "!\"#$%&'()*+,-./" DIGIT ":;<=>?@" ALPHA "[\\]^_`{|}~"

static const struct {
	enum sl_octet_class class;
	const char *members; /* below 0x80 */
	bool obs_text;       /* 0x80 to 0xff, too */
} classes[] = {
	/* 0 */ { SL_OCTET_TOKEN, "!#$%&'*+-.^_`|~" DIGIT ALPHA, false },
	/* 1 */ { SL_OCTET_VALUE, " \t" VCHAR, true },
	/* 2 */ { SL_OCTET_TARGET, "!\"$%&'()*+,-./" DIGIT ":;<=>?@" ALPHA "[\\]^_`{|}~", true },
	/* 3 */ { SL_OCTET_HOST, UNRESERVED SUB_DELIMS "%", false },
	/* 4 */ { SL_OCTET_PATH, UNRESERVED SUB_DELIMS ":@", false },
	/* 5 */ { SL_OCTET_ETAG, "!#$%&'()*+,-./" DIGIT ":;<=>?@" ALPHA "[\\]^_`{|}~", true },
	/* 6 */ { SL_OCTET_DIGIT, DIGIT, false },
};

START_TEST(each_class_has_its_bytes)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		for (int octet = 0; octet < 256; octet++) {
			bool expected = octet >= 0x80 ? classes[i].obs_text
						      : octet && strchr(classes[i].members, octet);

			ck_assert_msg(sl_octet_is((char)octet, classes[i].class) == expected,
				      "row %zu, byte 0x%02x", i, octet);
		}
	}
}
END_TEST

START_TEST(hexadecimal_digits)
{
	static const char digits[] = "0123456789abcdef";

	for (int octet = 0; octet < 256; octet++) {
		char lower = sl_octet_lower((char)octet);
		const char *at = lower ? strchr(digits, lower) : NULL;

		ck_assert_int_eq(sl_octet_hex((char)octet), at ? (int)(at - digits) : -1);
	}
}
END_TEST

START_TEST(only_letters_have_a_lower_case)
{
	for (int octet = 0; octet < 256; octet++) {
		bool is_capital = octet >= 'A' && octet <= 'Z';

		ck_assert_int_eq((uint8_t)sl_octet_lower((char)octet),
				 is_capital ? octet + 32 : octet);
	}
}
END_TEST

Suite *octet_suite(void)
{
	Suite *suite = suite_create("octet");
	TCase *tcase = tcase_create("octet");

	tcase_add_test(tcase, each_class_has_its_bytes);
	tcase_add_test(tcase, hexadecimal_digits);
	tcase_add_test(tcase, only_letters_have_a_lower_case);
	suite_add_tcase(suite, tcase);
	return suite;
}
