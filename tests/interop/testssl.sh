#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# testssl.sh examines Sluice and, beside it, nginx with the same certificate: it opens hundreds of
# odd connections (hellos of SSL 2, heartbeats, renegotiations, oracles …), which Sluice must
# survive, and nothing it finds may be worse than what it finds in nginx.
#
# usage: testssl.sh [KIND…]    of ecdsa rsa, the kinds of certificate; without, both

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"
. "$top/tests/netns/download.sh"
. "$top/tests/interop/lib.sh"

need ip ethtool openssl jq nginx python3
if ! command -v testssl >/dev/null; then
	skip "testssl.sh" "it is not installed: ./bootstrap interop installs it"
	finish
fi

# On a port that is none of Sluice's listeners, so in the kernel's hands.
nginx_port=444

# As it comes, but for the versions, where what comes depends on the distribution.
nginx_start()
{
	cat >"$work/nginx.conf" <<-END
	user root;
	worker_processes 1;
	pid $work/nginx.pid;
	events { }
	http {
		access_log off;
		ssl_protocols TLSv1.2 TLSv1.3;
		ssl_certificate $cert;
		ssl_certificate_key $key;
		server {
			listen $server_ip:$nginx_port ssl;
			root $root;
		}
	}
	END
	ns_run "$server_ns" nginx -c "$work/nginx.conf" -e "$work/nginx.log" -g 'daemon off;' &
	nginx_pid=$!
	undo ns_empty "$server_ns"
	within 10 tcp_answers "$server_ip" $nginx_port
}

nginx_stop()
{
	kill "$nginx_pid" && wait "$nginx_pid"
}

# examine NAME PORT: $work/NAME.json. Its exit status counts findings, so it says nothing to us. It
# gives up when two connections fail, which on a busy machine some do.
examine()
{
	rm -f "$work/$1.json"
	in_client env MAX_OSSL_FAIL=20 MAX_SOCKET_FAIL=20 MAX_HEADER_FAIL=20 \
		timeout 900 testssl --quiet --color 0 --warnings batch --nodns none \
		--add-ca "$ca" --connect-timeout 20 --openssl-timeout 20 \
		--jsonfile "$work/$1.json" "https://$server_ip:$2" >"$work/$1.txt" 2>&1
	jq -e 'any(.[]; .id == "scanTime" and .severity == "INFO")' "$work/$1.json"
}

compare()
{
	python3 "$top/tests/interop/testssl_compare.py" "$work/sluice.json" "$work/nginx.json" |
		tee "$work/findings-$1"
	return "${PIPESTATUS[0]}"
}

still_serves()
{
	client_curl "https://$server_ip$file" | cmp - "$root$file"
}

kinds=("$@")
[ $# -gt 0 ] || kinds=(ecdsa rsa)
ok "namespaces" net_pair
ok "content" content_make
for kind in "${kinds[@]}"; do
	ok "a certificate, $kind" cert_of "$kind"
	ok "the server starts with it" serve_with "$kind"
	ok "nginx starts with it" nginx_start
	ok "$kind: testssl.sh examines the server" examine sluice 443
	ok "$kind: testssl.sh examines nginx" examine nginx $nginx_port
	ok "$kind: nothing is worse than nginx's" compare "$kind"
	ok "the server still serves" still_serves
	ok "nginx ends" nginx_stop
	ok "the server ends" sluice_stop
done
for kind in "${kinds[@]}"; do
	[ ! -s "$work/findings-$kind" ] || sed "1i\\\\n$kind certificate:" "$work/findings-$kind"
done
finish
