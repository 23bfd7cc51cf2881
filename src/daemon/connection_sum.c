/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>

#include "daemon/connection_print.h"
#include "daemon/units.h"

void sl_connection_add(struct sl_connection_sum *sum, const struct sl_snapshot_row *row)
{
	const struct sl_tcp_info *tcp = &row->tcp;

	sum->cnt++;
	sum->tls_cnt += row->tls;
	sum->recovering_cnt += tcp->recovering;
	sum->state_cnt[tcp->state]++;
	sum->doing_cnt[row->doing]++;
	sum->congestion_cnt[tcp->congestion]++;
	sum->in_flight_bytes += tcp->in_flight_bytes;
	sum->unacked_bytes += tcp->unacked_bytes;
	sum->left_bytes += row->left_bytes;
	sum->sent_bytes += tcp->sent_bytes;
	sum->resent_bytes += tcp->resent_bytes;
	sum->acked_bytes += tcp->acked_bytes;
	sum->lost_bytes += tcp->lost_bytes;
	sum->pacing_rate += tcp->pacing_rate;
	sum->delivery_rate += tcp->delivery_rate;
}

static void put_count(FILE *out, const char *name, uint64_t cnt)
{
	if (cnt)
		fprintf(out, " %s %" PRIu64, name, cnt);
}

static void put_bytes(FILE *out, const char *name, uint64_t bytes)
{
	char text[SL_UNITS_BYTES];

	fprintf(out, "%s %s\n", name, sl_units_bytes(text, bytes));
}

static void put_rate(FILE *out, const char *name, uint64_t rate)
{
	char text[SL_UNITS_BYTES];

	fprintf(out, "%s %sbit/s\n", name, sl_units_count(text, rate * 8));
}

void sl_connection_sum(FILE *out, const struct sl_connection_sum *sum)
{
	fprintf(out, "connections %" PRIu64 "\nstates", sum->cnt);
	for (int state = 0; state < SL_CONNECTION_STATES; state++)
		put_count(out, sl_connection_state((enum sl_tcp_state)state),
			  sum->state_cnt[state]);
	fputs("\nsessions", out);
	put_count(out, "https", sum->tls_cnt);
	put_count(out, "http", sum->cnt - sum->tls_cnt);
	for (int doing = 0; doing <= SL_DOING_CLOSING; doing++)
		put_count(out, sl_connection_doing((enum sl_snapshot_doing)doing),
			  sum->doing_cnt[doing]);
	fputs("\nalgorithms", out);
	for (int congestion = 0; congestion <= SL_CONGESTION_NEWRENO; congestion++)
		put_count(out, sl_congestion_name((enum sl_congestion)congestion),
			  sum->congestion_cnt[congestion]);
	fprintf(out, "\nrecovering %" PRIu64 "\n", sum->recovering_cnt);
	put_bytes(out, "in flight", sum->in_flight_bytes);
	put_bytes(out, "unacked", sum->unacked_bytes);
	put_bytes(out, "left", sum->left_bytes);
	put_bytes(out, "sent", sum->sent_bytes);
	put_bytes(out, "sent again", sum->resent_bytes);
	put_bytes(out, "acked", sum->acked_bytes);
	put_bytes(out, "lost", sum->lost_bytes);
	put_rate(out, "pacing", sum->pacing_rate);
	put_rate(out, "delivery", sum->delivery_rate);
}
