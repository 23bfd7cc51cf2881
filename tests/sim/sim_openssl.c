/* SPDX-License-Identifier: BSD-2-Clause */
/* The provider way (a library context with a random generator of one's own) would need the
 * production code's help; the method of old does not, and OpenSSL 3 still asks it first. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "sim_openssl.h"

#include <openssl/rand.h>
#include <time.h>

#include "base/bug.h"
#include "base/random.h"
#include "sim_clock.h"

static int fill(unsigned char *out, int len_bytes)
{
	sl_random_fill(out, (size_t)len_bytes);
	return 1;
}

static int always(void)
{
	return 1;
}

void sl_sim_openssl_seed(void)
{
	static RAND_METHOD method;

	method.bytes = fill;
	method.pseudorand = fill;
	method.status = always;
	BUG_ON(!RAND_set_rand_method(&method));
}

/* Instead of the C library's, which is shared and so asked second: session tickets hold it. */
time_t time(time_t *out)
{
	time_t now_s = (time_t)sl_clock_wall_s();

	if (out)
		*out = now_s;
	return now_s;
}
