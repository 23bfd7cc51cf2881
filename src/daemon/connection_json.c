/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <inttypes.h>

#include "base/bug.h"
#include "daemon/connection_print.h"

static void put_number(FILE *out, const char *name, uint64_t number)
{
	fprintf(out, ",\"%s\":%" PRIu64, name, number);
}

/* unknown is how the row says that there is none. */
static void put_known(FILE *out, const char *name, uint64_t number, uint64_t unknown)
{
	if (number == unknown)
		fprintf(out, ",\"%s\":null", name);
	else
		put_number(out, name, number);
}

static void put_bool(FILE *out, const char *name, bool value)
{
	fprintf(out, ",\"%s\":%s", name, value ? "true" : "false");
}

/* Of our own words and addresses: nothing in them needs escaping. */
static void put_word(FILE *out, const char *name, const char *word)
{
	fprintf(out, ",\"%s\":\"%s\"", name, word);
}

static void put_address(FILE *out, const char *name, const struct sl_address *address)
{
	bool ipv4 = sl_address_is_ipv4(address);
	char text[INET6_ADDRSTRLEN];

	BUG_ON(!inet_ntop(ipv4 ? AF_INET : AF_INET6, address->bytes + (ipv4 ? 12 : 0), text,
			  sizeof(text)));
	put_word(out, name, text);
}

static void put_tcp(FILE *out, const struct sl_tcp_info *tcp)
{
	put_word(out, "algorithm", sl_congestion_name(tcp->congestion));
	put_bool(out, "timestamps", tcp->timestamps);
	put_bool(out, "sack", tcp->sack);
	put_bool(out, "ecn", tcp->ecn);
	put_known(out, "peer_window_scale", tcp->window_scale ? tcp->peer_scale : UINT64_MAX,
		  UINT64_MAX);
	put_bool(out, "recovering", tcp->recovering);
	put_known(out, "rtt_ns", tcp->srtt_ns, 0);
	put_known(out, "rttvar_ns", tcp->srtt_ns ? tcp->rttvar_ns : 0, 0);
	put_known(out, "min_rtt_ns", tcp->min_rtt_ns, UINT64_MAX);
	put_number(out, "rto_ns", tcp->rto_ns);
	put_number(out, "backoff", tcp->backoff_cnt);
	put_number(out, "last_sent_ns", tcp->quiet_ns);
	put_number(out, "mss_bytes", tcp->mss_bytes);
	put_number(out, "pmtu_bytes", tcp->pmtu_bytes);
	put_number(out, "cwnd_bytes", tcp->cwnd_bytes);
	put_known(out, "ssthresh_bytes", tcp->ssthresh_bytes, UINT32_MAX);
	put_number(out, "peer_window_bytes", tcp->peer_window_bytes);
}

static void put_counts(FILE *out, const struct sl_tcp_info *tcp)
{
	put_number(out, "in_flight_bytes", tcp->in_flight_bytes);
	put_number(out, "being_made_bytes", tcp->being_made_bytes);
	put_number(out, "unacked_bytes", tcp->unacked_bytes);
	put_number(out, "sacked_bytes", tcp->sacked_bytes);
	put_number(out, "missing_bytes", tcp->missing_bytes);
	put_number(out, "sent_bytes", tcp->sent_bytes);
	put_number(out, "acked_bytes", tcp->acked_bytes);
	put_number(out, "lost_bytes", tcp->lost_bytes);
	put_number(out, "retransmitted_bytes", tcp->resent_bytes);
	put_number(out, "retransmitted_segments", tcp->resent_cnt);
	put_number(out, "retransmission_timeouts", tcp->rto_cnt);
	put_known(out, "pacing_bytes_per_s", tcp->pacing_rate, 0);
	put_known(out, "delivery_bytes_per_s", tcp->delivery_rate, 0);
	put_bool(out, "delivery_app_limited", tcp->delivery_app_limited);
}

void sl_connection_json(FILE *out, uint32_t worker_idx, const struct sl_snapshot_row *row)
{
	fprintf(out, "{\"worker\":%u", worker_idx);
	put_number(out, "connection", row->conn_idx);
	put_word(out, "state", sl_connection_state(row->tcp.state));
	put_address(out, "local_address", &row->tcp.local);
	put_number(out, "local_port", row->tcp.local_port);
	put_address(out, "peer_address", &row->tcp.peer);
	put_number(out, "peer_port", row->tcp.peer_port);
	put_bool(out, "tls", row->tls);
	put_word(out, "doing", sl_connection_doing(row->doing));
	put_number(out, "left_bytes", row->left_bytes);
	put_tcp(out, &row->tcp);
	put_counts(out, &row->tcp);
	fputs("}\n", out);
}
