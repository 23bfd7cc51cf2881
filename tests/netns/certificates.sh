#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Certificates as clients and operators see them: by name and by kind of key, with a staple, renewed
# while downloads run, or not if the new ones do not fit; sessions that another process resumes, but
# not another name.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
. "$top/tests/netns/download.sh"

need ip ethtool openssl curl cmp jq

medium=/medium.bin
tls=$work/tls # all files of this script

# ---- an authority -------------------------------------------------------------------------------

key_make() # FILE ec|rsa
{
	case $2 in
	ec) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" ;;
	rsa) openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$1" ;;
	esac 2>/dev/null
}

authority_make()
{
	mkdir -p "$tls/dir"
	key_make "$tls/ca.key" ec
	openssl req -x509 -new -key "$tls/ca.key" -days 30 -subj /CN=authority \
		-out "$tls/ca.pem" && : >"$tls/index"
}

# issue FILE ec|rsa SUBJECT NAMES [DAYS]: FILE.pem, its chain in it, and FILE.key.
issue()
{
	local file=$tls/$1 serial

	serial=$(openssl rand -hex 8)
	key_make "$file.key" "$2"
	openssl req -new -key "$file.key" -subj "/CN=$3" 2>/dev/null |
		openssl x509 -req -CA "$tls/ca.pem" -CAkey "$tls/ca.key" -set_serial "0x$serial" \
			-days "${5:-30}" -extfile <(echo "subjectAltName=$4") \
			>"$file.leaf" 2>/dev/null || return 1
	cat "$file.leaf" "$tls/ca.pem" >"$file.pem.next"
	printf 'V\t491231235959Z\t\t%s\tunknown\t/CN=%s\n' "${serial^^}" "$3" >>"$tls/index"
	mv "$file.pem.next" "$file.pem"
}

# staple FILE: what the authority says of FILE.pem, for a day.
staple()
{
	local file=$tls/$1

	openssl ocsp -issuer "$tls/ca.pem" -cert "$file.leaf" -no_nonce -reqout "$file.req" \
		>/dev/null 2>&1 &&
		openssl ocsp -index "$tls/index" -CA "$tls/ca.pem" -rsigner "$tls/ca.pem" \
			-rkey "$tls/ca.key" -reqin "$file.req" -respout "$file.answer" -ndays 1 \
			>/dev/null 2>&1 &&
		mv "$file.answer" "$file.pem.ocsp"
}

# ---- clients ------------------------------------------------------------------------------------

# hello OPTION…: what s_client says of one connection with a request.
hello()
{
	request / | in_client timeout 20 openssl s_client -ign_eof -CAfile "$tls/ca.pem" \
		-connect "$server_ip:443" "$@" 2>&1
}

# shown OPTION…: the subject of the certificate that this client gets.
shown()
{
	hello "$@" | openssl x509 -noout -subject -nameopt sep_multiline,sname |
		sed -n 's/^ *CN=//p'
}

# shows SUBJECT OPTION…
shows()
{
	local subject

	subject=$(shown "${@:2}")
	echo "shown: $subject"
	[ "$subject" = "$1" ]
}

verified()
{
	hello -servername "$1" -verify_hostname "$1" -verify_return_error |
		grep 'Verify return code: 0 (ok)'
}

# serial_of FILE: of the certificate in that file.
serial_of()
{
	openssl x509 -in "$tls/$1.pem" -noout -serial
}

# in_force FILE NAME: it is what a client of that name gets.
in_force()
{
	[ "$(hello -servername "$2" | openssl x509 -noout -serial)" = "$(serial_of "$1")" ]
}

# says PATTERN: the server's log does.
says()
{
	grep -E "$1" "$work/sluice.log"
}

stapled()
{
	hello -servername "$1" -status | grep -a "OCSP Response Status: successful"
}

process_stat()
{
	"$SLUICE" stats --run-dir "$run_dir" --json | jq ".$1"
}

# ---- sessions -----------------------------------------------------------------------------------

# session_keep VERSION NAME: a session of that version, in $work/session.
session_keep()
{
	rm -f "$work/session"
	hello "-$1" -servername "$2" -sess_out "$work/session" | grep -a '^New, TLS' &&
		[ -s "$work/session" ]
}

# session_is Reused|New VERSION NAME
session_is()
{
	hello "-$2" -servername "$3" -sess_in "$work/session" | tee "$work/hello" |
		grep -a "^$1, TLS"
}

# ---- downloads meanwhile ------------------------------------------------------------------------

# New connections, one after the other, four at a time, until the file is gone.
visitors_start()
{
	local i

	touch "$work/visiting"
	: >"$work/visits"
	for i in 1 2 3 4; do
		while [ -e "$work/visiting" ]; do
			client_curl -o /dev/null --cacert "$tls/ca.pem" \
				--connect-to ::"$server_ip": -r 0-9999 \
				"https://first.example$medium" 2>>"$work/curl.log"
			echo $? >>"$work/visits"
		done &
	done
	client_curl --cacert "$tls/ca.pem" --connect-to ::"$server_ip": --limit-rate 8M \
		"https://first.example$medium" >"$work/download" 2>>"$work/curl.log" &
	curl_pid=$!
}

visitors_stop()
{
	rm -f "$work/visiting"
	wait "$curl_pid" && cmp "$work/download" "$root$medium"
}

# All of them were served, and there were many.
none_failed()
{
	sort "$work/visits" | uniq -c
	! grep -vx 0 "$work/visits" && [ "$(wc -l <"$work/visits")" -gt 20 ]
}

# ---- the operator's part ------------------------------------------------------------------------

serve()
{
	: >"$work/sluice.log"
	sluice_start --cert "$tls/rsa.pem" --key "$tls/rsa.key" \
		--cert "$tls/ec.pem" --key "$tls/ec.key" --cert "$tls/wild.both" \
		--cert-dir "$tls/dir" "$@"
}

# A pair that does not fit: the certificate is replaced, its key is not.
half_replace()
{
	cp "$tls/first.key" "$tls/old.key" && issue first ec first-3 DNS:first.example &&
		cp "$tls/first.key" "$tls/new.key" && cp "$tls/old.key" "$tls/first.key"
}

# As certbot does it: a link is turned to the next file of an archive.
renew_by_link()
{
	issue archive/cert2 ec linked-2 DNS:linked.example &&
		ln -s ../archive/cert2.key "$tls/dir/next.key" &&
		ln -s ../archive/cert2.pem "$tls/dir/next" &&
		mv -T "$tls/dir/next.key" "$tls/dir/linked.key" &&
		mv -T "$tls/dir/next" "$tls/dir/linked.pem"
}

# checks STATUS OPTION…: what sluice serve --check says and how it ends.
checks()
{
	local status

	in_server "$SLUICE" serve --check -i "$server_if" -r "$root" --run-dir "$run_dir" \
		"${listeners[@]}" "${@:2}"
	status=$?
	echo "exit $status"
	[ $status = "$1" ]
}

names_the_key()
{
	checks 1 --cert "$tls/first.pem" --key "$tls/rsa.key" 2>&1 |
		grep "key $tls/rsa.key does not belong to certificate $tls/first.pem"
}


ok "namespaces" net_pair
ok "media" media_mount
ok "an authority" authority_make
mkdir -p "$tls/archive"
ok "certificates" issue first ec first DNS:first.example,IP:$server_ip
issue rsa rsa both-rsa DNS:both.example
issue ec ec both-ec DNS:both.example
issue wild ec wild DNS:*.wild.example
cat "$tls/wild.pem" "$tls/wild.key" >"$tls/wild.both"
issue archive/cert1 ec linked-1 DNS:linked.example
ln -s ../archive/cert1.pem "$tls/dir/linked.pem"
ln -s ../archive/cert1.key "$tls/dir/linked.key"
listeners_of "$server_ip" "$server_ip6"
head -c 80 /dev/urandom >"$tls/tickets"

# What sluice_start begins with: the certificate for everybody.
cert=$tls/first.pem
key=$tls/first.key
ok "--check: all is well" checks 0 --cert "$tls/first.pem" --key "$tls/first.key"
ok "--check names a key that does not fit" names_the_key
ok "the server starts" serve
ok "and says which certificates there are" says "certificate $tls/wild.both: for \*.wild.example"

for version in tls1_3 tls1_2; do
	ok "$version: a name" shows first -$version -servername first.example
	ok "$version: another" shows linked-1 -$version -servername linked.example
	ok "$version: a wildcard" shows wild -$version -servername any.wild.example
	ok "$version: not two labels" shows first -$version -servername a.b.wild.example
	ok "$version: a name in capitals" shows wild -$version -servername ANY.Wild.Example
	ok "$version: no name" shows first -$version -noservername
	ok "$version: ECDSA" shows both-ec -$version -servername both.example \
		-sigalgs ECDSA+SHA256
	ok "$version: RSA" shows both-rsa -$version -servername both.example \
		-sigalgs RSA-PSS+SHA256
done
ok "a client that verifies" verified first.example
ok "one with a wildcard" verified any.wild.example

ok "no staple" not stapled first.example
ok "a staple is there" staple first
ok "and sent" within 10 stapled first.example
ok "of its own certificate only" not stapled linked.example
ok "a staple of another certificate" cp "$tls/first.pem.ocsp" "$tls/ec.pem.ocsp"
ok "is told of" within 10 says "staple $tls/ec.pem.ocsp: is about another certificate"
ok "and not sent" not stapled both.example
rm "$tls/ec.pem.ocsp"

reloads=$(process_stat certificate_reloads)
visitors_start
sleep 1
ok "a new certificate by rename, while clients come" issue first ec first-2 \
	"DNS:first.example,IP:$server_ip"
ok "is in force" within 15 in_force first first.example
ok "its staple is no more: it was another's" not stapled first.example
ok "a key that does not fit" half_replace
ok "is refused in one line" within 15 \
	says "error: key $tls/first.key does not belong to certificate.*stays in force"
ok "the old one stays" shows first-2 -servername first.example
ok "the key comes" cp "$tls/new.key" "$tls/first.key"
ok "and the pair is in force" within 15 in_force first first.example
kill -HUP "$sluice_pid"
ok "SIGHUP reads all again" within 5 says 'SIGHUP: reading certificates'
ok "links that turn" renew_by_link
ok "are followed" within 15 shows linked-2 -servername linked.example
ok "one more in the directory" issue dir/more ec more DNS:more.example
ok "is there" within 15 shows more -servername more.example
rm "$tls/dir/more.pem" "$tls/dir/more.key"
ok "one that goes is gone" within 15 shows first-3 -servername more.example
ok "the download was whole" visitors_stop
ok "and no visitor failed" none_failed
ok "reloads are counted" test "$(process_stat certificate_reloads)" -ge $((reloads + 5))
ok "and failures" test "$(process_stat certificate_reload_failures)" -ge 1
ok "no handshake was refused" test "$(stat_of handshakes_refused)" = 0
issue dir/soon ec soon DNS:soon.example 3
ok "one that expires soon is told of" within 15 says "certificate $tls/dir/soon.pem expires on"
ok "the server ends" sluice_stop

for version in tls1_3 tls1_2; do
	ok "$version: the server starts without ticket keys" serve
	ok "$version: a session" session_keep $version first.example
	ok "$version: is resumed" session_is Reused $version first.example
	ok "$version: not under another name" session_is New $version any.wild.example
	ok "$version: nor without a name" not grep -a ^Reused "$work/hello"
	ok "$version: the server ends" sluice_stop
	ok "$version: another process starts" serve --ticket-keys "$tls/tickets"
	ok "$version: it does not resume" session_is New $version first.example
	ok "$version: a session" session_keep $version first.example
	ok "$version: the server ends" sluice_stop
	ok "$version: one with the same key starts" serve --ticket-keys "$tls/tickets"
	ok "$version: it resumes" session_is Reused $version first.example
	head -c 80 /dev/urandom | cat - "$tls/tickets" >"$tls/next"
	reloads=$(process_stat certificate_reloads)
	mv "$tls/next" "$tls/tickets"
	ok "$version: a new key before it" within 15 \
		eval "[ \$(process_stat certificate_reloads) -gt $reloads ]"
	ok "$version: it still resumes" session_is Reused $version first.example
	head -c 80 "$tls/tickets" >"$tls/next"
	reloads=$(process_stat certificate_reloads)
	mv "$tls/next" "$tls/tickets"
	ok "$version: the old key goes" within 15 \
		eval "[ \$(process_stat certificate_reloads) -gt $reloads ]"
	ok "$version: it resumes no more" session_is New $version first.example
	ok "$version: the server ends" sluice_stop
done
finish
