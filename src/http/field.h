/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Field: header fields and what their values are made of (RFC 9110, 5.5 and 5.6). The slices given
 * are of a head that sl_request_parse has found well formed; nothing here looks outside them.
 */
#ifndef SL_HTTP_FIELD_H
#define SL_HTTP_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "http/slice.h"

/* text equals lower (which is in lower case), ASCII case ignored. */
bool sl_field_is(struct sl_slice text, const char *lower);

/* Without the spaces and tabs at both ends (OWS: RFC 9110, 5.6.3). */
struct sl_slice sl_field_trim(struct sl_slice text);

/* Takes the next member off the front of a comma-separated list (RFC 9110, 5.6.1): trimmed, empty
 * ones skipped. False at the end. Not for lists whose members may hold a comma. */
bool sl_field_take_member(struct sl_slice *list, struct sl_slice *member);

/* Takes 1*DIGIT off the front; false, and nothing taken, if there is none. A number that does not
 * fit is UINT64_MAX: larger than any size there is. */
bool sl_field_take_number(struct sl_slice *text, uint64_t *number);

/* Takes the next field line off the front of a field section (struct sl_request's fields): its name
 * and its trimmed value. False at the end. */
bool sl_field_take_line(struct sl_slice *fields, struct sl_slice *name, struct sl_slice *value);

#endif
