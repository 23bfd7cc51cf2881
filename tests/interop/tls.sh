#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Other people's TLS: each client fetches a file over every version and suite from a server that has
# an ECDSA certificate for one name and an RSA certificate for another, and resumes; bytes are
# compared, and so is what was agreed on. Then hellos that are odd, and offers that are refused. The
# table at the end has a row for each client.
#
# usage: tls.sh [CLIENT…]    of openssl gnutls curl nss python node go java; without, those whose
#                            packages ./bootstrap check installs, and node if it is there

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"
. "$top/tests/netns/download.sh"
. "$top/tests/interop/lib.sh"
. "$top/tests/interop/tls_clients.sh"

need ip ethtool openssl jq cmp

said=$work/said

# ---- one cell of the table -----------------------------------------------------------------------

suites_of() # VERSION KIND
{
	if [ "$1" = 1.3 ]; then
		echo TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256
	else
		printf "TLS_ECDHE_${2^^}_WITH_%s " AES_128_GCM_SHA256 AES_256_GCM_SHA384 \
			CHACHA20_POLY1305_SHA256
	fi
}

# bytes_by CLIENT VERSION SUITE TIMES
bytes_by()
(
	set -o pipefail
	rm -f "$said"
	"get_$1" "$2" "$3" "$4" | cmp - <(random_bytes "$file_bytes")
)

# agreed CLIENT VERSION SUITE SESSION: on what was asked for, and http/1.1 of two protocols.
agreed()
{
	local version suite protocol session

	read -r version suite protocol session <"$said"
	echo "said: $version $suite $protocol $session"
	[ "$version" = "TLSv$2" ] && [[ $protocol = http/1.1 || $protocol = - ]] &&
		[ "$session" = "$4" ] && [[ $4 = resumed || $suite = "$3" || $3 = any ]]
}

fetches() # CLIENT VERSION SUITE
{
	bytes_by "$@" 1 && agreed "$@" new
}

resumes() # CLIENT VERSION SUITE
{
	bytes_by "$@" 2 && agreed "$@" resumed
}

# note CLIENT CELL STATUS: for the table.
declare -A cells=()
note()
{
	local cell=$1,$2

	if [ "$3" = 0 ]; then
		cells[$cell]=${cells[$cell]:-ok}
	else
		cells[$cell]=FAIL
	fi
}

run_client() # CLIENT KIND
{
	local version suite suites

	for version in 1.3 1.2; do
		suites=$(suites_of $version "$2")
		[ $version = 1.2 ] || [[ $no_choice != *" $1 "* ]] || suites=any
		[ -z "${SL_LIGHT:-}" ] || suites=${suites%% *}
		for suite in $suites; do
			ok "$1: TLS $version, $2, $suite" fetches "$1" $version "$suite"
			note "$1" "$version $2" $?
		done
		[ $version = 1.3 ] || [[ $no_tickets_12 != *" $1 "* ]] || continue
		ok "$1: TLS $version, $2, resumed" resumes "$1" $version "$suite"
		note "$1" "$version resumed" $?
	done
}

# ---- odd ones ------------------------------------------------------------------------------------

# refused ALERT OPTION…: what openssl s_client offers is answered with that alert.
refused()
{
	in_client timeout 10 openssl s_client -connect "$server_ip:443" "${@:2}" \
		</dev/null 2>&1 | grep -a "SSL alert number $1\$"
}

# RFC 5746, 4.5: a warning, and the connection goes on.
no_renegotiation()
{
	{
		sleep 0.5
		echo R
		sleep 0.5
	} | in_client timeout 10 openssl s_client -connect "$server_ip:443" -tls1_2 2>&1 |
		grep -a 'no renegotiation'
}

odd_hellos()
{
	in_client timeout 60 python3 "$interop/hellos.py" "$server_ip" 443 "$server_name"
}

odd_ones()
{
	ok "TLS 1.0 is refused: protocol_version" refused 70 -tls1 -cipher ALL:@SECLEVEL=0
	ok "TLS 1.1 is refused: protocol_version" refused 70 -tls1_1 -cipher ALL:@SECLEVEL=0
	ok "a fallback without need: inappropriate_fallback" refused 86 -tls1_2 -fallback_scsv
	ok "no protocol in common: no_application_protocol" refused 120 -alpn h2
	ok "no group in common: handshake_failure" refused 40 -groups P-521
	ok "renegotiation is refused" no_renegotiation
	ok "hellos that are unusual" odd_hellos
}

table()
{
	local client column
	local -a columns=('1.3 ecdsa' '1.3 rsa' '1.3 resumed' '1.2 ecdsa' '1.2 rsa' '1.2 resumed')

	printf '\n%-10s' client
	printf '%-13s' "${columns[@]}"
	echo
	for client in "${clients[@]}"; do
		printf '%-10s' "$client"
		for column in "${columns[@]}"; do
			printf '%-13s' "${cells[$client,$column]:--}"
		done
		echo
	done
	echo
}

# there CLIENT: are its tools?
there()
{
	local tool

	for tool in ${tools[$1]}; do
		command -v "$tool" >/dev/null || return 1
	done
}

# ---- what is to be shown -------------------------------------------------------------------------

if [ $# -gt 0 ]; then
	wanted=("$@")
else
	wanted=(openssl gnutls curl nss python)
	! there node || wanted+=(node)
fi
clients=()
for client in "${wanted[@]}"; do
	if there "$client"; then
		clients+=("$client")
	else
		skip "$client" \
			"${packages[$client]} is not installed: ./bootstrap interop does that"
	fi
done

ok "namespaces" net_pair
ok "content" content_make
ok "a certificate, ECDSA" cert_of ecdsa
ok "a certificate, RSA" cert_of rsa
ok "the server starts with both" serve_with ecdsa --cert "$work/rsa.pem" --key "$work/rsa.key"
for kind in ecdsa rsa; do
	client_of $kind
	for client in "${clients[@]}"; do
		run_client "$client" $kind
	done
done
ok "no handshake failed" [ "$(stat_of handshakes_failed)" = 0 ]
odd_ones
ok "the server ends" sluice_stop
table
finish
