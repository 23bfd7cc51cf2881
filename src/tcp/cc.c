/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp/cc.h"

#include "base/minmax.h"
#include "tcp/limits.h"

static const struct sl_cc_ops *const algorithms[] = {
	[SL_CONGESTION_CUBIC] = &sl_cc_cubic,
	[SL_CONGESTION_BBR] = &sl_cc_bbr,
	[SL_CONGESTION_NEWRENO] = &sl_cc_newreno,
};

const struct sl_cc_ops *sl_cc_ops(const struct sl_cc *cc)
{
	return algorithms[cc->algorithm];
}

uint32_t sl_cc_initial_window(uint32_t mss_bytes)
{
	uint32_t bytes = max_u32(2 * mss_bytes, SL_TCP_INITIAL_BYTES);

	return min_u32(bytes, SL_TCP_INITIAL_SEGMENTS * mss_bytes);
}
