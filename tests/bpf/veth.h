/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A link to test on: a veth pair between two network namespaces that only this process has, so they
 * vanish with it, however it ends. The process stays in the near one, where Sluice would run.
 *
 *      near: sl-nic-near, 192.0.2.1, 2001:db8::1  ════  far: sl-nic-far, 192.0.2.2, 2001:db8::2
 */
#ifndef SL_TESTS_BPF_VETH_H
#define SL_TESTS_BPF_VETH_H

#include <stdint.h>
#include <sys/types.h>

#include "base/address.h"
#include "nic/nic.h"

#define VETH_NEAR "sl-nic-near"
#define VETH_FAR  "sl-nic-far"

extern const uint8_t veth_near_mac[6], veth_far_mac[6];
extern const uint8_t veth_near_ipv4[4], veth_near_ipv6[16];

/* Once a process. It gets a mount namespace of its own, too. Fails the test on any error. */
void veth_open(void);

/* Runs a command line of the shell, here or in the far namespace. Fails the test if it fails. */
__attribute__((format(printf, 1, 2))) void veth_run(const char *format, ...);
__attribute__((format(printf, 1, 2))) void veth_run_far(const char *format, ...);

/* The near end has two queues to send on, instead of one. */
void veth_two_tx_queues(void);

/* Waits until packets pass: an interface that comes up is given its queueing discipline a moment
 * later, and drops what is sent before. */
void veth_settle(void);

/* socket(2) in the far namespace. */
int veth_far_socket(int family, int type, int protocol);

/* A raw socket at the far end. It sees what arrives there, of this Ethernet type only. */
int veth_far_packet_socket(uint16_t ethertype);

/* A listener of the near end, and the NIC that serves it. */
struct sl_listener veth_listener(uint16_t port);
struct sl_nic *veth_open_nic(const struct sl_nic_config *config);

/* Defaults for the near end's queue 0. */
struct sl_nic_config veth_nic_config(void);

/* Catches what is written to standard error until the text is taken; the text stays valid until
 * the next catch. */
void veth_catch_log(void);
const char *veth_take_log(void);

#endif
