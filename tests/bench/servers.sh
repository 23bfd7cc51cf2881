# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # sourced by lib.sh
#
# The servers that are compared, each on one core ($server_cpu) of $server_ns, serving $root over
# TLS 1.3 on port 443 with $cert and $key, no access log. One runs at a time.

: "${NGINX:=nginx}" "${H2O:=h2o}"

# nginx_configure READS: how it reads files. As its documentation says for large files:
#
# - direct: O_DIRECT from a thread pool. No open_file_cache: requests that share a descriptor
#   switch O_DIRECT off under each other's reads (pread fails with EINVAL).
# - cache: through the page cache, from a thread pool
# - cached: through the page cache, where everything is: no threads, descriptors kept
nginx_configure()
{
	local reads

	case $1 in
	direct) reads='aio threads=disk; directio 4k; output_buffers 1 256k;' ;;
	cache) reads='aio threads=disk; output_buffers 1 256k; open_file_cache max=65536;' ;;
	cached) reads='output_buffers 2 64k; open_file_cache max=65536;' ;;
	esac
	cat >"$work/nginx.conf" <<-END
	user root;
	worker_processes 1;
	pid $work/nginx.pid;
	error_log $work/nginx.log;
	thread_pool disk threads=32;
	events { worker_connections 32768; multi_accept on; }
	http {
		access_log off;
		sendfile on;
		tcp_nopush on;
		$reads
		${NGINX_EXTRA:-}
		keepalive_requests 1000000000;
		keepalive_timeout 60s;
		ssl_protocols TLSv1.3;
		ssl_certificate $cert;
		ssl_certificate_key $key;
		ssl_buffer_size 16k;
		server {
			listen $server_ip:443 ssl backlog=4096;
			root $root;
		}
	}
	END
}

nginx_run()
{
	nginx_configure "$1"
	server_spawn "$NGINX" -c "$work/nginx.conf" -e "$work/nginx.log" -g 'daemon off;'
}

# h2o_configure READS: its files always come through the page cache, read by its only thread, or
# with threadsN by N of them, so that one can wait for the disk while another sends.
h2o_configure()
{
	local threads=1

	[[ $1 != threads* ]] || threads=${1#threads}
	cat >"$work/h2o.yaml" <<-END
	user: root
	pid-file: $work/h2o.pid
	num-threads: $threads
	max-connections: 32768
	error-log: $work/h2o.log
	listen:
	  host: $server_ip
	  port: 443
	  ssl:
	    certificate-file: $cert
	    key-file: $key
	    minimum-version: TLSv1.3
	    neverbleed: OFF
	hosts:
	  default:
	    paths:
	      /:
	        file.dir: $root
	END
}

h2o_run()
{
	h2o_configure "$1"
	server_spawn "$H2O" -c "$work/h2o.yaml" >>"$work/h2o.log" 2>&1
}

sluice_run()
{
	mkdir -p "$run_dir"
	# shellcheck disable=SC2086 # a list of options
	server_spawn "$SLUICE" serve -i "$server_if" -r "$root" --cert "$cert" --key "$key" \
		--run-dir "$run_dir" -l "$server_ip:443,tls" --workers 1 ${SLUICE_OPTIONS-} \
		>>"$work/sluice.log" 2>&1
}

# server_spawn COMMAND…: on the server's core, in the memory cgroup if there is one.
server_spawn()
{
	(
		[ -z "${cgroup-}" ] || echo "$BASHPID" >"$cgroup/cgroup.procs"
		ulimit -n "$(ulimit -Hn)"
		ns_run "$server_ns" taskset -c "$server_cpu" "$@"
	) &
	server_pid=$!
	undo ns_empty "$server_ns" # it keeps $root busy
}

# server_start SERVER [READS]: sluice, nginx or h2o; waits until it answers.
server_start()
{
	case $1 in
	sluice) sluice_run ;;
	nginx) nginx_run "${2:-direct}" ;;
	h2o) h2o_run "${2:-cache}" ;;
	esac
	within 10 server_answers_or_died && kill -0 "$server_pid" 2>/dev/null && return
	echo "$1 does not answer: $(tail -n 5 "$work/$1.log")" >&2
	return 1
}

server_answers_or_died()
{
	! kill -0 "$server_pid" 2>/dev/null || tcp_answers "$server_ip" 443
}

server_stop()
{
	kill "$server_pid"
	wait "$server_pid" 2>/dev/null
}
