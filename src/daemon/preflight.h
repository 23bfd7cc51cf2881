/* SPDX-License-Identifier: BSD-2-Clause */
/* Preflight: what can be known to be wrong before anything is touched. Each failure has its line in
 * the log, which says what to do. Main thread, setup only. */
#ifndef SL_DAEMON_PREFLIGHT_H
#define SL_DAEMON_PREFLIGHT_H

#include <stdint.h>

/* Interface there, up, and its MTU one that frames can hold: *mtu_bytes in [SL_MTU_MIN,
 * SL_MTU_MAX]. Errors: -ENODEV, -ENETDOWN, -EMSGSIZE, -errno of socket and ioctl. */
int sl_preflight_iface(const char *iface, uint32_t *mtu_bytes);

/* A directory this process may list and enter, with the privileges it has now. Errors: -ENOENT,
 * -ENOTDIR, -EACCES, -errno of stat. */
int sl_preflight_root(const char *root);

/* How many workers: wanted_cnt, or one a queue if that is 0. There must be as many as receive
 * queues, since a flow goes to the queue that the NIC's hash says. Errors: -EINVAL. */
int sl_preflight_workers(const char *iface, uint32_t queue_cnt, uint32_t wanted_cnt,
			 uint32_t *worker_cnt);

#endif
