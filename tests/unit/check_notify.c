/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/notify.h"

#include <check.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon_place.h"

/* A manager that listens at name, written as in NOTIFY_SOCKET. */
static int manager_open(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t len_bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	ck_assert_int_ge(fd, 0);
	memcpy(address.sun_path, name, strlen(name));
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, len_bytes), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

static const char *manager_heard(int fd)
{
	static char text[1024];
	ssize_t len_bytes = recv(fd, text, sizeof(text) - 1, 0);

	if (len_bytes < 0)
		return NULL;
	text[len_bytes] = '\0';
	return text;
}

START_TEST(test_path)
{
	int fd = manager_open(place_path(place_directory(), "notify"));

	ck_assert_int_eq(sl_notify_ready("Serving /srv"), 1);
	ck_assert_str_eq(manager_heard(fd), "READY=1\nSTATUS=Serving /srv");
	ck_assert_ptr_null(manager_heard(fd));
}
END_TEST

START_TEST(test_abstract)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "@sluice-unit-%d", getpid());
	fd = manager_open(name);
	ck_assert_int_eq(sl_notify_ready("x"), 1);
	ck_assert_str_eq(manager_heard(fd), "READY=1\nSTATUS=x");
}
END_TEST

/* systemd stops what it is told to wait for after that many microseconds: 5 s and 10 s of grace. */
START_TEST(test_stopping)
{
	int fd = manager_open(place_path(place_directory(), "notify"));

	ck_assert_int_eq(sl_notify_stopping(5 * SL_NS_PER_S), 1);
	ck_assert_str_eq(
	    manager_heard(fd),
	    "STOPPING=1\nSTATUS=Letting responses finish\nEXTEND_TIMEOUT_USEC=15000000");
}
END_TEST

/* A directory may have a newline in its name; it must not become a variable. */
START_TEST(test_newline)
{
	int fd = manager_open(place_path(place_directory(), "notify"));

	ck_assert_int_eq(sl_notify_ready("Serving /a\nMAINPID=1"), 1);
	ck_assert_str_eq(manager_heard(fd), "READY=1\nSTATUS=Serving /a?MAINPID=1");
}
END_TEST

START_TEST(test_nobody_asked)
{
	unsetenv("NOTIFY_SOCKET");
	ck_assert_int_eq(sl_notify_ready("x"), 0);
	setenv("NOTIFY_SOCKET", "", 1);
	ck_assert_int_eq(sl_notify_ready("x"), 0);
}
END_TEST

START_TEST(test_bad_names)
{
	char name[256];

	setenv("NOTIFY_SOCKET", "vsock:2:1234", 1);
	ck_assert_int_eq(sl_notify_ready("x"), -EAFNOSUPPORT);
	setenv("NOTIFY_SOCKET", "/nowhere/to/be/found", 1);
	ck_assert_int_eq(sl_notify_ready("x"), -ENOENT);
	memset(name, 'x', sizeof(name) - 1);
	name[0] = '/';
	name[sizeof(name) - 1] = '\0';
	setenv("NOTIFY_SOCKET", name, 1);
	ck_assert_int_eq(sl_notify_ready("x"), -ENAMETOOLONG);
}
END_TEST

Suite *make_notify_suite(void);

Suite *make_notify_suite(void)
{
	Suite *suite = suite_create("notify");
	TCase *tcase = tcase_create("notify");

	tcase_add_test(tcase, test_path);
	tcase_add_test(tcase, test_abstract);
	tcase_add_test(tcase, test_stopping);
	tcase_add_test(tcase, test_newline);
	tcase_add_test(tcase, test_nobody_asked);
	tcase_add_test(tcase, test_bad_names);
	suite_add_tcase(suite, tcase);
	return suite;
}
