/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024 }; /* what is longer is cut; a path and a reason fit */

static enum sl_log_level most_level = SL_LOG_INFO;

void sl_log_level(enum sl_log_level most)
{
	most_level = most;
}

/* JOURNAL_STREAM is inherited by everything started from a service or a session, so it counts only
 * if the file it names is the one we write to (systemd.exec(5)). */
static bool journald_reads(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat status;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device &&
	       status.st_ino == inode;
}

static int start_line(char *line, enum sl_log_level level)
{
	const char *kind = level == SL_LOG_ERROR     ? "error: "
			   : level == SL_LOG_WARNING ? "warning: "
						     : "";

	if (journald_reads())
		return snprintf(line, LINE_MAX_BYTES, "<%d>", (int)level);
	return snprintf(line, LINE_MAX_BYTES, "sluice: %s", kind);
}

void sl_log(enum sl_log_level level, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	int start_off, text_bytes;
	size_t end_off;
	va_list arguments;

	if (level > most_level)
		return;
	start_off = start_line(line, level);
	va_start(arguments, format);
	text_bytes =
	    vsnprintf(line + start_off, sizeof(line) - (size_t)start_off, format, arguments);
	va_end(arguments);
	if (text_bytes < 0)
		return;

	end_off = (size_t)start_off + (size_t)text_bytes;
	if (end_off > sizeof(line) - 1)
		end_off = sizeof(line) - 1;
	/* File names may hold anything; a line stays one line, and a terminal obeys nobody. */
	for (size_t i = (size_t)start_off; i < end_off; i++) {
		if ((uint8_t)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	}
	line[end_off++] = '\n';
	/* One write, so that lines of several threads at start do not mix. Nothing is left to be
	 * done about an error here. */
	if (write(STDERR_FILENO, line, end_off) < 0)
		return;
}
