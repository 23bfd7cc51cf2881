/* SPDX-License-Identifier: BSD-2-Clause */
/* Interface: what nic and steering both have to know about one before they touch it. */
#ifndef SL_NIC_INTERFACE_H
#define SL_NIC_INTERFACE_H

#include <stdbool.h>
#include <stdint.h>

/* The interface's index, or -ENODEV with its line in the log. System calls: ioctl. */
int sl_nic_ifindex(const char *iface);

/* Is the interface set up to defer interrupts while somebody polls it? False if sysfs does not
 * tell. */
bool sl_nic_defers_interrupts(const char *iface);

/* The interface's MTU, or -EMSGSIZE with its line in the log if its packets cannot be sent: longer
 * than SL_MTU_MAX, or than SL_MTU_FRAME_MAX and the kernel is older than Linux 6.6; or the errors
 * of sl_nic_mtu. System calls: ioctl; socket, bind. */
int sl_nic_check_mtu(const char *iface);

/* Queues to send on, from ethtool's channels (1 if the driver has none to tell), or -ENODEV,
 * -errno, with their line in the log. */
int sl_nic_tx_queues(const char *iface);

/* Does what is sent on cpu leave on this queue, and on no other? By XPS (sysfs, Documentation/
 * networking/scaling.rst), or because there is only one. False if nobody tells. */
bool sl_nic_sends_on(const char *iface, uint32_t cpu, uint32_t queue);

/* Has the mask, hexadecimal in words of 32 bits with commas between them, as sysfs writes it, the
 * bit of cpu? */
bool sl_nic_mask_has(const char *mask, uint32_t cpu);

/* Receive queues that the driver has in use, from sysfs; 0 if it does not tell. */
int sl_nic_rx_queues(const char *iface);

/* virtio_net with spare queues takes some for XDP_TX as soon as a program is attached, one for each
 * CPU, and the device then receives on them, too: packets of a listener that nobody would get. Were
 * there before_cnt queues before, and are there more now: -EINVAL with its line in the log. */
int sl_nic_check_queues(const char *iface, int before_cnt);

#endif
