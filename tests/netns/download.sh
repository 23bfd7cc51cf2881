# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # to be read after lib.sh
#
# Clients of three TLS libraries, and what they must get. Nothing is kept: what arrives is compared
# while it arrives, with bytes that are made anew, not read from the server's disk.

# get_curl PATH [FIRST-LAST], get_openssl …, get_gnutls …: the body of that file, or of a range of
# it, over TLS 1.3. $client_options are added to the client's; with $openssl_version, s_client's may
# be another.
client_options=()
openssl_version=-tls1_3

get_curl()
{
	client_curl ${2:+--range "$2"} "${client_options[@]}" "https://$server_ip$1"
}

get_openssl()
{
	request "$@" | in_client timeout "${SL_TIMEOUT_S:-120}" openssl s_client -quiet \
		"$openssl_version" -connect "$server_ip:443" -CAfile "$cert" -verify_return_error \
		"${client_options[@]}" 2>>"$work/s_client.log" | body
}

get_gnutls()
{
	request "$@" | LD_PRELOAD=$SL_BUILD_DIR/tests/netns/keep_buffers.so \
		in_client timeout "${SL_TIMEOUT_S:-120}" gnutls-cli --x509cafile "$cert" \
		--logfile "$work/gnutls.log" --priority NORMAL:-VERS-ALL:+VERS-TLS1.3 \
		"${client_options[@]}" -p 443 "$server_ip" | body
}

# request PATH [FIRST-LAST]
request()
{
	printf 'GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n' "$1" "$server_ip"
	[ -z "${2-}" ] || printf 'Range: bytes=%s\r\n' "$2"
	printf '\r\n'
}

# What follows the head of a response, if that is a good one.
body()
{
	local status line=

	IFS= read -r status
	while IFS= read -r line && [ "$line" != $'\r' ]; do :; done
	case $status in
	"HTTP/1.1 200 "* | "HTTP/1.1 206 "*) cat ;;
	*)
		echo "status line: $status" >&2
		return 1
		;;
	esac
}

# equal CLIENT PATH BYTES [OFFSET]: what CLIENT (curl, openssl, gnutls) gets is right, to the last
# byte and not one more. BYTES is the file's size, or, with OFFSET, the size of a range.
equal()
{
	local client=$1 path=$2 cnt=$3 off=${4-} range=

	[ -z "$off" ] || range=$off-$((off + cnt - 1))
	(
		set -o pipefail
		"get_$client" "$path" "$range" | cmp - <(random_bytes "$cnt" "${off:-0}")
	)
}

# equal_together CNT BYTES PATH: so many curls at the same time, each at another part of the file.
equal_together()
{
	local -a pids=()
	local i status=0

	for ((i = 0; i < $1; i++)); do
		equal curl "$3" "$2" $((i * $2)) &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || status=1
	done
	return $status
}

# size_of PATH
size_of()
{
	stat -c %s "$root$1"
}
