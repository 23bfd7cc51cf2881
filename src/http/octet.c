/* SPDX-License-Identifier: BSD-2-Clause */
#include "http/octet.h"

enum {
	VISIBLE = SL_OCTET_VALUE | SL_OCTET_TARGET | SL_OCTET_ETAG,
	/* unreserved, and the sub-delims that are tchars: at home everywhere */
	PLAIN = VISIBLE | SL_OCTET_TOKEN | SL_OCTET_HOST | SL_OCTET_PATH,
	/* the other sub-delims */
	DELIMITER = VISIBLE | SL_OCTET_HOST | SL_OCTET_PATH,
	BLANK = SL_OCTET_VALUE,
};

const uint8_t sl_octet_classes[256] = {
	['\t'] = BLANK,
	[' '] = BLANK,
	['!'] = PLAIN,
	['"'] = SL_OCTET_VALUE | SL_OCTET_TARGET,
	['#'] = SL_OCTET_VALUE | SL_OCTET_ETAG | SL_OCTET_TOKEN,
	['$'] = PLAIN,
	['%'] = VISIBLE | SL_OCTET_TOKEN | SL_OCTET_HOST,
	['&' ... '\''] = PLAIN,
	['(' ... ')'] = DELIMITER,
	['*' ... '+'] = PLAIN,
	[','] = DELIMITER,
	['-' ... '.'] = PLAIN,
	['/'] = VISIBLE,
	['0' ... '9'] = PLAIN | SL_OCTET_DIGIT,
	[':'] = VISIBLE | SL_OCTET_PATH,
	[';'] = DELIMITER,
	['<'] = VISIBLE,
	['='] = DELIMITER,
	['>' ... '?'] = VISIBLE,
	['@'] = VISIBLE | SL_OCTET_PATH,
	['A' ... 'Z'] = PLAIN,
	['[' ... ']'] = VISIBLE,
	['^'] = VISIBLE | SL_OCTET_TOKEN,
	['_'] = PLAIN,
	['`'] = VISIBLE | SL_OCTET_TOKEN,
	['a' ... 'z'] = PLAIN,
	['{'] = VISIBLE,
	['|'] = VISIBLE | SL_OCTET_TOKEN,
	['}'] = VISIBLE,
	['~'] = PLAIN,
	[0x80 ... 0xff] = VISIBLE,
};
