# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # to be read after lib.sh
#
# What else goes on between client and server, none of it ours: a ping, and a TCP connection to port
# 22 of the server's kernel that was there before and must live on. The script says in which phase
# it is.

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

# echo_client [SECONDS]: one connection over the whole test; every echo that came back within so
# long (1) is a line in $work/echoes, and its phase.
echo_client()
{
	in_client python3 -c '
import socket, sys, time
connection = socket.create_connection(("'"$server_ip"'", 22), timeout=1)
connection.settimeout('"${1:-1}"')
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
