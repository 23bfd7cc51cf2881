#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# kill -9 while serving: steering dies with the process, and what is not ours (a ping, a TCP
# connection to another port) never notices that we were there.

. "$(dirname "$0")/lib.sh"
. "$top/tests/netns/others.sh"

need ip ethtool ping python3 openssl curl

serving()
{
	[ "$(stat -c %s "$work/download")" -gt 1000000 ] && kill -0 "$curl_pid"
}

kill_server()
{
	sluice_stop KILL
	[ $? = 137 ]
}

reset_or_silent()
{
	wait "$curl_pid"
	[ $? != 0 ] && [ "$(stat -c %s "$work/download")" -lt "$(stat -c %s "$root$big")" ]
}

# A refusal, which takes no time, not silence.
kernel_refuses()
{
	client_curl -o /dev/null "https://$server_ip/"
	[ $? = 7 ]
}

ok "namespaces" net_pair
ok "media" media_mount
ok "certificate" cert_make
phase before
echo_server
within 5 tcp_answers "$server_ip" 22
echo_client
ok "ping and TCP before" others_undisturbed before

phase during
ok "the server starts" sluice_start
ok "an XDP program is attached" xdp_attached
: >"$work/download"
# Slow enough to last, and given up soon after the server has gone.
SL_TIMEOUT_S=20 client_curl --limit-rate 5M --speed-time 3 --speed-limit 1 -o "$work/download" \
	"https://$server_ip$big" 2>/dev/null &
curl_pid=$!
ok "a download is running" within 10 serving
ok "ping and TCP during the download" others_undisturbed during

phase after
ok "kill -9" kill_server
ok "the XDP program is gone" within 2 not xdp_attached
ok "ping and TCP after" others_undisturbed after
ok "the download did not end as if it were complete" reset_or_silent
ok "the kernel refuses connections to our port again" kernel_refuses

ok "a second server starts on the same queue" sluice_start
ok "and serves" fetch /medium.bin
ok "and ends when told to" sluice_stop
ok "the XDP program is gone again" not xdp_attached
finish
