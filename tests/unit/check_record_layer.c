/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a session does with records that no well-meant client sends, and with keys that have done
 * their work. The client shakes hands with OpenSSL; then the test takes its keys and speaks itself.
 */
#include <check.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "room_serve.h"
#include "sim_world.h"
#include "tls/control.h"
#include "tls/open.h"

enum { FILE_BYTES = 3 * 1000 * 1000, FILE_SEED = 31, NOISE_MAX = 32, WIRE_MAX_BYTES = 1 << 22 };

static const struct sl_sim_world_options calm = {
	.seed = 1,
	.out = { .delay_ns = SL_NS_PER_MS, .rate_bytes_s = 100 * 1000 * 1000, .queue_max = 2000 },
	.in = { .delay_ns = SL_NS_PER_MS },
};

static struct sl_sim_world world;

/* A client whose records are ours. */
static struct {
	struct sl_sim_client *client;
	struct sl_tls_keys write_keys, read_keys;
	void *write_table, *read_table;
	uint8_t wire[WIRE_MAX_BYTES]; /* come, not opened yet */
	uint32_t wire_bytes;
	struct sl_opened opened; /* the latest; plain is good until the next */
} raw;

static const char *const suites_12[] = { "ECDHE+AES128", "ECDHE+AES256", "ECDHE+CHACHA20" };
enum { SUITES_12 = 3 };

static struct sl_session *session(void)
{
	return &world.worker->sessions[0];
}

static void run(void)
{
	sl_sim_world_run(&world, 500 * SL_NS_PER_MS);
}

static void take_wire(void)
{
	raw.wire_bytes += (uint32_t)sl_sim_tcp_read(&raw.client->tcp, raw.wire + raw.wire_bytes,
						    WIRE_MAX_BYTES - raw.wire_bytes);
}

static void *expanded(const struct sl_tls_keys *keys)
{
	void *table = sl_alloc(1, sl_aead_table_bytes(world.worker->aead));

	ck_assert_ptr_nonnull(table);
	sl_tls_keys_expand(keys, world.worker->aead, table);
	return table;
}

/* suite NULL: TLS 1.3. */
static void raw_open(const char *suite)
{
	const struct sl_sim_client_options options = { .tls = true, .suites_12 = suite };

	memset(&raw, 0, sizeof(raw));
	sl_sim_world_open(&world, &calm);
	sl_sim_disk_add(world.worker->disk, "big.mp4", FILE_SEED, FILE_BYTES);
	sl_sim_disk_add(world.worker->disk, "small.ts", FILE_SEED, 100);
	raw.client = sl_sim_world_connect(&world, &options);
	run();
	ck_assert_int_eq(session()->phase, SL_SESSION_OPEN);
	take_wire(); /* tickets, perhaps */
	raw.wire_bytes = 0;
	raw.write_keys = session()->client;
	raw.read_keys = session()->server;
	raw.write_table = expanded(&raw.write_keys);
	raw.read_table = expanded(&raw.read_keys);
}

static void raw_close(void)
{
	sl_free(raw.write_table);
	sl_free(raw.read_table);
	sl_sim_world_close(&world);
}

static void say(enum sl_content_type type, const void *plain, uint32_t plain_bytes)
{
	uint8_t wire[1024], tag[16];

	sl_seal_record(world.worker->aead, raw.write_table, &raw.write_keys,
		       raw.write_keys.record_no++, type, plain, plain_bytes, wire, tag);
	sl_sim_tcp_send(&raw.client->tcp, wire, sl_seal_wire_bytes(&raw.write_keys, plain_bytes));
}

static void ask(const char *target)
{
	char text[200];
	int len_bytes = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", target);

	say(SL_TLS_APPLICATION_DATA, text, (uint32_t)len_bytes);
}

/* The next record, which is of that type; its plaintext begins with text. */
static void expect(enum sl_content_type type, const void *text, uint32_t text_bytes)
{
	run();
	raw.wire_bytes -= raw.opened.wire_bytes;
	memmove(raw.wire, raw.wire + raw.opened.wire_bytes, raw.wire_bytes);
	take_wire();
	raw.opened.wire_bytes = 0;
	ck_assert_int_eq(sl_open_record(world.worker->aead, raw.read_table, &raw.read_keys,
					raw.wire, raw.wire_bytes, &raw.opened),
			 SL_OPEN_OK);
	ck_assert_int_eq(raw.opened.type, type);
	ck_assert_uint_ge(raw.opened.plain_bytes, text_bytes);
	if (text_bytes > 0)
		ck_assert_mem_eq(raw.opened.plain, text, text_bytes);
}

static void expect_alert(enum sl_alert alert)
{
	uint8_t plain[SL_ALERT_BYTES];

	sl_control_encode_alert(alert, plain);
	expect(SL_TLS_ALERT, plain, sizeof(plain));
	ck_assert_uint_eq(raw.opened.plain_bytes, sizeof(plain));
}

static void expect_end(void)
{
	run();
	ck_assert_int_eq(raw.client->tcp.state, SL_SIM_TCP_PEER_CLOSED);
	ck_assert_uint_eq(sl_sim_tcp_readable(&raw.client->tcp), 0);
	ck_assert_uint_eq(raw.opened.wire_bytes, raw.wire_bytes);
}

static void expect_small_file(const char *head)
{
	ask("/small.ts");
	expect(SL_TLS_APPLICATION_DATA, head, (uint32_t)strlen(head));
	expect(SL_TLS_APPLICATION_DATA, "", 0);
	ck_assert_uint_eq(raw.opened.plain_bytes, 100);
}

/* RFC 5246, 7.2.2: the answer is a warning, and what the client does then is its business. */
START_TEST(renegotiation_is_refused_once_then_is_an_error)
{
	static const uint8_t hello[] = { 1, 0, 0, 3, 3, 3, 0 };

	raw_open(suites_12[_i]);
	say(SL_TLS_HANDSHAKE, hello, sizeof(hello));
	expect_alert(SL_ALERT_NO_RENEGOTIATION);
	expect_small_file("HTTP/1.1 200 ");
	say(SL_TLS_HANDSHAKE, hello, sizeof(hello));
	expect_alert(SL_ALERT_UNEXPECTED_MESSAGE);
	expect_end();
	raw_close();
}
END_TEST

static const struct noise {
	const char *suite;
	enum sl_content_type type;
	uint8_t plain[5];
	uint32_t plain_bytes;
} noises[] = {
	{ NULL, SL_TLS_APPLICATION_DATA, "", 0 },
	{ NULL, SL_TLS_ALERT, { 1, SL_ALERT_USER_CANCELED }, 2 },
	{ NULL, SL_TLS_HANDSHAKE, { 24, 0, 0, 1, 0 }, 5 }, /* KeyUpdate, none asked back */
	{ NULL, SL_TLS_HANDSHAKE, { 24, 0, 0, 1, 1 }, 5 },
	{ "ECDHE+AES128", SL_TLS_APPLICATION_DATA, "", 0 },
	{ "ECDHE+CHACHA20", SL_TLS_APPLICATION_DATA, "", 0 },
	{ "ECDHE+AES128", SL_TLS_ALERT, { 1, SL_ALERT_NO_RENEGOTIATION }, 2 },
	{ "ECDHE+CHACHA20", SL_TLS_ALERT, { 1, 255 }, 2 }, /* of an alert nobody knows */
};

static void make_noise(const struct noise *noise, int cnt)
{
	for (int i = 0; i < cnt; i++) {
		say(noise->type, noise->plain, noise->plain_bytes);
		if (noise->type == SL_TLS_HANDSHAKE)
			sl_tls_keys_update(&raw.write_keys, world.worker->aead, raw.write_table);
	}
}

static void expect_key_update(void)
{
	uint8_t plain[SL_KEY_UPDATE_BYTES];

	sl_control_encode_key_update(plain);
	expect(SL_TLS_HANDSHAKE, plain, sizeof(plain));
	sl_tls_keys_update(&raw.read_keys, world.worker->aead, raw.read_table);
}

/* So many in a row, and as many again when data has come between. */
START_TEST(records_that_bring_nothing_are_bounded)
{
	const struct noise *noise = &noises[_i];
	bool asks = noise->type == SL_TLS_HANDSHAKE && noise->plain[4] == 1;

	raw_open(noise->suite);
	for (int round = 0; round < 2; round++) {
		make_noise(noise, NOISE_MAX);
		if (asks) /* asked often, answered once */
			expect_key_update();
		expect_small_file("HTTP/1.1 200 ");
	}
	make_noise(noise, NOISE_MAX + 1);
	if (asks)
		expect_key_update();
	expect_alert(SL_ALERT_UNEXPECTED_MESSAGE);
	expect_end();
	raw_close();
}
END_TEST

/* Fatal, or in TLS 1.3 anything but closure, unknown ones included: no word more. */
START_TEST(an_alert_ends_it_at_once)
{
	static const struct {
		const char *suite;
		uint8_t plain[2];
	} stories[] = {
		{ NULL, { 2, 20 } },  { NULL, { 1, 20 } },           { NULL, { 1, 255 } },
		{ NULL, { 1, 100 } }, { "ECDHE+AES128", { 2, 40 } }, { "ECDHE+AES128", { 2, 255 } },
	};

	raw_open(stories[_i].suite);
	ask("/big.mp4");
	say(SL_TLS_ALERT, stories[_i].plain, 2);
	run();
	ck_assert_int_eq(raw.client->tcp.state, SL_SIM_TCP_RESET);
	raw_close();
}
END_TEST
enum { ALERT_CNT = 6 };

/* What was asked for is still answered. */
START_TEST(close_notify_ends_it_with_the_answer)
{
	static const uint8_t closing[] = { 1, SL_ALERT_CLOSE_NOTIFY };

	raw_open(_i == SUITES_12 ? NULL : suites_12[_i]);
	ask("/small.ts");
	say(SL_TLS_ALERT, closing, sizeof(closing));
	expect(SL_TLS_APPLICATION_DATA, "HTTP/1.1 200 ", 13);
	expect(SL_TLS_APPLICATION_DATA, "", 0);
	expect_alert(SL_ALERT_CLOSE_NOTIFY);
	expect_end();
	raw_close();
}
END_TEST

static void wear(uint64_t record_no)
{
	raw.read_keys.record_no = record_no;
	session()->server.record_no = record_no;
}

static bool head_has(const char *line)
{
	char head[1024] = { 0 };

	ck_assert_uint_lt(raw.opened.plain_bytes, sizeof(head));
	memcpy(head, raw.opened.plain, raw.opened.plain_bytes);
	return strstr(head, line) != NULL;
}

/* RFC 8446, 5.5, and 4.6.3. */
START_TEST(a_worn_key_of_tls_1_3_is_updated)
{
	raw_open(NULL);
	wear(SL_KEYS_RECORDS_WORN - 2);
	expect_small_file("HTTP/1.1 200 "); /* head and body use it up */
	expect_key_update();
	expect_small_file("HTTP/1.1 200 ");
	ck_assert_uint_eq(raw.read_keys.record_no, 2);
	raw_close();
}
END_TEST

/* There is no KeyUpdate: the response is the last one, and says so. */
START_TEST(a_worn_key_of_tls_1_2_ends_it_with_the_response)
{
	bool is_gcm = _i < 2;

	raw_open(suites_12[_i]);
	wear(SL_KEYS_RECORDS_WORN - 1);
	expect_small_file("HTTP/1.1 200 ");
	ask("/small.ts");
	expect(SL_TLS_APPLICATION_DATA, "HTTP/1.1 200 ", 13);
	ck_assert_int_eq(head_has("Connection: close"), is_gcm);
	expect(SL_TLS_APPLICATION_DATA, "", 0);
	if (is_gcm) {
		expect_alert(SL_ALERT_CLOSE_NOTIFY);
		expect_end();
	}
	raw_close();
}
END_TEST

/* A response that goes on until the key is spent does not go on with it. */
START_TEST(a_spent_key_of_tls_1_2_seals_no_more)
{
	raw_open(suites_12[_i]);
	wear(SL_KEYS_RECORDS_SPENT - 20);
	ask("/big.mp4");
	sl_sim_world_run(&world, 20 * SL_NS_PER_S);
	if (_i < 2) {
		ck_assert_int_eq(raw.client->tcp.state, SL_SIM_TCP_RESET);
		ck_assert_uint_lt(world.stats->body_bytes, FILE_BYTES);
		ck_assert_uint_le(session()->server.record_no, SL_KEYS_RECORDS_SPENT);
	} else {
		ck_assert_int_eq(raw.client->tcp.state, SL_SIM_TCP_OPEN);
		ck_assert_uint_gt(session()->server.record_no, SL_KEYS_RECORDS_SPENT);
	}
	raw_close();
}
END_TEST

/* A head that is longer than what the client takes in a record. */
START_TEST(a_long_head_goes_in_several_records)
{
	char head[1024] = { 0 };
	uint32_t head_bytes = 0;

	raw_open(_i == SUITES_12 ? NULL : suites_12[_i]);
	session()->record_max_bytes = 64;
	ask("/small.ts");
	while (!strstr(head, "\r\n\r\n")) {
		expect(SL_TLS_APPLICATION_DATA, "", 0);
		ck_assert_uint_le(raw.opened.plain_bytes, 64);
		memcpy(head + head_bytes, raw.opened.plain, raw.opened.plain_bytes);
		head_bytes += raw.opened.plain_bytes;
	}
	ck_assert_uint_gt(head_bytes, 128);
	ck_assert_mem_eq(head, "HTTP/1.1 200 OK\r\n", 17);
	expect(SL_TLS_APPLICATION_DATA, "", 0);
	ck_assert_uint_eq(raw.opened.plain_bytes, 64);
	expect(SL_TLS_APPLICATION_DATA, "", 0);
	ck_assert_uint_eq(raw.opened.plain_bytes, 36);
	raw_close();
}
END_TEST

Suite *suite_record_layer(void)
{
	Suite *suite = suite_create("record_layer");
	TCase *tcase = tcase_create("record_layer");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, renegotiation_is_refused_once_then_is_an_error, 0, SUITES_12);
	tcase_add_loop_test(tcase, records_that_bring_nothing_are_bounded, 0,
			    sizeof(noises) / sizeof(noises[0]));
	tcase_add_loop_test(tcase, an_alert_ends_it_at_once, 0, ALERT_CNT);
	tcase_add_loop_test(tcase, close_notify_ends_it_with_the_answer, 0, SUITES_12 + 1);
	tcase_add_test(tcase, a_worn_key_of_tls_1_3_is_updated);
	tcase_add_loop_test(tcase, a_worn_key_of_tls_1_2_ends_it_with_the_response, 0, SUITES_12);
	tcase_add_loop_test(tcase, a_spent_key_of_tls_1_2_seals_no_more, 0, SUITES_12);
	tcase_add_loop_test(tcase, a_long_head_goes_in_several_records, 0, SUITES_12 + 1);
	suite_add_tcase(suite, tcase);
	return suite;
}
