/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SL_HTTP_HOST_H
#define SL_HTTP_HOST_H

#include <stdbool.h>

#include "http/slice.h"

/* uri-host [ ":" port ] (RFC 9110, 7.2; RFC 3986, 3.2.2): a name, an IPv4 address or an IPv6
 * address in brackets, as far as bytes go; an empty name is one. No user information: whoever puts
 * an @ in a host wants it read in two ways. */
bool sl_host_valid(struct sl_slice text);

#endif
