# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154,SC2034 # to be read after tests/netns/lib.sh
#
# What the interop scripts serve, and with which certificates.

file=/file.bin
file_bytes=$((1 << 20))

content_make()
{
	root=$work/root
	image_make "$work/content.img" 16 && loop_mount "$work/content.img" "$root" rw &&
		random_bytes $file_bytes >"$root$file" && sync -f "$root$file"
}

# cert_of KIND: $work/KIND.pem and KIND.key, ecdsa or rsa, for KIND.test and the server's address.
cert_of()
{
	local -a algorithm=(ec -pkeyopt ec_paramgen_curve:P-256)

	[ "$1" = ecdsa ] || algorithm=(rsa:2048)
	openssl req -x509 -newkey "${algorithm[@]}" -nodes -days 90 -subj "/CN=$1.test" \
		-addext "subjectAltName=DNS:$1.test,IP:$server_ip" \
		-keyout "$work/$1.key" -out "$work/$1.pem" 2>/dev/null
}

# serve_with KIND [OPTION…]
serve_with()
{
	cert=$work/$1.pem
	key=$work/$1.key
	client_of "$1"
	sluice_start "${@:2}"
}

# client_of KIND: whom clients ask for, and whom they trust.
client_of()
{
	ca=$work/$1.pem
	server_name=$1.test
}
