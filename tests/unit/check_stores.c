/* SPDX-License-Identifier: BSD-2-Clause */
/* Stores to be served: made of regular files with the store room's own means, then opened as the
 * server does. What is read of them is the disk room's: check_object.c. */
#include "config.h" /* _GNU_SOURCE, before the first system header */

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "content/content.h"
#include "fake_disk.h"
#include "store/change.h"
#include "store/format.h"
#include "store/store.h"

#define MTIME_NS INT64_C(1700000000123456789)

enum {
	MIB = 1024 * 1024,
	DEVICE_CNT = 3,
	FILM_BYTES = 100 * 1024 + 5,
	PATH_BYTES = 128,
};

static char dir[64];
static char paths[DEVICE_CNT][PATH_BYTES];
static struct sl_stores *stores;
static struct sl_disk disk;
static struct sl_content *content;

static const char *const names[] = { "film.mp4", "live-2", "live/7.ts", "live0" };

static int film_fd(void)
{
	static uint8_t bytes[FILM_BYTES];
	int fd = memfd_create("film", MFD_CLOEXEC);

	for (uint32_t i = 0; i < FILM_BYTES; i++)
		bytes[i] = (uint8_t)(i * 7 ^ i >> 8);
	ck_assert_int_eq(write(fd, bytes, FILM_BYTES), FILM_BYTES);
	return fd;
}

/* All names have the same bytes; "empty" has none. */
static void fill(const char *const *members, uint32_t member_cnt)
{
	struct sl_store *store;
	struct sl_change *change;
	int fd = film_fd();

	ck_assert_int_eq(sl_store_open(&store, members, member_cnt, SL_STORE_WRITE), 0);
	ck_assert_int_eq(sl_change_begin(&change, store), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ck_assert_int_eq(
		    sl_change_put(change, names[i], fd, FILM_BYTES, MTIME_NS, false, NULL, NULL),
		    0);
	ck_assert_int_eq(sl_change_put(change, "empty", fd, 0, MTIME_NS, false, NULL, NULL), 0);
	ck_assert_int_eq(sl_change_commit(change), 0);
	sl_change_end(change);
	sl_store_close(store);
	close(fd);
}

static void make_device(int idx)
{
	int fd;

	snprintf(paths[idx], PATH_BYTES, "%s/device%d", dir, idx);
	fd = open(paths[idx], O_RDWR | O_CREAT | O_TRUNC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, 16 * MIB), 0);
	close(fd);
}

/* One store on devices 0 and 1, all twice; another on device 2. */
static void setup(void)
{
	const char *const pair[] = { paths[0], paths[1] }, *const single[] = { paths[2] };
	struct sl_format format = { .paths = pair, .path_cnt = 2, .replica_cnt = 2 };

	snprintf(dir, sizeof(dir), "./stores-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	for (int i = 0; i < DEVICE_CNT; i++)
		make_device(i);
	ck_assert_int_eq(sl_format_make(&format), 0);
	fill(pair, 2);
	format = (struct sl_format){ .paths = single, .path_cnt = 1, .replica_cnt = 1 };
	ck_assert_int_eq(sl_format_make(&format), 0);
	fill(single, 1);
	stores = NULL;
	content = NULL;
}

static void teardown(void)
{
	sl_content_fini(content);
	sl_stores_close(stores);
	for (int i = 0; i < DEVICE_CNT; i++)
		unlink(paths[i]);
	rmdir(dir);
}

static void open_stores(const char *first, const char *second, bool verify)
{
	const char *const texts[] = { first, second };

	ck_assert_int_eq(sl_stores_open(&stores, texts, second ? 2 : 1, verify), 0);
}

static const char *text_of(const char *format)
{
	static char texts[4][4 * PATH_BYTES];
	static int next;
	char *text = texts[next++ % 4], *end = text;

	for (; *format; format++) {
		if (*format >= '0' && *format < '0' + DEVICE_CNT)
			end += snprintf(end, PATH_BYTES, "%s", paths[*format - '0']);
		else
			*end++ = *format;
	}
	*end = '\0';
	return text;
}

/* ---- what the operator says -------------------------------------------------------------------
 */

static const struct {
	const char *text, *host;
	uint32_t device_cnt; /* 0: refused */
	const char *last;
} choices[] = {
	{ "/dev/ng0n1", "", 1, "/dev/ng0n1" },
	{ "/dev/ng0n1,/dev/ng1n1", "", 2, "/dev/ng1n1" },
	{ "tv.example=/dev/sda,b", "tv.example", 2, "b" },
	{ "[::1]=x", "[::1]", 1, "x" },
	{ "/srv/a=b", "", 1, "/srv/a=b" },
	{ "", "", 0, NULL },
	{ "=x", "", 0, NULL },
	{ "a=", "", 0, NULL },
	{ "a,,b", "", 0, NULL },
	{ "a,", "", 0, NULL },
	{ "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16", "", 16, "16" },
	{ "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", "", 0, NULL },
};

START_TEST(choice)
{
	struct sl_store_choice parsed;
	uint32_t device_cnt = choices[_i].device_cnt;

	ck_assert_int_eq(sl_store_choice_parse(choices[_i].text, &parsed), device_cnt > 0);
	if (device_cnt == 0)
		return;
	ck_assert_str_eq(parsed.host, choices[_i].host);
	ck_assert_uint_eq(parsed.device_cnt, device_cnt);
	ck_assert_str_eq(parsed.devices[device_cnt - 1], choices[_i].last);
}
END_TEST

static const struct {
	const char *host;
	uint32_t place_idx, place_with_root_idx;
} hosts[] = {
	{ "tv.example", 2, 1 },  { "TV.Example", 2, 1 },     { "tv.example:8443", 2, 1 },
	{ "tv.example.", 2, 1 }, { "tv.example.:80", 2, 1 }, { "other.example", 1, 0 },
	{ "xtv.example", 1, 0 }, { "tv.example.com", 1, 0 }, { "", 1, 0 },
	{ "tv.example:", 2, 1 }, { "tv.exampl", 1, 0 },
};

START_TEST(place_of_a_host)
{
	uint32_t len_bytes = (uint32_t)strlen(hosts[_i].host);

	ck_assert_uint_eq(sl_stores_place(NULL, hosts[_i].host, len_bytes), SL_PLACE_ROOT);
	open_stores(text_of("0,1"), text_of("tv.example=2"), false);
	ck_assert_uint_eq(sl_stores_place(stores, hosts[_i].host, len_bytes), hosts[_i].place_idx);
	sl_stores_close(stores);
	open_stores(text_of("tv.example=2"), NULL, false);
	ck_assert_uint_eq(sl_stores_place(stores, hosts[_i].host, len_bytes),
			  hosts[_i].place_with_root_idx);
}
END_TEST

static const struct {
	const char *first, *second;
	int error;
} refused[] = {
	{ "0,1", "2", -EINVAL }, /* both for all */
	{ "a.example=0,1", "A.example=2", -EINVAL },
	{ "0,,1", NULL, -EINVAL },
	{ "/nonexistent", NULL, -ENOENT },
	{ "0,2", NULL, -EINVAL }, /* not of one store */
	{ "0,0", NULL, -EINVAL },
};

START_TEST(what_cannot_be_opened)
{
	const char *texts[] = { text_of(refused[_i].first), NULL };
	int before_fd = dup(0), after_fd;

	if (refused[_i].second)
		texts[1] = text_of(refused[_i].second);
	close(before_fd);
	ck_assert_int_eq(sl_stores_open(&stores, texts, refused[_i].second ? 2 : 1, false),
			 refused[_i].error);
	after_fd = dup(0);
	ck_assert_int_eq(after_fd, before_fd); /* nothing is left open */
	close(after_fd);
}
END_TEST

/* ---- what is found ----------------------------------------------------------------------------
 */

static const struct {
	const char *name;
	int error;
} lookups[] = {
	{ "film.mp4", 0 },      { "live/7.ts", 0 },   { "empty", 0 },
	{ "live", -EISDIR },    { "live/", -ENOENT }, { "", -ENOENT },
	{ "film.mp", -ENOENT }, { "zebra", -ENOENT }, { "live/7.ts/x", -ENOENT },
	{ "live-2", 0 },
};

START_TEST(lookup)
{
	struct sl_store_found found;

	open_stores(text_of("2"), NULL, false);
	ck_assert_int_eq(sl_stores_find(stores, 1, lookups[_i].name, &found), lookups[_i].error);
	if (lookups[_i].error == 0)
		ck_assert_str_eq(found.object->name, lookups[_i].name);
}
END_TEST

/* The layout and the devices together lead to the object's bytes, in both places. */
static void expect_film(const struct sl_store_found *found, uint32_t replica_idx)
{
	const struct sluice_store_extent *extent = &found->layout.extents[0];
	const struct sluice_store_place *place = &extent->places[replica_idx];
	uint8_t *bytes = aligned_alloc(4096, 128 * 1024);
	const struct sl_device *devices;
	uint32_t device_cnt;

	devices = sl_stores_devices(stores, &device_cnt);
	ck_assert_uint_eq(found->layout.extent_cnt, 1);
	ck_assert_uint_lt(found->layout.first_device_idx + place->device_idx, device_cnt);
	ck_assert_int_eq(pread(devices[found->layout.first_device_idx + place->device_idx].read_fd,
			       bytes, 104 * 1024, (off_t)place->off_bytes),
			 104 * 1024);
	for (uint32_t i = 0; i < FILM_BYTES; i++)
		ck_assert_uint_eq(bytes[i], (uint8_t)(i * 7 ^ i >> 8));
	free(bytes);
}

START_TEST(devices_in_any_order)
{
	struct sl_store_found found;

	open_stores(text_of("tv.example=2"), text_of("1,0"), false);
	ck_assert_int_eq(sl_stores_find(stores, 2, "film.mp4", &found), 0);
	ck_assert_uint_eq(found.layout.replica_cnt, 2);
	ck_assert_uint_eq(found.layout.first_device_idx, 1);
	ck_assert_uint_eq(found.layout.size_bytes, FILM_BYTES);
	ck_assert_int_eq(found.mtime_ns, MTIME_NS);
	ck_assert_ptr_null(found.layout.sums);
	expect_film(&found, 0);
	expect_film(&found, 1);
}
END_TEST

START_TEST(a_device_is_missing)
{
	const struct sl_device *devices;
	struct sl_store_found found;
	uint32_t device_cnt;

	open_stores(text_of("1"), NULL, true);
	devices = sl_stores_devices(stores, &device_cnt);
	ck_assert_uint_eq(device_cnt, 2);
	ck_assert_int_lt(devices[0].read_fd, 0);
	ck_assert_int_ge(devices[1].read_fd, 0);
	ck_assert_int_eq(sl_stores_find(stores, 1, "film.mp4", &found), 0);
	expect_film(&found, found.layout.extents[0].places[0].device_idx == 1 ? 0 : 1);
}
END_TEST

START_TEST(sums_are_those_of_the_blocks)
{
	static uint8_t block[SLUICE_STORE_BLOCK_BYTES];
	struct sl_store_found found;

	open_stores(text_of("2"), NULL, true);
	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		ck_assert_int_eq(sl_stores_find(stores, 1, names[n], &found), 0);
		for (uint32_t off = 0; off < FILM_BYTES; off += sizeof(block)) {
			uint32_t len_bytes = FILM_BYTES - off < sizeof(block)
						 ? FILM_BYTES - off
						 : (uint32_t)sizeof(block);

			for (uint32_t i = 0; i < len_bytes; i++)
				block[i] = (uint8_t)((off + i) * 7 ^ (off + i) >> 8);
			ck_assert_uint_eq(found.layout.sums[off / sizeof(block)],
					  sl_store_block_sum(block, len_bytes));
		}
	}
}
END_TEST

/* ---- as content -------------------------------------------------------------------------------
 */

static void open_content(uint32_t object_cnt)
{
	struct sl_content_config config = { .object_cnt = object_cnt,
					    .waiter_cnt = 2,
					    .stores = stores };

	disk = (struct sl_disk){ .file_cnt = 0 };
	ck_assert_int_eq(sl_content_init(&content, &config, &disk), 0);
}

START_TEST(object_of_a_store)
{
	char etag[SL_STORE_ETAG_BYTES];
	const struct sl_object *object;
	struct sl_store_found found;
	uint32_t idx, again_idx;

	open_stores(text_of("tv.example=2"), NULL, false);
	open_content(4);
	ck_assert_int_eq(sl_content_get(content, 1, "film.mp4", 0, false, SL_NS_PER_S, &idx), 0);
	object = sl_content_object(content, idx);
	ck_assert_uint_eq(object->size_bytes, FILM_BYTES);
	ck_assert_int_eq(object->mtime_s, 1700000000);
	ck_assert_uint_eq(object->align_bytes, 4096);
	ck_assert_str_eq(object->mime, "video/mp4");
	ck_assert_int_eq(sl_stores_find(stores, 1, "film.mp4", &found), 0);
	sl_store_etag(found.object, etag);
	ck_assert_str_eq(object->etag, etag);
	ck_assert_uint_eq(disk.layout.size_bytes, FILM_BYTES);

	/* However much later: the catalogue does not change, and it is in use. */
	ck_assert_int_eq(
	    sl_content_get(content, 1, "film.mp4", 1, false, 1000 * SL_NS_PER_S, &again_idx), 0);
	ck_assert_uint_eq(again_idx, idx);
	ck_assert_uint_eq(disk.file_cnt, 1);
	sl_content_put(content, idx);
	sl_content_put(content, idx);

	/* Idle for long, it is closed. */
	ck_assert_int_eq(sl_content_get(content, 1, "empty", 0, false, 2000 * SL_NS_PER_S, &idx),
			 0);
	ck_assert_uint_eq(disk.file_cnt, 1);
	ck_assert_uint_eq(sl_content_object(content, idx)->size_bytes, 0);
	sl_content_put(content, idx);
}
END_TEST

START_TEST(names_of_two_places)
{
	uint32_t first_idx, second_idx;

	open_stores(text_of("2"), text_of("tv.example=0,1"), false);
	open_content(4);
	ck_assert_int_eq(sl_content_get(content, 1, "live0", 0, false, 1, &first_idx), 0);
	ck_assert_int_eq(sl_content_get(content, 2, "live0", 0, false, 1, &second_idx), 0);
	ck_assert_uint_ne(first_idx, second_idx);
	ck_assert_int_eq(sl_content_get(content, SL_PLACE_ROOT, "live0", 0, false, 1, &first_idx),
			 -ENOENT); /* there is no root */
	ck_assert_uint_eq(disk.opens_total_cnt, 0);
}
END_TEST

START_TEST(no_object)
{
	uint32_t idx, other_idx;

	open_stores(text_of("2"), NULL, false);
	open_content(1);
	ck_assert_int_eq(sl_content_get(content, 1, "nothing", 0, false, 1, &idx), -ENOENT);
	ck_assert_int_eq(sl_content_get(content, 1, "live", 0, false, 1, &idx), -EISDIR);
	disk.object_error = -ENODEV;
	ck_assert_int_eq(sl_content_get(content, 1, "live0", 0, false, 1, &idx), -ENODEV);
	disk.object_error = 0;
	ck_assert_int_eq(sl_content_get(content, 1, "live0", 0, false, 1, &idx), 0);
	ck_assert_int_eq(sl_content_get(content, 1, "live-2", 0, false, 1, &other_idx), -EMFILE);
	sl_content_put(content, idx);
	ck_assert_int_eq(sl_content_get(content, 1, "live-2", 0, false, 1, &idx), 0);
	ck_assert_uint_eq(disk.file_cnt, 1);
}
END_TEST

#define CNT_OF(array) ((int)(sizeof(array) / sizeof((array)[0])))

Suite *stores_suite(void);
Suite *stores_suite(void)
{
	Suite *suite = suite_create("stores");
	TCase *tcase = tcase_create("stores");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, choice, 0, CNT_OF(choices));
	tcase_add_loop_test(tcase, place_of_a_host, 0, CNT_OF(hosts));
	tcase_add_loop_test(tcase, what_cannot_be_opened, 0, CNT_OF(refused));
	tcase_add_loop_test(tcase, lookup, 0, CNT_OF(lookups));
	tcase_add_test(tcase, devices_in_any_order);
	tcase_add_test(tcase, a_device_is_missing);
	tcase_add_test(tcase, sums_are_those_of_the_blocks);
	tcase_add_test(tcase, object_of_a_store);
	tcase_add_test(tcase, names_of_two_places);
	tcase_add_test(tcase, no_object);
	suite_add_tcase(suite, tcase);
	return suite;
}
