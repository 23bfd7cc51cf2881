/* SPDX-License-Identifier: BSD-2-Clause */
/* Problem: the one line that says what is wrong with a file, for whoever set it up. The text is the
 * thread's and stays until the next problem. For the files of this room; setup only. */
#ifndef SL_TLS_PROBLEM_H
#define SL_TLS_PROBLEM_H

#include <openssl/bio.h>

/* Writes the text; returns ret. */
__attribute__((format(printf, 2, 3))) int sl_tls_problem(int ret, const char *format, ...);

/* The same for what fopen or read says of a file: "WHAT PATH: …". Returns -error. */
int sl_tls_problem_file(const char *what, const char *path, int error);

const char *sl_tls_problem_text(void);

/* What OpenSSL said first: the cause, not what became of it. */
const char *sl_tls_openssl_reason(void);

/* A file to read from, or NULL with errno in *error. BIO_free closes it. */
BIO *sl_tls_file_open(const char *path, int *error);

#endif
