/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/listing.h"

#include <check.h>
#include <string.h>

#include "fake_serve.h"

enum { WORKERS = 2 };

static struct sl_worker *workers[WORKERS];
static struct sl_listing listing;
static char text[SL_LISTING_STEP_BYTES * 4];

static void begin(const char *arguments, const struct fake_script *script)
{
	char copy[64];

	fake_serve_start(script);
	for (uint32_t idx = 0; idx < WORKERS; idx++)
		workers[idx] = fake_serve_worker(idx);
	snprintf(copy, sizeof(copy), "%s", arguments);
	ck_assert_ptr_null(sl_listing_begin(&listing, workers, WORKERS, copy));
}

/* Until it is done; returns how many times it had to wait. */
static int make_all(FILE *out)
{
	int wait_cnt = 0;

	for (;;) {
		switch (sl_listing_more(&listing, out, -1)) {
		case SL_LISTING_MORE:
			break;
		case SL_LISTING_WAIT:
			wait_cnt++;
			break;
		case SL_LISTING_DONE:
			fclose(out);
			return wait_cnt;
		}
	}
}

static int lines(void)
{
	int cnt = 0;

	for (const char *at = text; (at = strchr(at, '\n')); at++)
		cnt++;
	return cnt;
}

/* Connections of each worker, and how many questions that takes of each. */
static const struct {
	uint32_t conn_cnt;
	int asks;
} sizes[] = {
	{ 0, 1 },
	{ 1, 1 },
	{ SL_SNAPSHOT_ROWS, 1 },
	{ SL_SNAPSHOT_ROWS + 1, 2 },
	{ 2 * SL_SNAPSHOT_ROWS + 5, 3 },
};

START_TEST(all_of_all_workers)
{
	FILE *out = fmemopen(text, sizeof(text), "w");

	begin("json", &(struct fake_script){ .conn_cnt = sizes[_i].conn_cnt });
	ck_assert_int_eq(make_all(out), WORKERS * sizes[_i].asks);
	ck_assert_int_eq(lines(), (int)(WORKERS * sizes[_i].conn_cnt));
	if (sizes[_i].conn_cnt) {
		ck_assert_ptr_nonnull(strstr(text, "{\"worker\":0,\"connection\":0,"));
		ck_assert_ptr_nonnull(strstr(text, "{\"worker\":1,\"connection\":0,"));
	}
}
END_TEST

START_TEST(shapes)
{
	FILE *out = fmemopen(text, sizeof(text), "w");

	begin("text", &(struct fake_script){ .conn_cnt = 3 });
	make_all(out);
	ck_assert_int_eq(lines(), WORKERS * 3 * 2);
	out = fmemopen(text, sizeof(text), "w");
	begin("summary", &(struct fake_script){ .conn_cnt = 3 });
	make_all(out);
	ck_assert_int_eq(strncmp(text, "connections 6\n", 14), 0);
}
END_TEST

START_TEST(filters)
{
	FILE *out = fmemopen(text, sizeof(text), "w");

	begin("json state=established peer=192.0.2.1:1002", &(struct fake_script){ .conn_cnt = 5 });
	make_all(out);
	ck_assert_int_eq(lines(), WORKERS);
	ck_assert_ptr_nonnull(strstr(text, "\"connection\":2,"));
}
END_TEST

/* A worker that has come to its end is passed over, before it was asked and after. */
START_TEST(workers_that_end)
{
	FILE *out = fmemopen(text, sizeof(text), "w");

	begin("json", &(struct fake_script){ .conn_cnt = 1, .silent = true });
	fake_serve_end(workers[0]);
	ck_assert_int_eq(sl_listing_more(&listing, out, -1), SL_LISTING_MORE);
	ck_assert_int_eq(sl_listing_more(&listing, out, -1), SL_LISTING_WAIT);
	fake_serve_end(workers[1]);
	make_all(out);
	ck_assert_int_eq(lines(), 0);
}
END_TEST

/* A reader went away while the worker was asked: its answer is not the next reader's. */
START_TEST(a_question_left_behind)
{
	FILE *out = fmemopen(text, sizeof(text), "w");
	char arguments[] = "json";

	begin("json", &(struct fake_script){ .conn_cnt = SL_SNAPSHOT_ROWS + 1, .silent = true });
	ck_assert_int_eq(sl_listing_more(&listing, out, -1), SL_LISTING_WAIT);
	fake_serve_answer(workers[0]);
	ck_assert_int_eq(sl_listing_more(&listing, out, -1), SL_LISTING_MORE);
	ck_assert_int_eq(sl_listing_more(&listing, out, -1), SL_LISTING_WAIT); /* the second part */
	fclose(out);

	out = fmemopen(text, sizeof(text), "w");
	ck_assert_ptr_null(sl_listing_begin(&listing, workers, WORKERS, arguments));
	ck_assert_int_eq(sl_listing_more(&listing, out, -1), SL_LISTING_WAIT);
	fake_serve_answer(workers[0]);
	ck_assert_int_eq(sl_listing_more(&listing, out, -1), SL_LISTING_WAIT);
	fake_serve_answer(workers[0]);
	ck_assert_int_eq(sl_listing_more(&listing, out, -1), SL_LISTING_MORE);
	fclose(out);
	ck_assert_int_eq(lines(), SL_SNAPSHOT_ROWS);
	ck_assert_int_eq(strncmp(text, "{\"worker\":0,\"connection\":0,", 27), 0);
}
END_TEST

START_TEST(bad_arguments)
{
	static const char *const bad[] = { "xml",   "state=",     "state=open",
					   "peer=", "peer=host",  "json peer=1.2.3",
					   "text=", "connections" };
	char arguments[64];

	snprintf(arguments, sizeof(arguments), "%s", bad[_i]);
	ck_assert_ptr_nonnull(sl_listing_begin(&listing, workers, WORKERS, arguments));
}
END_TEST

Suite *make_listing_suite(void);

Suite *make_listing_suite(void)
{
	Suite *suite = suite_create("listing");
	TCase *tcase = tcase_create("listing");

	tcase_add_loop_test(tcase, all_of_all_workers, 0, sizeof(sizes) / sizeof(sizes[0]));
	tcase_add_test(tcase, shapes);
	tcase_add_test(tcase, filters);
	tcase_add_test(tcase, workers_that_end);
	tcase_add_test(tcase, a_question_left_behind);
	tcase_add_loop_test(tcase, bad_arguments, 0, 8);
	suite_add_tcase(suite, tcase);
	return suite;
}
