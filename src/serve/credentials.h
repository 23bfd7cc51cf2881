/* SPDX-License-Identifier: BSD-2-Clause */
/* Credentials: whether a certificate and its key can be used, asked before anything is set up. */
#ifndef SL_SERVE_CREDENTIALS_H
#define SL_SERVE_CREDENTIALS_H

/* Reads both PEM files and forgets them again. Errors, each with its line in the log: those of
 * sl_tls_context_open. Main thread, setup only. */
int sl_serve_check_credentials(const char *certificate_path, const char *key_path);

#endif
