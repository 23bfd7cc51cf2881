# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # sourced by lib.sh, which sets $work and undo
#
# The server under test, and the plainest of clients.

run_dir=$work/run

# listeners_of IP…: TLS on 443 and plain on 80, as options.
listeners_of()
{
	listeners=()
	local ip

	for ip; do
		[[ $ip != *:* ]] || ip="[$ip]"
		listeners+=(-l "$ip:443,tls" -l "$ip:80")
	done
}

# sluice_start [OPTIONS…]: serves $root on $listeners (both families, if nobody chose); OPTIONS are
# added. False if it ended or did not answer within ten seconds ($work/sluice.log says why).
sluice_start()
{
	mkdir -p "$run_dir"
	[ -n "${listeners-}" ] || listeners_of "$server_ip" "$server_ip6"
	ns_run "$server_ns" "$SLUICE" serve -i "$server_if" -r "$root" --cert "$cert" --key "$key" \
		--run-dir "$run_dir" "${listeners[@]}" "$@" >>"$work/sluice.log" 2>&1 &
	sluice_pid=$!
	undo ns_empty "$server_ns" # it keeps $root busy
	within 10 sluice_answers_or_died && kill -0 "$sluice_pid" 2>/dev/null
}

sluice_answers_or_died()
{
	! kill -0 "$sluice_pid" 2>/dev/null || tcp_answers "$server_ip" 80
}

# tcp_answers IP PORT: can the client connect?
tcp_answers()
{
	in_client timeout 1 bash -c ": </dev/tcp/$1/$2" 2>/dev/null
}

# sluice_stop [SIGNAL]: and waits for its end; returns its exit status.
sluice_stop()
{
	kill -"${1:-TERM}" "$sluice_pid" && wait "$sluice_pid"
}

# stat_of NAME: the sum of that counter over all workers.
stat_of()
{
	"$SLUICE" stats --run-dir "$run_dir" --json | jq "[.workers[].$1] | add"
}

# client_curl ARGUMENTS…: curl in the client's namespace, with the certificate; fails on HTTP
# errors.
client_curl()
{
	in_client curl -sS --fail --cacert "$cert" --max-time "${SL_TIMEOUT_S:-120}" "$@"
}

# fetch PATH [CURL ARGUMENTS…]: over TLS; the bytes must be the file's.
fetch()
{
	local path=$1 sum

	shift
	sum=$(client_curl "$@" "https://$server_ip$path" | sha256sum)
	[ "${sum%% *}" = "$(sum_of "$path")" ] || { echo "$path: wrong bytes"; return 1; }
}
