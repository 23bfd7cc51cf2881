/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/problem.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

enum { PROBLEM_MAX_BYTES = 1024 };

static _Thread_local char problem_text[PROBLEM_MAX_BYTES];

int sl_tls_problem(int ret, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(problem_text, sizeof(problem_text), format, args);
	va_end(args);
	return ret;
}

int sl_tls_problem_file(const char *what, const char *path, int error)
{
	switch (error) {
	case ENOENT:
		return sl_tls_problem(-ENOENT, "%s %s: no such file; check the path", what, path);
	case EACCES:
		return sl_tls_problem(
		    -EACCES, "%s %s: permission denied; let the user that runs the server read it",
		    what, path);
	default:
		return sl_tls_problem(-error, "%s %s: %s", what, path, strerror(error));
	}
}

const char *sl_tls_problem_text(void)
{
	return problem_text;
}

const char *sl_tls_openssl_reason(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	return reason ? reason : "no reason given";
}

BIO *sl_tls_file_open(const char *path, int *error)
{
	FILE *file = fopen(path, "re");
	BIO *bio;

	*error = errno;
	if (!file)
		return NULL;
	bio = BIO_new_fp(file, BIO_CLOSE);
	*error = ENOMEM;
	if (!bio)
		fclose(file);
	return bio;
}
