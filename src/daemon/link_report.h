/* SPDX-License-Identifier: BSD-2-Clause */
/* Link report: what has happened to the interface, and what follows from it, in the log. */
#ifndef SL_DAEMON_LINK_REPORT_H
#define SL_DAEMON_LINK_REPORT_H

#include "daemon/link.h"

/* Whether there is an interface, if that has changed, in one line. */
void sl_link_report_presence(const struct sl_link *before, const struct sl_link *now);

/* What has changed of one that is served, a line each. start: as it was when the workers were made.
 */
void sl_link_report(const struct sl_link *start, const struct sl_link *before,
		    const struct sl_link *now, const struct sl_listener *listeners,
		    uint32_t listener_cnt);

#endif
