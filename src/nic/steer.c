/* SPDX-License-Identifier: BSD-2-Clause */
#include "nic/steer.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <xdp/libxdp.h>

#include "base/alloc.h"
#include "base/bug.h"
#include "base/limits.h"
#include "base/log.h"
#include "nic/attach.h"
#include "nic/interface.h"
#include "sluice/steer.h"

_Static_assert((int)SL_LISTENERS_MAX <= STEER_LISTENERS_MAX, "every listener has its place");
_Static_assert((int)SL_WORKERS_MAX <= STEER_QUEUES_MAX, "every worker's queue has its place");

/* ---- what the libraries print ------------------------------------------------------------------
 */

enum { PRINT_MAX_BYTES = 512 };

__attribute__((format(printf, 2, 0))) static int print_debug(const char *library,
							     const char *format, va_list arguments)
{
	char line[PRINT_MAX_BYTES];

	vsnprintf(line, sizeof(line), format, arguments);
	line[strcspn(line, "\n")] = '\0';
	sl_debug("%s: %s", library, line);
	return 0;
}

__attribute__((format(printf, 2, 0))) static int print_libbpf(enum libbpf_print_level level,
							      const char *format, va_list arguments)
{
	(void)level;
	return print_debug("libbpf", format, arguments);
}

__attribute__((format(printf, 2, 0))) static int print_libxdp(enum libxdp_print_level level,
							      const char *format, va_list arguments)
{
	(void)level;
	return print_debug("libxdp", format, arguments);
}

/* They would print to standard error, several lines for one failure; ours says it in one. */
static void quieten_libraries(void)
{
	libbpf_set_print(print_libbpf);
	libxdp_set_print(print_libxdp);
}

/* ---- the maps ----------------------------------------------------------------------------------
 */

static int add_listeners(const struct sl_steer *steer, const struct sl_steer_config *config)
{
	int listeners = bpf_map__fd(steer->skel->maps.listeners);

	for (uint32_t i = 0; i < config->listener_cnt; i++) {
		const struct sl_listener *listener = &config->listeners[i];
		struct steer_listener key = { .port = htons(listener->port) };
		int error;

		BUG_ON(listener->any);
		memcpy(key.address, listener->address.bytes, sizeof(key.address));
		error = bpf_map_update_elem(listeners, &key, &i, BPF_ANY);
		if (error < 0) {
			sl_error("interface \"%s\": cannot tell the XDP program its listeners: %s",
				 config->iface, strerror(-error));
			return error;
		}
	}
	return 0;
}

int sl_steer_add_socket(struct sl_steer *steer, uint32_t queue, int xsk)
{
	int error = -EINVAL;

	if (queue < STEER_QUEUES_MAX)
		error =
		    bpf_map_update_elem(bpf_map__fd(steer->skel->maps.xsks), &queue, &xsk, BPF_ANY);
	if (error < 0)
		sl_error("cannot steer queue %u to its socket: %s", queue, strerror(-error));
	return error;
}

/* ---- open and close ----------------------------------------------------------------------------
 */

static void detach(struct sl_steer *steer)
{
	if (steer->mode == SL_STEER_DISPATCHER)
		sl_steer_detach_dispatcher(steer);
	else
		sl_steer_detach_link(steer);
}

static int attach(struct sl_steer *steer, const struct sl_steer_config *config)
{
	return config->dispatcher ? sl_steer_attach_dispatcher(steer, config)
				  : sl_steer_attach_link(steer, config);
}

static int open_interface(struct sl_steer *steer, const struct sl_steer_config *config)
{
	int mtu_bytes;

	steer->ifindex = sl_nic_ifindex(config->iface);
	if (steer->ifindex < 0)
		return steer->ifindex;
	mtu_bytes = sl_nic_check_mtu(config->iface);
	steer->long_packets = mtu_bytes > SL_MTU_FRAME_MAX;
	return mtu_bytes < 0 ? mtu_bytes : 0;
}

static int open_skeleton(struct sl_steer *steer)
{
	steer->skel = steer_bpf__open();
	if (steer->skel)
		return 0;
	sl_error("cannot open the XDP program in this executable: %s", strerror(errno));
	return -errno;
}

int sl_steer_open(struct sl_steer **out, const struct sl_steer_config *config)
{
	int before_cnt = sl_nic_rx_queues(config->iface);
	struct sl_steer *steer;
	int error;

	BUG_ON(config->listener_cnt > STEER_LISTENERS_MAX);
	quieten_libraries();
	steer = sl_alloc(1, sizeof(*steer));
	if (!steer)
		return -ENOMEM;
	error = open_interface(steer, config);
	if (error == 0)
		error = open_skeleton(steer);
	if (error < 0)
		goto fail_open;
	error = attach(steer, config);
	if (error < 0)
		goto fail_attach;
	error = sl_nic_check_queues(config->iface, before_cnt);
	if (error == 0)
		error = add_listeners(steer, config);
	if (error < 0)
		goto fail_attached;
	*out = steer;
	return 0;

fail_attached:
	detach(steer);
fail_attach:
	steer_bpf__destroy(steer->skel);
fail_open:
	sl_free(steer);
	return error;
}

int sl_steer_reattach(struct sl_steer *steer, const char *iface)
{
	const struct sl_steer_config config = { .iface = iface };

	if (steer->mode == SL_STEER_DISPATCHER) {
		sl_error(
		    "interface \"%s\": libxdp's dispatcher has to be loaded anew, which takes a "
		    "restart",
		    iface);
		return -EOPNOTSUPP;
	}
	steer->ifindex = sl_nic_ifindex(iface);
	if (steer->ifindex < 0)
		return steer->ifindex;
	return sl_steer_attach_link_again(steer, &config);
}

void sl_steer_close(struct sl_steer *steer)
{
	detach(steer);
	steer_bpf__destroy(steer->skel);
	sl_free(steer);
}

enum sl_steer_mode sl_steer_mode(const struct sl_steer *steer)
{
	return steer->mode;
}

uint32_t sl_steer_program_id(const struct sl_steer *steer)
{
	return steer->program_id;
}
