#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Other people's TLS: each client fetches a file over every version and suite, with an ECDSA and an
# RSA certificate, and resumes; bytes are compared, and so is what was agreed on. The table at the
# end has a row for each client.
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
		for suite in $suites; do
			ok "$1: TLS $version, $2, $suite" fetches "$1" $version "$suite"
			note "$1" "$version $2" $?
		done
		[ $version = 1.3 ] || [[ $no_tickets_12 != *" $1 "* ]] || continue
		ok "$1: TLS $version, $2, resumed" resumes "$1" $version "$suite"
		note "$1" "$version resumed" $?
	done
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
for kind in ecdsa rsa; do
	ok "a certificate, $kind" cert_of $kind
	ok "the server starts with it" serve_with $kind
	for client in "${clients[@]}"; do
		run_client "$client" $kind
	done
	ok "no handshake failed" [ "$(stat_of handshakes_failed)" = 0 ]
	ok "the server ends" sluice_stop
done
table
finish
