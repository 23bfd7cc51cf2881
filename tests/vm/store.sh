# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # sourced by run
#
# Stores on the guest's NVMe drives: by passthrough if a worker may send commands (Linux 6.2), else
# by O_DIRECT, and the same bytes either way.

guest_store_make()
{
	guest 'sluice store format --replicas 2 /dev/$small /dev/$large &&
		sluice store import /dev/$small /dev/$large -- /srv' 120
}

# guest_serve_store OPTIONS…: by the names of the character devices.
guest_serve_store()
{
	guest_serve_what '--store $(echo /dev/$small,/dev/$large | sed s/nvme/ng/g)' "$@"
}

# Of both namespaces the log says it.
passes_through()
{
	[ "$(guest "grep -c 'store .*: NVMe passthrough, ' $guest_log")" = 2 ]
}

store_tests()
{
	local passthrough=no

	! at_least 6.2 || passthrough=yes # before, only with CAP_SYS_ADMIN
	ok "a store on two namespaces, of 512- and of 4096-byte blocks" guest_store_make
	ok "it is served" guest_serve_store
	granted passthrough $passthrough "$(yes_if passes_through)"
	[ $passthrough = yes ] || ok "the log says why there is none" \
		guest "grep 'no NVMe passthrough: the kernel lets only' $guest_log"
	ok "the bytes are right" gets_big
	ok "no read failed" guest_reads_well
	ok "it ends" guest_end TERM 0
	[ $quick = no ] || return 0
	ok "verified, it is served" guest_serve_store --store-verify
	ok "and the bytes are right" gets_big
	ok "no read failed" guest_reads_well
	ok "it ends" guest_end TERM 0
}

guest_reads_well()
{
	[ "$(guest_stats '[.workers[] | .read_errors + .device_errors] | add')" = 0 ] &&
		[ "$(guest_stats '[.workers[] | .device_reads] | add')" -gt 0 ]
}
