/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "daemon/preflight.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"

static int check_mtu(const char *iface, int mtu_bytes)
{
	if (mtu_bytes >= SL_MTU_MIN && mtu_bytes <= SL_MTU_MAX)
		return 0;
	sl_error("interface %s: its MTU is %d, Sluice needs %d to %d: ip link set dev %s mtu 1500",
		 iface, mtu_bytes, SL_MTU_MIN, SL_MTU_MAX, iface);
	return -EMSGSIZE;
}

static int look_at(int fd, const char *iface, uint32_t *mtu_bytes)
{
	struct ifreq request = { 0 };

	memcpy(request.ifr_name, iface, strnlen(iface, IFNAMSIZ - 1));
	if (ioctl(fd, SIOCGIFFLAGS, &request) < 0) {
		int error = -errno;

		sl_error("interface %s: %s; ip link lists those that are there", iface,
			 error == -ENODEV ? "no such interface" : strerror(-error));
		return error;
	}
	if (!(request.ifr_flags & IFF_UP)) {
		sl_error("interface %s is down: ip link set dev %s up", iface, iface);
		return -ENETDOWN;
	}
	if (ioctl(fd, SIOCGIFMTU, &request) < 0) {
		int error = -errno;

		sl_error("interface %s: its MTU cannot be read: %s", iface, strerror(-error));
		return error;
	}
	*mtu_bytes = (uint32_t)request.ifr_mtu;
	return check_mtu(iface, request.ifr_mtu);
}

int sl_preflight_iface(const char *iface, uint32_t *mtu_bytes)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0) {
		error = -errno;
		sl_error("interface %s: no socket to look at it: %s", iface, strerror(-error));
		return error;
	}
	error = look_at(fd, iface, mtu_bytes);
	close(fd);
	return error;
}

int sl_preflight_root(const char *root)
{
	struct stat status;
	int error;

	if (stat(root, &status) < 0) {
		error = -errno;
		sl_error("root %s: %s; --root names the directory to serve", root,
			 strerror(-error));
		return error;
	}
	if (!S_ISDIR(status.st_mode)) {
		sl_error("root %s: not a directory; --root names the directory to serve", root);
		return -ENOTDIR;
	}
	if (faccessat(AT_FDCWD, root, R_OK | X_OK, AT_EACCESS) < 0) {
		error = -errno;
		sl_error("root %s: user %u may not read it: %s; the server has no privileges when "
			 "it reads, so chmod o+rx it or run Sluice as its owner",
			 root, geteuid(), strerror(-error));
		return error;
	}
	return 0;
}

int sl_preflight_workers(const char *iface, uint32_t queue_cnt, uint32_t wanted_cnt,
			 uint32_t *worker_cnt)
{
	if (wanted_cnt != 0 && wanted_cnt != queue_cnt) {
		sl_error("interface %s has %u receive queue%s, --workers says %u: each queue needs "
			 "a worker, so leave --workers out, or: ethtool -L %s combined %u",
			 iface, queue_cnt, queue_cnt == 1 ? "" : "s", wanted_cnt, iface,
			 wanted_cnt);
		return -EINVAL;
	}
	if (queue_cnt > SL_WORKERS_MAX) {
		sl_error("interface %s has %u receive queues, Sluice serves %d at most: "
			 "ethtool -L %s combined %d",
			 iface, queue_cnt, SL_WORKERS_MAX, iface, SL_WORKERS_MAX);
		return -EINVAL;
	}
	*worker_cnt = queue_cnt;
	return 0;
}
