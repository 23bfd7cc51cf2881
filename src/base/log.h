/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Log: lines for the operator, on standard error, with a syslog level in front when journald reads
 * it (JOURNAL_STREAM is set). Main thread and setup only: workers count, they do not log.
 */
#ifndef SL_BASE_LOG_H
#define SL_BASE_LOG_H

enum sl_log_level {
	SL_LOG_ERROR = 3, /* syslog's numbers */
	SL_LOG_WARNING = 4,
	SL_LOG_INFO = 6,
	SL_LOG_DEBUG = 7,
};

/* Lines above this level are dropped; SL_LOG_INFO to begin with. */
void sl_log_level(enum sl_log_level most);

/* One line; a newline is added. What, where, and what to do about it. */
__attribute__((format(printf, 2, 3))) void sl_log(enum sl_log_level level, const char *format, ...);

#define sl_error(...)   sl_log(SL_LOG_ERROR, __VA_ARGS__)
#define sl_warning(...) sl_log(SL_LOG_WARNING, __VA_ARGS__)
#define sl_info(...)    sl_log(SL_LOG_INFO, __VA_ARGS__)
#define sl_debug(...)   sl_log(SL_LOG_DEBUG, __VA_ARGS__)

#endif
