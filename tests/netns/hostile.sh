#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Hostile packets: what nmap, hping3 and hostile.py (scapy) send is answered as RFC 9293 and 5961
# say, and during each attack a bystander downloads on, every byte compared.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

need ip ethtool openssl curl jq python3 nmap hping3
/usr/bin/python3 -c 'import scapy' 2>/dev/null || {
	skip hostile.sh "scapy is not installed: ./bootstrap check installs it"
	finish
}

here=$top/tests/netns
stranger_ip=10.77.0.66 # hostile.py's: nobody's
stranger_ip6=fd77::66
file=/random.bin
conns_max=400
if [ -n "${SL_LIGHT:-}" ]; then
	packets=300
else
	packets=3000
fi

file_make()
{
	image_make "$work/image" 32 && loop_mount "$work/image" "$root" rw &&
		random_bytes 4000000 >"$root$file"
}

# ---- the bystander -------------------------------------------------------------------------------

# One TLS connection that fetches $file over and over, at some 8 MB/s, until it is told to stop.
bystander_start()
{
	rm -f "$work/stop" "$work/port"
	in_client /usr/bin/python3 - "$cert" "$server_ip" "$file" "$root$file" "$work" \
		>"$work/bystander.log" 2>&1 <<-'END' &
	import http.client, os, ssl, sys, time
	cert, host, path, same, work = sys.argv[1:]
	want = open(same, "rb").read()
	link = http.client.HTTPSConnection(host, timeout=60,
	                                   context=ssl.create_default_context(cafile=cert))
	cnt = 0
	while cnt == 0 or not os.path.exists(work + "/stop"):
	    link.request("GET", path)
	    port = link.sock.getsockname()[1]
	    response, got = link.getresponse(), b""
	    with open(work + "/port.new", "w") as file:
	        file.write("%u\n" % port)
	    os.rename(work + "/port.new", work + "/port")
	    while part := response.read(65536):
	        got += part
	        time.sleep(len(part) / 8e6)
	    assert got == want, "%u bytes, not the file's" % len(got)
	    assert link.sock and link.sock.getsockname()[1] == port, "another connection"
	    cnt += 1
	print(cnt, "downloads equal")
	END
	bystander_pid=$!
	within 30 test -s "$work/port"
}

bystander_content()
{
	: >"$work/stop"
	wait "$bystander_pid"
	set -- $?
	cat "$work/bystander.log"
	return "$1"
}

# ---- attacks -------------------------------------------------------------------------------------

# probes SERVER GROUP: hostile.py's checks are checks of this script's.
probes()
{
	local line status

	while IFS= read -r line; do
		case $line in
		'ok - '*) pass "$1: ${line#ok - }" ;;
		'FAIL - '*) fail "$1: ${line#FAIL - }" ;;
		*) echo "    $line" ;;
		esac
	done < <(in_client "$here/hostile.py" "$client_if" "$1" "$server_mac" "$file" "${@:2}" 2>&1)
	wait $!
	status=$?
	[ $status = 0 ] || fail "$1: hostile.py $2: exit $status"
}

# scan OPTION PORT STATE…: what nmap makes of ports. Its sources are the client's own.
scan()
{
	local option=$1

	shift
	in_client nmap -n -Pn --max-retries 1 --min-rtt-timeout 1500ms "$option" -p "$1,$3" \
		"$server_ip" >"$work/nmap" 2>&1
	cat "$work/nmap"
	grep -E "^$1/tcp +$2 " "$work/nmap" && grep -E "^$3/tcp +$4 " "$work/nmap"
}

# The operating system scan: six SYNs 100 ms apart, then SYNs and segments with odd flags and
# options for an open and a closed port. What counts here is that its own judgement of our sequence
# numbers is the best it has.
scan_os()
{
	in_client nmap -n -Pn -O -v --max-os-tries 1 -p 443,8080 "$server_ip" >"$work/nmap" 2>&1
	cat "$work/nmap"
	grep 'Difficulty=.*(Good luck!)' "$work/nmap"
}

# hping CNT OPTION…: so many packets for port 443. hping3 counts as an answer whatever comes from
# the server to the client, the bystander's packets too: so the sources are others, and all that is
# checked here is that it sent them.
hping()
{
	in_client hping3 -q -p 443 -c "$@" "$server_ip" >"$work/hping" 2>&1
	cat "$work/hping"
	grep "^$1 packets transmitted" "$work/hping"
}

# While SYNs come from addresses that never answer, more than the backlog holds, a real client gets
# in: by a cookie. Nobody was refused.
served_in_flood()
{
	local flood

	counters_note
	hping "$packets" -S --rand-source -i u500 &
	flood=$!
	within 5 grew syn_cookies_sent && served --connect-timeout 2 &&
		served --connect-timeout 2 &&
		wait $flood && grew syn_cookies_accepted && not grew connections_refused
}

# served [CURL ARGUMENTS…]: a new client, the right bytes.
served()
{
	client_curl "$@" -o "$work/got" "https://$server_ip$file" && cmp "$work/got" "$root$file"
}

# grew COUNTER…: each has since counters_note.
counters_note()
{
	"$SLUICE" stats --run-dir "$run_dir" --json >"$work/before"
}

grew()
{
	local name

	for name; do
		[ "$(stat_of "$name")" -gt "$(jq "[.workers[].$name] | add" "$work/before")" ] ||
			{ echo "$name did not"; return 1; }
	done
}

# survived DESCRIPTION: what the bystander saw.
survived()
{
	ok "the bystander's downloads are equal after $1" bystander_content
}

# ---- what is to be shown -------------------------------------------------------------------------

ok "namespaces" net_pair
root=$work/root
ok "a file to serve" file_make
ok "certificate" cert_make
server_mac=$(mac_of "$server_ns" "$server_if")
for ip in $stranger_ip $stranger_ip6; do # for what the server's kernel says to them
	ip -n "$server_ns" neigh replace "$ip" dev "$server_if" nud permanent \
		lladdr "$(mac_of "$client_ns" "$client_if")"
done
ok "the server starts" sluice_start --connections $conns_max
counters_note

ok "a bystander downloads" bystander_start
for ip in "$server_ip" "$server_ip6"; do
	probes "$ip" strangers
	probes "$ip" options
	probes "$ip" connected
	probes "$ip" timestamped
done
probes "$server_ip" headers
probes "$server_ip" numbers
ok "what was broken was counted" grew rx_bad_checksums rx_bad_options rx_bad_headers rx_truncated \
	rx_no_connection
survived "single packets"

ok "a bystander downloads" bystander_start
probes "$server_ip" stories
survived "storms and lies"

ok "a bystander downloads" bystander_start
probes "$server_ip" victim "$client_ip" "$(cat "$work/port")"
survived "blind packets for its own connection"

ok "a bystander downloads" bystander_start
ok "nmap -sS: open, closed by the kernel" scan -sS 443 open 8080 closed
ok "nmap -sF" scan -sF 443 'open\|filtered' 8080 closed
ok "nmap -sN" scan -sN 443 'open\|filtered' 8080 closed
ok "nmap -sX" scan -sX 443 'open\|filtered' 8080 closed
ok "nmap -sM" scan -sM 443 closed 8080 closed
ok "nmap -sA" scan -sA 443 unfiltered 8080 unfiltered
ok "nmap -O: sequence numbers cannot be predicted" scan_os
survived "nmap"

ok "a bystander downloads" bystander_start
ok "hping3: land" hping 20 -S -a "$server_ip" -s 443 -k -i u1000
ok "hping3: no flags" hping 100 -a $stranger_ip -i u1000
ok "hping3: all flags" hping 100 -FSRPAUXY -a $stranger_ip -i u1000
ok "hping3: bad checksums" hping 100 -S -b -a $stranger_ip -i u1000
ok "hping3: a flood of ACKs" hping "$packets" -A --rand-source -i u100
ok "hping3: a flood of fragments" hping "$packets" -S -f -d 64 --rand-source -i u200
ok "a new client is served" served
ok "hping3: new clients are served in a flood of SYNs" served_in_flood
survived "floods"
ok "the server ends" sluice_stop
finish
