#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The server as a service manager sees it: what `make install` puts where, when it says that it is
# ready, and how it ends: what is being served is served, nothing new is taken, nothing is left.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

need ip ethtool openssl curl cmp python3 jq make

medium=/medium.bin
installed=$work/installed

# ---- installation --------------------------------------------------------------------------------

installs()
{
	make -s -C "$SL_BUILD_DIR" install DESTDIR="$installed" prefix=/usr sysconfdir=/etc ||
		return 1
	(cd "$installed" && find . -type f) | sort
	[ -x "$installed/usr/bin/sluice" ] &&
		[ -n "$(find "$installed" -name sluice.service)" ] &&
		[ -n "$(find "$installed" -name 'sluice.8*')" ]
}

unit_is_whole()
{
	local unit

	unit=$(find "$installed" -name sluice.service)
	grep -x 'Type=notify' "$unit" && grep -x 'Restart=on-failure' "$unit" &&
		grep '^LimitMEMLOCK=' "$unit" && grep '^CapabilityBoundingSet=' "$unit" &&
		grep 'EnvironmentFile=' "$unit" && grep '^ExecReload=' "$unit" &&
		! grep '@[a-z]*@' "$unit"
}

# ---- the service manager's end -------------------------------------------------------------------

# What the server says on $NOTIFY_SOCKET, a line a message: the time and its fields.
manager_start()
{
	export NOTIFY_SOCKET=$work/notify
	python3 -c '
import socket, sys
messages = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
messages.bind(sys.argv[1])
while True:
    print(messages.recv(4096).decode().replace("\n", " "), flush=True)' \
		"$NOTIFY_SOCKET" >>"$work/told" &
	undo kill $!
	within 5 test -S "$NOTIFY_SOCKET"
}

was_told()
{
	cat "$work/told"
	grep -q "$1" "$work/told"
}

# READY is the truth: the first connection after it is answered.
ready_means_ready()
{
	: >"$work/told"
	sluice_start --drain 4 && was_told READY=1
}

# ---- ending --------------------------------------------------------------------------------------

# download_start LIMIT: $medium at that rate, into $work/download.
download_start()
{
	: >"$work/download"
	client_curl --limit-rate "$1" -o "$work/download" "https://$server_ip$medium" \
		2>"$work/curl.log" &
	curl_pid=$!
	within 10 downloading
}

downloading()
{
	[ "$(stat -c %s "$work/download")" -gt 500000 ]
}

refuses_new_ones()
{
	client_curl -o /dev/null "https://$server_ip$medium"
	[ $? = 7 ]
}

download_is_whole()
{
	wait "$curl_pid" && cmp "$work/download" "$root$medium"
}

# ends_within SECONDS [STATUS]
ends_within()
{
	local status began=$SECONDS

	wait "$sluice_pid"
	status=$?
	echo "exit $status after $((SECONDS - began)) s"
	[ $status = "${2:-0}" ] && [ $((SECONDS - began)) -le "$1" ]
}

nothing_left()
{
	ls -A "$run_dir"
	[ -z "$(ls -A "$run_dir")" ] && within 2 not xdp_attached
}

# curl's 56: reset.
client_was_reset()
{
	kill -CONT "$1"
	wait "$1"
	[ $? = 56 ]
}


ok "make install" installs
ok "the unit is whole" unit_is_whole
ok "namespaces" net_pair
ok "media" media_mount
ok "certificate" cert_make
ok "a service manager" manager_start
rate=$(($(stat -c %s "$root$medium") / 3))

ok "ready when it serves" ready_means_ready
ok "a download of three seconds" download_start $rate
kill -TERM "$sluice_pid"
ok "SIGTERM: the manager is told" within 2 was_told STOPPING=1
ok "new connections are refused" refuses_new_ones
ok "the download is finished, byte for byte" download_is_whole
ok "then the server ends" ends_within 4
ok "and leaves nothing" nothing_left

ok "ready again" ready_means_ready
ok "a download" download_start 1M
kill -STOP "$curl_pid"
kill -TERM "$sluice_pid"
ok "SIGTERM with a client that has stalled: it waits, but not for ever" ends_within 6
ok "the client was reset" client_was_reset "$curl_pid"
ok "and nothing is left" nothing_left

ok "ready a third time" ready_means_ready
ok "a download" download_start 1M
kill -TERM "$sluice_pid"
within 2 was_told STOPPING=1 >/dev/null
kill -TERM "$sluice_pid"
ok "a second SIGTERM ends it at once" ends_within 1 1
ok "and steering with it" within 2 not xdp_attached
finish
