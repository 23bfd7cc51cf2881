/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SL_TESTS_UNIT_ROOM_TCP_H
#define SL_TESTS_UNIT_ROOM_TCP_H

#include <check.h>

Suite *suite_tcp(void);
Suite *suite_tcp_ack(void);
Suite *suite_tcp_bbr_model(void);
Suite *suite_tcp_bbr_probe(void);
Suite *suite_tcp_bbr_rtt(void);
Suite *suite_tcp_bottleneck(void);
Suite *suite_tcp_cc_bbr(void);
Suite *suite_tcp_cc_cubic(void);
Suite *suite_tcp_cc_newreno(void);
Suite *suite_tcp_close(void);
Suite *suite_tcp_connect(void);
Suite *suite_tcp_control(void);
Suite *suite_tcp_ecn(void);
Suite *suite_tcp_expect(void);
Suite *suite_tcp_cookie(void);
Suite *suite_tcp_handshake(void);
Suite *suite_tcp_hystart(void);
Suite *suite_tcp_info(void);
Suite *suite_tcp_hold(void);
Suite *suite_tcp_icmp(void);
Suite *suite_tcp_input(void);
Suite *suite_tcp_isn(void);
Suite *suite_tcp_keepalive(void);
Suite *suite_tcp_newreno(void);
Suite *suite_tcp_output(void);
Suite *suite_tcp_pacing(void);
Suite *suite_tcp_pipe(void);
Suite *suite_tcp_plpmtud(void);
Suite *suite_tcp_rack(void);
Suite *suite_tcp_rate(void);
Suite *suite_tcp_ready(void);
Suite *suite_tcp_receive(void);
Suite *suite_tcp_recovery(void);
Suite *suite_tcp_rto(void);
Suite *suite_tcp_rtt(void);
Suite *suite_tcp_sack(void);
Suite *suite_tcp_sent(void);
Suite *suite_tcp_sent_list(void);
Suite *suite_tcp_stall(void);
Suite *suite_tcp_table(void);
Suite *suite_tcp_time_wait(void);
Suite *suite_tcp_timers(void);
Suite *suite_tcp_tlp(void);
Suite *suite_tcp_undo(void);

#endif
