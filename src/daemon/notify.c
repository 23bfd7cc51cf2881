/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

/* Enough for the teardown after the last response: the kernel takes a moment to let a queue go. */
#define TEARDOWN_NS (10 * SL_NS_PER_S)

/* An abstract name is written with @ where the socket has a NUL; it has no NUL at its end, so the
 * length says where it ends. */
static int manager_address(const char *name, struct sockaddr_un *address, socklen_t *len_bytes)
{
	size_t name_bytes = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || name_bytes < 2)
		return -EAFNOSUPPORT;
	if (name_bytes >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address->sun_path, name, name_bytes);
	if (name[0] == '@')
		address->sun_path[0] = '\0';
	*len_bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + name_bytes);
	return 0;
}

static int send_state(const char *state)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address;
	socklen_t len_bytes;
	int fd, error;

	if (!name || !*name)
		return 0;
	error = manager_address(name, &address, &len_bytes);
	if (error < 0)
		return error;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address, len_bytes) <
	    0)
		error = -errno;
	close(fd);
	return error < 0 ? error : 1;
}

int sl_notify_ready(const char *status)
{
	static const char prefix[] = "READY=1\nSTATUS=";
	char state[512];

	snprintf(state, sizeof(state), "%s%s", prefix, status);
	/* A newline in a path would start another variable. */
	for (char *at = state + sizeof(prefix) - 1; *at; at++) {
		if ((unsigned char)*at < ' ')
			*at = '?';
	}
	return send_state(state);
}

int sl_notify_stopping(uint64_t drain_ns)
{
	char state[128];

	snprintf(state, sizeof(state),
		 "STOPPING=1\nSTATUS=Letting responses finish\nEXTEND_TIMEOUT_USEC=%llu",
		 (unsigned long long)((drain_ns + TEARDOWN_NS) / SL_NS_PER_US));
	return send_state(state);
}
