/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a server put on the wire under one nonce, from a capture taken next to it:
 *
 *	check_nonce CAPTURE PORT
 *
 * A record's nonce is its number, and its number is its place in the stream. So one nonce has
 * sealed one text only if every byte of the stream that left more than once left the same each
 * time. Where records name their nonces, in TLS 1.2 with AES-GCM (RFC 5288), none may come twice,
 * that of OpenSSL's Finished included. Prints a line for each connection to PORT of the server,
 *also with its version of TLS, the records that the stream consists of, and how it ended. Exit 0 if
 *all copies are equal, all nonces different, and all records whole but the last; 1 if not; 2 if the
 * capture cannot tell.
 *
 * CAPTURE is tcpdump's (pcap, Ethernet, whole packets, this machine's byte order).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/seq.h"
#include "wire/segment.h"

enum {
	STREAMS_MAX = 64,
	PACKET_MAX_BYTES = 65536,
	PCAP_MAGIC_US = 0xa1b2c3d4,
	PCAP_MAGIC_NS = 0xa1b23c4d,
	PCAP_ETHERNET = 1,
	RECORD_HEADER_BYTES = 5,
	RECORD_MAX_BYTES = 16384 + 256, /* RFC 8446, 5.2 */
	EXPLICIT_BYTES = 8,
	CHANGE_CIPHER_SPEC = 20,
	HANDSHAKE = 22,
};

struct pcap_file {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy, cut_bytes, link_type;
};

struct pcap_packet {
	uint32_t s, fraction, kept_bytes, len_bytes;
};

struct stream { /* of one connection, from the server */
	uint16_t client_port;
	uint64_t first_seq;
	uint8_t *bytes, *seen; /* the first copy; how often it came, at most 255 */
	size_t end_off, size_bytes;
	uint64_t again_bytes, different_bytes;
	bool reset, finished;
};

struct record_count {
	uint64_t record_cnt;
	size_t rest_bytes; /* of a record that did not leave whole */
	bool broken;
	uint16_t suite;   /* of ServerHello */
	bool sealed_12;   /* TLS 1.2, after change_cipher_spec */
	uint64_t *nonces; /* explicit ones */
	size_t nonce_cnt, twice_cnt;
};

static struct stream streams[STREAMS_MAX];
static uint32_t stream_cnt;
static uint64_t bad_packets_cnt;

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "check_nonce: %s\n", what);
	exit(2);
}

/* ---- streams -----------------------------------------------------------------------------------
 */

static struct stream *stream_of(uint16_t client_port)
{
	for (uint32_t i = 0; i < stream_cnt; i++)
		if (streams[i].client_port == client_port)
			return &streams[i];
	return NULL;
}

static void stream_begin(const struct sl_segment *segment)
{
	if (stream_of(segment->dst_port))
		return; /* the SYN-ACK again */
	if (stream_cnt == STREAMS_MAX)
		die("more connections than it can tell apart");
	streams[stream_cnt++] = (struct stream){
		.client_port = segment->dst_port,
		.first_seq = SL_SEQ_EPOCH + segment->seq + 1,
	};
}

static void reach(struct stream *stream, size_t end_off)
{
	size_t size_bytes = stream->size_bytes ? stream->size_bytes : 1 << 20;

	while (size_bytes < end_off)
		size_bytes *= 2;
	if (size_bytes > stream->size_bytes) {
		stream->bytes = realloc(stream->bytes, size_bytes);
		stream->seen = realloc(stream->seen, size_bytes);
		if (!stream->bytes || !stream->seen)
			die("out of memory");
		memset(stream->seen + stream->size_bytes, 0, size_bytes - stream->size_bytes);
		stream->size_bytes = size_bytes;
	}
	if (end_off > stream->end_off)
		stream->end_off = end_off;
}

static void stream_add(struct stream *stream, const struct sl_segment *segment)
{
	uint64_t seq = sl_seq_extend(segment->seq, stream->first_seq + stream->end_off);
	size_t off = seq - stream->first_seq;

	if (seq < stream->first_seq)
		die("a segment from before its connection's beginning");
	reach(stream, off + segment->payload_bytes);
	for (uint32_t i = 0; i < segment->payload_bytes; i++, off++) {
		if (!stream->seen[off])
			stream->bytes[off] = segment->payload[i];
		else
			stream->again_bytes++;
		if (stream->bytes[off] != segment->payload[i])
			stream->different_bytes++;
		if (stream->seen[off] < UINT8_MAX)
			stream->seen[off]++;
	}
}

static void take_packet(const uint8_t *packet, uint32_t len_bytes, uint16_t port)
{
	enum { SYN_ACK = SL_TCP_SYN | SL_TCP_ACK };
	struct sl_segment segment;
	struct stream *stream;

	if (sl_segment_parse(packet, len_bytes, &segment) != SL_WIRE_OK) {
		bad_packets_cnt++;
		return;
	}
	if (segment.src_port != port)
		return;
	if ((segment.flags & SYN_ACK) == SYN_ACK)
		stream_begin(&segment);
	stream = stream_of(segment.dst_port);
	if (!stream)
		return;
	if (segment.payload_bytes > 0)
		stream_add(stream, &segment);
	stream->reset |= (segment.flags & SL_TCP_RST) != 0;
	stream->finished |= (segment.flags & SL_TCP_FIN) != 0;
}

/* ---- the capture -------------------------------------------------------------------------------
 */

static void read_capture(const char *path, uint16_t port)
{
	static uint8_t packet[PACKET_MAX_BYTES];
	struct pcap_file head;
	struct pcap_packet next;
	FILE *file = fopen(path, "rb");

	if (!file || fread(&head, sizeof(head), 1, file) != 1)
		die("cannot read the capture");
	if (head.magic != PCAP_MAGIC_US && head.magic != PCAP_MAGIC_NS)
		die("not a pcap file of this byte order");
	if (head.link_type != PCAP_ETHERNET)
		die("not captured on Ethernet");
	while (fread(&next, sizeof(next), 1, file) == 1) {
		if (next.kept_bytes != next.len_bytes || next.len_bytes > sizeof(packet))
			die("packets are cut short: tcpdump -s 0");
		if (fread(packet, next.kept_bytes, 1, file) != 1)
			break; /* the last one was being written */
		take_packet(packet, next.len_bytes, port);
	}
	fclose(file);
}

/* ---- what it shows -----------------------------------------------------------------------------
 */

static size_t missing_bytes(const struct stream *stream)
{
	size_t missing = 0;

	for (size_t off = 0; off < stream->end_off; off++)
		missing += !stream->seen[off];
	return missing;
}

/* ServerHello (RFC 8446, 4.1.3) behind the record's header: type, length, version, random, session,
 * suite. The first record. */
static void take_hello(struct record_count *count, const uint8_t *body, size_t len_bytes)
{
	size_t suite_off = 4 + 2 + 32 + 1;

	if (len_bytes <= suite_off || body[0] != 2)
		return;
	suite_off += body[suite_off - 1];
	if (len_bytes >= suite_off + 2)
		count->suite = (uint16_t)(body[suite_off] << 8 | body[suite_off + 1]);
}

/* RFC 5289: ECDHE with AES-GCM, for ECDSA and RSA. */
static bool names_nonces(uint16_t suite)
{
	return suite == 0xc02b || suite == 0xc02c || suite == 0xc02f || suite == 0xc030;
}

static bool is_12(uint16_t suite)
{
	return suite >> 8 != 0x13;
}

static void take_record(struct record_count *count, const uint8_t *header, size_t len_bytes)
{
	uint64_t nonce;

	if (count->record_cnt == 0 && header[0] == HANDSHAKE)
		take_hello(count, header + RECORD_HEADER_BYTES, len_bytes - RECORD_HEADER_BYTES);
	if (count->sealed_12 && names_nonces(count->suite)) {
		if (len_bytes < RECORD_HEADER_BYTES + EXPLICIT_BYTES)
			die("a record without room for its nonce");
		memcpy(&nonce, header + RECORD_HEADER_BYTES, sizeof(nonce));
		count->nonces =
		    realloc(count->nonces, (count->nonce_cnt + 1) * sizeof(*count->nonces));
		if (!count->nonces)
			die("out of memory");
		count->nonces[count->nonce_cnt++] = nonce;
	}
	if (header[0] == CHANGE_CIPHER_SPEC && is_12(count->suite))
		count->sealed_12 = true;
	count->record_cnt++;
}

static int compare(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

static void count_twice(struct record_count *count)
{
	if (count->nonce_cnt > 0)
		qsort(count->nonces, count->nonce_cnt, sizeof(*count->nonces), compare);
	for (size_t i = 1; i < count->nonce_cnt; i++)
		count->twice_cnt += count->nonces[i] == count->nonces[i - 1];
}

static struct record_count count_records(const struct stream *stream)
{
	struct record_count count = { 0 };
	size_t off = 0, len_bytes;

	while (off + RECORD_HEADER_BYTES <= stream->end_off) {
		const uint8_t *header = stream->bytes + off;

		len_bytes = RECORD_HEADER_BYTES + (size_t)(header[3] << 8 | header[4]);
		/* change_cipher_spec to application_data; TLS 1.2 for the eyes of middle boxes */
		if (header[0] < 20 || header[0] > 23 || header[1] != 3 || header[2] != 3 ||
		    len_bytes > RECORD_HEADER_BYTES + RECORD_MAX_BYTES) {
			count.broken = true;
			return count;
		}
		if (off + len_bytes > stream->end_off)
			break;
		take_record(&count, header, len_bytes);
		off += len_bytes;
	}
	count_twice(&count);
	count.rest_bytes = stream->end_off - off;
	return count;
}

/* 0, 1 or 2, as the exit status. */
static int judge(const struct stream *stream)
{
	struct record_count count = count_records(stream);
	size_t missing = missing_bytes(stream);

	printf("client_port=%u stream_bytes=%zu missing_bytes=%zu again_bytes=%" PRIu64
	       " different_bytes=%" PRIu64 " tls=1.%d suite=%04x records=%" PRIu64
	       " nonces=%zu nonces_twice=%zu rest_bytes=%zu broken=%d reset=%d finished=%d\n",
	       stream->client_port, stream->end_off, missing, stream->again_bytes,
	       stream->different_bytes, is_12(count.suite) ? 2 : 3, count.suite, count.record_cnt,
	       count.nonce_cnt, count.twice_cnt, count.rest_bytes, count.broken, stream->reset,
	       stream->finished);
	free(count.nonces);
	if (stream->different_bytes > 0 || count.twice_cnt > 0)
		return 1;
	if (missing > 0)
		return 2;
	return count.broken;
}

int main(int argc, char **argv)
{
	unsigned long port = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	int status = 0;

	if (port == 0 || port > UINT16_MAX)
		die("usage: check_nonce CAPTURE PORT");
	read_capture(argv[1], (uint16_t)port);
	if (stream_cnt == 0)
		die("no connection to that port in the capture");
	if (bad_packets_cnt > 0)
		printf("bad_packets=%" PRIu64 "\n", bad_packets_cnt);
	for (uint32_t i = 0; i < stream_cnt; i++) {
		int found = judge(&streams[i]);

		if (found == 1 || status == 0)
			status = found;
		free(streams[i].bytes);
		free(streams[i].seen);
	}
	return status;
}
