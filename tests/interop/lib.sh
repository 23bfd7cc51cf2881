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

serve_with() # KIND
{
	ca=$work/$1.pem
	cert=$ca
	key=$work/$1.key
	server_name=$1.test
	sluice_start
}
