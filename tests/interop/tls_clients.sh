# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # sourced by tls.sh, after tests/netns/lib.sh
#
# Clients of eight TLS libraries. get_NAME VERSION SUITE TIMES fetches $file from $server_name (at
# $server_ip) so many times, each over a connection of its own that resumes the session before it;
# the last body goes to stdout, what was agreed on, as `version suite protocol new|resumed`, to the
# file $said, `-` for what the client does not tell. All offer h2 and http/1.1.
#
# VERSION is 1.2 or 1.3, SUITE a standard name. Clients that cannot choose a suite of TLS 1.3 are
# in $no_choice, those that take no session tickets of TLS 1.2 in $no_tickets_12.

no_choice=' python go '
no_tickets_12=' curl '
interop=$top/tests/interop

# What each client needs: tools, and the Debian packages with them.
declare -A tools=(
	[openssl]=openssl [gnutls]=gnutls-cli [curl]=curl [nss]='tstclnt certutil' [python]=python3
	[node]=node [go]=go [java]='java javac'
)
declare -A packages=(
	[openssl]=openssl [gnutls]=gnutls-bin [curl]=curl [nss]=libnss3-tools [python]=python3
	[node]=nodejs [go]=golang-go [java]=openjdk-17-jdk-headless
)

# ---- names of suites -----------------------------------------------------------------------------

openssl_suite()
{
	case $1 in
	TLS_ECDHE_*) openssl ciphers -stdname -v ALL | awk -v name="$1" '$1 == name { print $3 }' ;;
	*) echo "$1" ;;
	esac
}

standard_suite()
{
	case $1 in
	ECDHE-*) openssl ciphers -stdname -v ALL | awk -v name="$1" '$3 == name { print $1 }' ;;
	*) echo "$1" ;;
	esac
}

gnutls_cipher()
{
	case $1 in
	*AES_128_GCM*) echo AES-128-GCM ;;
	*AES_256_GCM*) echo AES-256-GCM ;;
	*CHACHA20*) echo CHACHA20-POLY1305 ;;
	esac
}

# As bytes, which is how NSS wants them.
suite_number()
{
	openssl ciphers -stdname -V ALL | sed -n "s/^ *0x\(..\),0x\(..\) - $1 .*/\1\2/p"
}

# ---- clients of their own ------------------------------------------------------------------------

requests()
{
	printf 'GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$file" "$server_name"
}

# The first connections say what was agreed on, the last one is quiet and gives the body.
get_openssl()
{
	local session=$work/openssl.session i
	local -a options=(-"tls${1/./_}" -connect "$server_ip:443" -servername "$server_name"
		-CAfile "$ca" -verify_return_error -verify_hostname "$server_name"
		-alpn "h2,http/1.1" -sess_out "$session")

	if [ "$1" = 1.3 ]; then
		options+=(-ciphersuites "$2")
	else
		options+=(-cipher "$(openssl_suite "$2")")
	fi
	rm -f "$session"
	for ((i = 0; i < $3; i++)); do
		[ $i = 0 ] || options+=(-sess_in "$session")
		requests | in_client timeout 20 openssl s_client "${options[@]}" -ign_eof \
			>"$work/openssl.out" 2>&1
	done
	openssl_said <"$work/openssl.out" >"$said"
	requests | in_client timeout 20 openssl s_client "${options[@]}" -quiet \
		2>"$work/openssl.err" | body
}

openssl_said()
{
	local text suite

	text=$(tr -d '\0' | grep -aE '^(New|Reused), |^ALPN protocol: ')
	suite=$(sed -n 's/.*Cipher is //p' <<<"$text" | tail -n 1)
	echo "$(sed -n 's/^[A-Za-z]*, \(TLSv[0-9.]*\),.*/\1/p' <<<"$text" | tail -n 1)" \
		"$(standard_suite "$suite")" "$(sed -n 's/^ALPN protocol: //p' <<<"$text")" \
		"$(grep -q ^Reused <<<"$text" && echo resumed || echo new)"
}

get_gnutls()
{
	local priority
	local -a again=()

	priority="NORMAL:-VERS-ALL:+VERS-TLS$1:-CIPHER-ALL:+$(gnutls_cipher "$2")"
	[ "$3" = 1 ] || again=(--resume --waitresumption)
	requests | LD_PRELOAD=$SL_BUILD_DIR/tests/netns/keep_buffers.so \
		in_client timeout 20 gnutls-cli --x509cafile "$ca" --logfile "$work/gnutls.log" \
		--priority "$priority" --sni-hostname "$server_name" \
		--verify-hostname "$server_name" --alpn h2 --alpn http/1.1 "${again[@]}" \
		-p 443 "$server_ip" | body
	gnutls_said "$2" <"$work/gnutls.log" >"$said"
}

# - Description: (TLS1.2)-(ECDHE-X25519)-(ECDSA-SECP256R1-SHA256)-(AES-128-GCM)
gnutls_said()
{
	local text description suite='?'

	text=$(cat)
	description=$(sed -n 's/^- Description: //p' <<<"$text" | tail -n 1)
	[[ $description != *"($(gnutls_cipher "$1"))"* ]] || suite=$1
	echo "$(sed 's/^(TLS\([0-9.]*\)[-)].*/TLSv\1/' <<<"$description")" "$suite" \
		"$(sed -n 's/^- Application protocol: //p' <<<"$text" | tail -n 1)" \
		"$(grep -q 'This is a resumed session' <<<"$text" && echo resumed || echo new)"
}

# A second URL of the same host resumes, as the first one's connection was closed.
get_curl()
{
	local option=--tls13-ciphers i
	local -a urls=()

	[ "$1" = 1.3 ] || option=--ciphers
	for ((i = 1; i < $3; i++)); do
		urls+=(-o /dev/null "https://$server_name$file")
	done
	in_client curl -sS -v --fail --max-time 20 --cacert "$ca" \
		--resolve "$server_name:443:$server_ip" --http2 -H 'Connection: close' \
		"--tlsv$1" --tls-max "$1" $option "$(openssl_suite "$2")" \
		"${urls[@]}" -o - "https://$server_name$file" 2>"$work/curl.log" || return 1
	curl_said <"$work/curl.log" >"$said"
}

curl_said()
{
	local text used

	text=$(cat)
	used=$(sed -n 's/^\* SSL connection using //p' <<<"$text" | tail -n 1)
	echo "${used%% *}" "$(standard_suite "${used##* }")" \
		"$(sed -n 's/^\* ALPN: server accepted //p' <<<"$text" | tail -n 1)" \
		"$(grep -qi 're-using session ID' <<<"$text" && echo resumed || echo new)"
}

# Offers no protocol. Prints the heads of responses, too. It ends in free() when it connects again
# after suites were chosen.
get_nss()
{
	local db=$work/nss
	local -a options=(-L "$3")

	[ "$3" != 1 ] || options=(-c ":$(suite_number "$2")")

	if [ ! -d "$db" ]; then
		mkdir "$db" && certutil -N -d "sql:$db" --empty-password || return 1
	fi
	certutil -A -d "sql:$db" -n "${ca##*/}" -t C,, -i "$ca" || return 1
	requests >"$work/nss.request"
	in_client timeout 20 tstclnt -4 -h "$server_ip" -p 443 -a "$server_name" -d "sql:$db" \
		-V "tls$1:tls$1" -u -v "${options[@]}" -A "$work/nss.request" \
		2>"$work/nss.log" | tail -c "$file_bytes"
	nss_said "$2" <"$work/nss.log" >"$said"
}

# It counts versions on from SSL 3, and does not distinguish AES-GCM's suites in another way.
nss_said()
{
	local text used suite='?'

	text=$(cat)
	used=$(sed -n 's/.*SSL version 3\.//p' <<<"$text" | tail -n 1)
	case $1,$used in
	*AES_128*,*128-bit\ AES-GCM* | *AES_256*,*256-bit\ AES-GCM*) suite=$1 ;;
	*CHACHA*,*CHACHA20POLY1305*) suite=$1 ;;
	esac
	echo "TLSv1.$((${used%% *} - 1))" "$suite" - \
		"$(grep -q '^1 stateless resumes' <<<"$text" && echo resumed || echo new)"
}

# ---- languages -----------------------------------------------------------------------------------

# language COMMAND… -- VERSION SUITE TIMES: a program of tests/interop.
language()
{
	local -a command=()

	while [ "$1" != -- ]; do
		command+=("$1")
		shift
	done
	in_client timeout 40 "${command[@]}" "$server_ip" 443 "$server_name" "$ca" "$2" "$3" \
		"$file" "$4" 2>"$work/language.log" || { cat "$work/language.log" >&2; return 1; }
	tail -n 1 "$work/language.log" >"$said"
}

get_python()
{
	language python3 "$interop/client.py" -- "$1" "$(openssl_suite "$2")" "$3" || return 1
	read -r version suite protocol session <"$said"
	echo "$version $(standard_suite "$suite") $protocol $session" >"$said"
}

get_node()
{
	language node "$interop/client.js" -- "$1" "$(openssl_suite "$2")" "$3"
}

get_go()
{
	if [ ! -x "$work/go/client" ]; then
		GOCACHE=$work/go GO111MODULE=off go build -o "$work/go/client" \
			"$interop/client.go" || return 1
	fi
	language "$work/go/client" -- "$@"
}

get_java()
{
	if [ ! -d "$work/java" ]; then
		javac -d "$work/java" "$interop/Client.java" || return 1
	fi
	echo "$server_ip $server_name" >"$work/hosts"
	language java -Xshare:auto -XX:TieredStopAtLevel=1 -Djdk.net.hosts.file="$work/hosts" \
		-cp "$work/java" Client -- "$@"
}
