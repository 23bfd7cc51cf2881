#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# kill -9 while serving: steering dies with the process, and what is not ours (a ping, a TCP
# connection to another port) never notices that we were there.

. "$(dirname "$0")/lib.sh"

need ip ethtool ping python3 openssl curl

# Echoes lines, as an interactive session would: on port 22 of the server's own kernel.
echo_server()
{
	in_server python3 -c '
import socketserver
class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line)
socketserver.TCPServer(("'"$server_ip"'", 22), Echo).serve_forever()' &
}

# One connection over the whole test; every echo that came back within a second is a line in
# $work/echoes, and its phase.
echo_client()
{
	in_client python3 -c '
import socket, sys, time
connection = socket.create_connection(("'"$server_ip"'", 22), timeout=1)
replies = connection.makefile("rb")
n = 0
while True:
    phase = open("'"$work/phase"'").read().strip()
    connection.sendall(b"%d\n" % n)
    if replies.readline() != b"%d\n" % n:
        sys.exit("wrong echo")
    print(phase, flush=True)
    n += 1
    time.sleep(0.02)' >"$work/echoes" 2>"$work/echo-errors" &
	echo_pid=$!
}

phase()
{
	echo "$1" >"$work/phase.new"
	mv "$work/phase.new" "$work/phase"
}

# Ten echoes and three pings in this phase, and the one connection still lives.
others_undisturbed()
{
	local before

	before=$(grep -cx "$1" "$work/echoes")
	within 5 enough_echoes "$1" $((before + 10)) || { cat "$work/echo-errors"; return 1; }
	kill -0 "$echo_pid" || return 1
	in_client ping -c 3 -i 0.2 -W 1 "$server_ip" | grep ' 0% packet loss'
}

enough_echoes()
{
	[ "$(grep -cx "$1" "$work/echoes")" -ge "$2" ]
}

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
