/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Statistics: the layout of the shared memory in which workers count and from which anybody may
 * read. A file of one page per worker and one more for the process (RUN_DIR/stats). Each counter
 * has one writer, the worker; readers map it read-only and load each number whole (relaxed
 * atomics), so they cost the worker nothing and cannot disturb it.
 *
 * Beside it, RUN_DIR/lock is locked by the server as long as it lives (F_OFD_SETLK; ask with
 * F_OFD_GETLK): a page whose lock nobody holds was left by a server that was killed. RUN_DIR lies
 * on a file system in memory (/run), or a worker that counts may wait for write-back.
 */
#ifndef SLUICE_STATS_H
#define SLUICE_STATS_H

#include <stdint.h>

#define SLUICE_STATS_MAGIC   UINT64_C(0x3161747365636975) /* changes with the layout's meaning */
#define SLUICE_STATS_VERSION 3
#define SLUICE_STATS_FILE    "stats"

/* X(name, kind, help): kind C counts up for ever, G is a level that goes up and down. */
#define SLUICE_STATS(X)                                                                       \
	X(rx_packets, C, "packets received")                                                  \
	X(rx_bytes, C, "bytes received, Ethernet headers included")                           \
	X(tx_packets, C, "packets sent")                                                      \
	X(tx_bytes, C, "bytes sent, Ethernet headers included")                               \
	X(rx_truncated, C, "packets shorter than their headers say, dropped")                 \
	X(rx_not_tcp, C, "packets of another protocol, dropped")                              \
	X(rx_fragments, C, "IP fragments, dropped")                                           \
	X(rx_bad_headers, C, "packets with impossible headers, dropped")                      \
	X(rx_bad_checksums, C, "packets with a wrong checksum, dropped")                      \
	X(rx_bad_options, C, "packets with broken TCP options, dropped")                      \
	X(rx_no_connection, C, "segments for no connection of ours")                          \
	X(rx_out_of_window, C, "segments outside of the window, or too old")                  \
	X(rx_out_of_order, C, "segments beyond a gap")                                        \
	X(rx_out_of_order_dropped, C, "of them, those dropped for lack of room")              \
	X(rx_duplicates, C, "segments with what had come before")                             \
	X(rx_inbox_full, C, "segments dropped because no inbox was free")                     \
	X(rx_too_long, C, "packets longer than we said that we take, dropped")                \
	X(rx_ring_full, C, "packets the kernel dropped because the RX ring was full")         \
	X(rx_fill_empty, C, "times the kernel found the fill ring empty")                     \
	X(tx_kicks, C, "system calls to start transmission")                                  \
	X(tx_stuck, C, "times no packet left for five seconds though some waited")            \
	X(tx_stuck_now, G, "1 while that lasts")                                              \
	X(connections_accepted, C, "connections accepted")                                    \
	X(connections_refused, C, "SYNs not answered: backlog or table full")                 \
	X(connections_reset_sent, C, "connections we reset")                                  \
	X(connections_reset_received, C, "connections peers reset")                           \
	X(connections_timed_out, C, "connections that were idle or stuck for too long")       \
	X(connections_given_up, C, "connections given up since their peers no longer answer") \
	X(connections_open, G, "connections open")                                            \
	X(connections_half_open, G, "connections half open")                                  \
	X(connections_time_wait, G, "connections over, in TIME-WAIT")                         \
	X(syn_cookies_sent, C, "SYNs answered with a cookie")                                 \
	X(syn_cookies_accepted, C, "connections opened by a cookie")                          \
	X(syn_cookies_failed, C, "ACKs without connection that were no cookie of ours")       \
	X(handshakes_done, C, "TLS handshakes completed")                                     \
	X(handshakes_failed, C, "TLS handshakes failed")                                      \
	X(handshakes_refused, C, "TLS handshakes refused for lack of memory")                 \
	X(handshakes_dropped, C, "TLS handshakes dropped while others waited for memory")     \
	X(handshakes_waiting, G, "TLS handshakes that wait for their turn")                   \
	X(handshakes_waiting_high, G, "most that ever waited")                                \
	X(handshakes_ns, C, "nanoseconds in TLS handshakes")                                  \
	X(requests, C, "HTTP requests")                                                       \
	X(responses_2xx, C, "responses 200 to 299")                                           \
	X(responses_3xx, C, "responses 300 to 399")                                           \
	X(responses_4xx, C, "responses 400 to 499")                                           \
	X(responses_5xx, C, "responses 500 to 599")                                           \
	X(body_bytes, C, "bytes of files handed to the stream, retransmissions not counted")  \
	X(reads, C, "disk reads")                                                             \
	X(read_bytes, C, "bytes read from disk")                                              \
	X(read_errors, C, "disk reads that failed")                                           \
	X(device_reads, C, "reads of stores' devices")                                        \
	X(device_errors, C, "of them, those that failed, wrong checksums included")           \
	X(device_wrong_sums, C, "of them, those with a wrong checksum")                       \
	X(devices_failing, G, "bit n is 1 while the last read of device n failed")            \
	X(shared_reads, C, "times a connection needed no read, since the bytes were there")   \
	X(shared_bytes, C, "bytes it had that way")                                           \
	X(short_reads, C, "responses reset because a file had shrunk")                        \
	X(retransmitted_segments, C, "segments sent again")                                   \
	X(retransmitted_bytes, C, "payload bytes sent again")                                 \
	X(reread_bytes, C, "bytes read from disk a second time for retransmission")           \
	X(tag_mismatches, C, "records not sent again because their file had changed")         \
	X(recoveries, C, "loss recoveries")                                                   \
	X(retransmission_timeouts, C, "retransmission timeouts")                              \
	X(tail_loss_probes, C, "probes for a lost tail")                                      \
	X(tail_losses, C, "of them, those that repaired a loss")                              \
	X(dsacks, C, "times a peer told that it had a segment twice")                         \
	X(undone_recoveries, C, "recoveries undone: nothing had been lost")                   \
	X(undone_timeouts, C, "timeouts undone")                                              \
	X(ecn_reductions, C, "times the peer told of congestion marks and we slowed down")    \
	X(icmp_errors, C, "ICMP errors about connections of ours")                            \
	X(icmp_refused, C, "of them, those that quote nothing in flight")                     \
	X(icmp_handed_over, C, "ICMP errors handed to the other workers")                     \
	X(too_big_honoured, C, "times a router's word made segments shorter")                 \
	X(black_holes, C, "times lost full segments made segments shorter")                   \
	X(mtu_probes, C, "longer segments sent to probe the path")                            \
	X(mtu_probes_lost, C, "of them, those lost for their size")                           \
	X(records_sealed, C, "TLS records sealed, retransmissions included")                  \
	X(objects_open, G, "files open")                                                      \
	X(frames_total, G, "UMEM frames for transmit")                                        \
	X(frames_used, G, "frames being filled or on their way out")                          \
	X(frames_used_high, G, "most frames ever in use")                                     \
	X(buffers_total, G, "disk buffers")                                                   \
	X(buffers_used, G, "disk buffers in use")                                             \
	X(buffers_kept, G, "free disk buffers with bytes that several have wanted")           \
	X(buffers_used_high, G, "most disk buffers ever in use")                              \
	X(pipeline_used_high_bytes, G, "most bytes of frames and buffers at once")            \
	X(inboxes_total, G, "inboxes for partial requests")                                   \
	X(inboxes_used, G, "inboxes in use")                                                  \
	X(chunks_total, G, "chunks for response heads and handshakes on their way")           \
	X(chunks_used, G, "chunks in use")                                                    \
	X(chunks_used_high, G, "most chunks ever in use")                                     \
	X(log_entries_total, G, "entries for records in flight")                              \
	X(log_entries_used, G, "entries in use")                                              \
	X(log_entries_used_high, G, "most entries ever in use")                               \
	X(answer_waits, C, "times a request waited for memory for its answer")                \
	X(pump_waits, C, "times a connection waited for a disk buffer or frames")             \
	X(loop_turns, C, "turns of the worker's loop")                                        \
	X(loop_busy_ns, C, "nanoseconds the loop had work")                                   \
	X(loop_looked_ns, C, "nanoseconds the loop looked for work in vain")                  \
	X(loop_idle_ns, C, "nanoseconds the loop slept")                                      \
	X(connections_max, G, "connections there is memory for")                              \
	X(memory_connections_bytes, G, "memory of connections and their key tables")          \
	X(memory_pools_bytes, G, "memory lent to connections while bytes move, and the rest") \
	X(memory_handshakes_bytes, G, "memory for TLS handshakes")                            \
	X(memory_pipeline_bytes, G, "memory for packets and disk buffers")                    \
	X(memory_bytes, G, "memory of the worker, all in all")

struct sluice_worker_stats {
#define X(name, kind, help) uint64_t name;
	SLUICE_STATS(X)
#undef X
	uint64_t queue;
	uint64_t cpu;
	uint64_t zero_copy; /* 1: AF_XDP zero-copy, 0: copy */
	uint64_t gso; /* 1: 64 KB leave as one packet, which NIC or kernel cut into segments */
	uint64_t huge_pages;
	char aead[32];
} __attribute__((aligned(4096)));

struct sluice_process_stats {
	uint64_t magic;
	uint32_t version, worker_cnt;
	uint64_t started_s; /* seconds since 1970 */
	uint32_t pid;
	uint32_t steer_mode; /* enum sl_steer_mode */
	uint32_t program_id; /* of the steering program */
	uint32_t draining;
	char package_version[32];
	char iface[32];
	uint64_t certificates;
	uint64_t certificate_expires_s; /* the first of them to do so, since 1970 */
	uint64_t certificate_reloads;
	uint64_t certificate_reload_failures;
} __attribute__((aligned(4096)));

struct sluice_stats {
	struct sluice_process_stats process;
	struct sluice_worker_stats workers[];
};

_Static_assert(sizeof(struct sluice_process_stats) == 4096, "a page for the process");
_Static_assert(sizeof(struct sluice_worker_stats) == 4096, "a page for each worker");

#endif
