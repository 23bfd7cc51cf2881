/* SPDX-License-Identifier: BSD-2-Clause */
/* The store's commands, beyond cmd_store.c, which tells them apart. Each returns the exit code. */
#ifndef SL_DAEMON_CMD_STORE_H
#define SL_DAEMON_CMD_STORE_H

#include "daemon/cmd.h"
#include "daemon/store_arguments.h"

int sl_cmd_store_import(const struct sl_store_arguments *arguments);
int sl_cmd_store_rm(const struct sl_store_arguments *arguments);
int sl_cmd_store_ls(const struct sl_store_arguments *arguments);
int sl_cmd_store_cat(const struct sl_store_arguments *arguments);
int sl_cmd_store_verify(const struct sl_store_arguments *arguments);
int sl_cmd_store_export(const struct sl_store_arguments *arguments);

#endif
