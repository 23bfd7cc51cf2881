/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/credentials.h"

#include "base/log.h"
#include "tls/handshake.h"

int sl_serve_check_credentials(const char *certificate_path, const char *key_path)
{
	struct sl_tls_context *context;
	const char *problem;
	int error = sl_tls_context_open(&context, certificate_path, key_path, &problem);

	if (error < 0)
		sl_error("%s", problem);
	else
		sl_tls_context_close(context);
	return error;
}
