/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>

#include "base/clock.h"
#include "daemon/connection_print.h"
#include "daemon/units.h"

enum { STATE_WIDTH = 12, ADDRESS_WIDTH = 28 };

const char *sl_connection_state(enum sl_tcp_state state)
{
	switch (state) {
	case SL_TCP_CLOSED:
		return "closed";
	case SL_TCP_SYN_SENT:
		return "syn-sent";
	case SL_TCP_SYN_RECEIVED:
		return "syn-recv";
	case SL_TCP_ESTABLISHED:
		return "established";
	case SL_TCP_FIN_WAIT_1:
		return "fin-wait-1";
	case SL_TCP_FIN_WAIT_2:
		return "fin-wait-2";
	case SL_TCP_CLOSE_WAIT:
		return "close-wait";
	case SL_TCP_CLOSING:
		return "closing";
	case SL_TCP_LAST_ACK:
		return "last-ack";
	case SL_TCP_TIME_WAIT:
		return "time-wait";
	}
	return "unknown";
}

const char *sl_connection_doing(enum sl_snapshot_doing doing)
{
	switch (doing) {
	case SL_DOING_OPENING:
		return "opening";
	case SL_DOING_HANDSHAKE:
		return "handshake";
	case SL_DOING_IDLE:
		return "idle";
	case SL_DOING_REQUEST:
		return "request";
	case SL_DOING_LOOKUP:
		return "lookup";
	case SL_DOING_RESPONSE:
		return "response";
	case SL_DOING_CLOSING:
		return "closing";
	}
	return "unknown";
}

static void put_place(FILE *out, const struct sl_address *address, uint16_t port)
{
	const struct sl_listener place = {
		.address = *address,
		.port = port,
		.ipv6 = !sl_address_is_ipv4(address),
	};
	char text[SL_ADDRESS_TEXT_BYTES];

	fprintf(out, " %-*s", ADDRESS_WIDTH, sl_listener_format(&place, text));
}

static void put_ms(FILE *out, const char *name, uint64_t ns)
{
	double ms = (double)ns / SL_NS_PER_MS;

	fprintf(out, "%s%.*f", name, ms < 10 ? 3 : ms < 1000 ? 1 : 0, ms);
}

static void put_bytes(FILE *out, const char *name, uint64_t bytes)
{
	if (bytes)
		fprintf(out, " %s:%" PRIu64, name, bytes);
}

static void put_rate(FILE *out, const char *name, uint64_t rate)
{
	char text[SL_UNITS_BYTES];

	if (rate)
		fprintf(out, " %s %sbit/s", name, sl_units_count(text, rate * 8));
}

static void put_options(FILE *out, const struct sl_tcp_info *tcp)
{
	if (tcp->timestamps)
		fputs(" ts", out);
	if (tcp->sack)
		fputs(" sack", out);
	if (tcp->ecn)
		fputs(" ecn", out);
	fprintf(out, " %s", sl_congestion_name(tcp->congestion));
	if (tcp->window_scale)
		fprintf(out, " wscale:%u,0", tcp->peer_scale);
}

static void put_times(FILE *out, const struct sl_tcp_info *tcp)
{
	put_ms(out, " rto:", tcp->rto_ns);
	if (tcp->backoff_cnt)
		fprintf(out, " backoff:%u", tcp->backoff_cnt);
	if (tcp->srtt_ns) {
		put_ms(out, " rtt:", tcp->srtt_ns);
		put_ms(out, "/", tcp->rttvar_ns);
	}
	if (tcp->min_rtt_ns != UINT64_MAX)
		put_ms(out, " minrtt:", tcp->min_rtt_ns);
	put_ms(out, " lastsnd:", tcp->quiet_ns);
}

static void put_window(FILE *out, const struct sl_tcp_info *tcp)
{
	fprintf(out, " mss:%u pmtu:%u cwnd:%u", tcp->mss_bytes, tcp->pmtu_bytes,
		tcp->cwnd_bytes / tcp->mss_bytes);
	if (tcp->ssthresh_bytes != UINT32_MAX)
		fprintf(out, " ssthresh:%u", tcp->ssthresh_bytes / tcp->mss_bytes);
	fprintf(out, " snd_wnd:%u", tcp->peer_window_bytes);
}

static void put_counts(FILE *out, const struct sl_tcp_info *tcp)
{
	put_bytes(out, "bytes_sent", tcp->sent_bytes);
	put_bytes(out, "bytes_retrans", tcp->resent_bytes);
	put_bytes(out, "bytes_acked", tcp->acked_bytes);
	put_bytes(out, "bytes_lost", tcp->lost_bytes);
	put_bytes(out, "bytes_in_flight", tcp->in_flight_bytes);
	put_bytes(out, "bytes_unacked", tcp->unacked_bytes);
	put_bytes(out, "bytes_sacked", tcp->sacked_bytes);
	put_bytes(out, "bytes_missing", tcp->missing_bytes);
	put_bytes(out, "retrans", tcp->resent_cnt);
	put_bytes(out, "rtos", tcp->rto_cnt);
	put_rate(out, "pacing_rate", tcp->pacing_rate);
	put_rate(out, "delivery_rate", tcp->delivery_rate);
	if (tcp->delivery_app_limited)
		fputs(" app_limited", out);
	if (tcp->recovering)
		fputs(" recovering", out);
}

void sl_connection_text(FILE *out, uint32_t worker_idx, const struct sl_snapshot_row *row)
{
	char left[SL_UNITS_BYTES];

	fprintf(out, "%-*s", STATE_WIDTH, sl_connection_state(row->tcp.state));
	put_place(out, &row->tcp.local, row->tcp.local_port);
	put_place(out, &row->tcp.peer, row->tcp.peer_port);
	fprintf(out, " worker %u, %s, %s", worker_idx, row->tls ? "https" : "http",
		sl_connection_doing(row->doing));
	if (row->left_bytes)
		fprintf(out, ", %s left", sl_units_bytes(left, row->left_bytes));
	fputs("\n\t", out);
	put_options(out, &row->tcp);
	put_times(out, &row->tcp);
	put_window(out, &row->tcp);
	put_counts(out, &row->tcp);
	fputc('\n', out);
}
