/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/log.h"

/* To infinity where that is allowed (CAP_SYS_RESOURCE), else to the hard limit. */
static void raise_limit(__rlimit_resource_t resource, rlim_t wanted, const char *name)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) < 0)
		return;
	if (setrlimit(resource, &(struct rlimit){ .rlim_cur = wanted, .rlim_max = wanted }) < 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(resource, &limit);
		getrlimit(resource, &limit);
		sl_debug("limit of %s: %llu", name, (unsigned long long)limit.rlim_cur);
	}
}

void sl_privileges_raise_limits(void)
{
	struct rlimit files;

	/* UMEM and registered buffers are locked; with CAP_IPC_LOCK the kernel does not count. */
	raise_limit(RLIMIT_MEMLOCK, RLIM_INFINITY, "locked memory");
	/* Files have no infinity; the hard limit is the administrator's word. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0)
		raise_limit(RLIMIT_NOFILE, files.rlim_max, "open files");
}

/* Without CAP_SETPCAP (started by an unprivileged user with ambient capabilities) the bounding set
 * stays; no-new-privs makes it as good as empty, since nothing we could execute gains anything. */
static int apply(void)
{
	bool may_bound;

	if (capng_get_caps_process() < 0)
		return -EPERM;
	may_bound = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
	capng_clear(CAPNG_SELECT_ALL);
	if (may_bound && capng_apply(CAPNG_SELECT_BOUNDS) < 0)
		return -EPERM;
	return 0;
}

int sl_privileges_drop(bool dispatcher)
{
	const capng_type_t sets = CAPNG_EFFECTIVE | CAPNG_PERMITTED;
	int error = apply();

	/* Our own bpf_link goes with its descriptor, and sending needs nothing. The dispatcher is
	 * shared: to leave it, libxdp finds programs by number (CAP_SYS_ADMIN), loads a smaller
	 * dispatcher (CAP_BPF, CAP_PERFMON for extension programs) and attaches that
	 * (CAP_NET_ADMIN). */
	if (dispatcher)
		capng_updatev(CAPNG_ADD, sets, CAP_SYS_ADMIN, CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN,
			      -1);
	if (error == 0 && capng_apply(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT) < 0)
		error = -EPERM;
	if (error == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		error = -errno;
	if (error < 0)
		sl_error("privileges cannot be given up: %s; a security module may forbid capset",
			 strerror(-error));
	return error;
}
