/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/serve_options.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

enum { ARGUMENTS_MAX = 160 };

/* Splits line at its spaces; "''" is an empty argument. */
static enum sl_options_verdict parse(struct sl_options *options, const char *line,
				     char problem[SL_PROBLEM_BYTES])
{
	static char words[4096];
	char *argv[ARGUMENTS_MAX + 1] = { "serve" };
	int argc = 1;

	ck_assert_uint_lt(strlen(line), sizeof(words));
	snprintf(words, sizeof(words), "%s", line);
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
		ck_assert_int_lt(argc, ARGUMENTS_MAX);
		argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
	}
	problem[0] = '\0';
	return sl_options_parse(options, argc, argv, problem);
}

#define PLAIN "-i eth0 -l 192.0.2.1:80 -r /srv "
#define TLS   "-i eth0 -l 192.0.2.1:443,tls -r /srv --cert c.pem --key k.pem "

START_TEST(test_defaults)
{
	struct sl_options options;
	char problem[SL_PROBLEM_BYTES];

	ck_assert_int_eq(parse(&options, PLAIN, problem), SL_OPTIONS_SERVE);
	ck_assert_str_eq(problem, "");
	ck_assert_str_eq(options.iface, "eth0");
	ck_assert_str_eq(options.root, "/srv");
	ck_assert_str_eq(options.run_dir, "/run/sluice");
	ck_assert_uint_eq(options.listener_cnt, 1);
	ck_assert_uint_eq(options.listeners[0].port, 80);
	ck_assert(!options.listeners[0].tls);
	ck_assert_uint_eq(options.pair_cnt, 0);
	ck_assert_ptr_null(options.certificate_dir);
	ck_assert_uint_eq(options.ticket_path_cnt, 0);
	ck_assert(!options.only_tls13);
	ck_assert_ptr_null(options.aead);
	ck_assert_uint_eq(options.worker_cnt, 0);
	ck_assert_uint_eq(options.conns_max, SL_CONNS_DEFAULT);
	ck_assert_uint_eq(options.pipeline_budget_bytes, 0);
	ck_assert_uint_eq(options.idle_timeout_ns, 60 * SL_NS_PER_S);
	ck_assert_uint_eq(options.header_timeout_ns, 10 * SL_NS_PER_S);
	ck_assert_uint_eq(options.drain_ns, 5 * SL_NS_PER_S);
	ck_assert(!options.dispatcher && !options.generic);
	ck_assert(!options.verbose);
	ck_assert_int_eq(options.poll_mode, SL_POLL_ADAPTIVE);
}
END_TEST

START_TEST(test_everything)
{
	struct sl_options options;
	char problem[SL_PROBLEM_BYTES];

	ck_assert_int_eq(parse(&options,
			       "--interface=eth1 --listen 192.0.2.1:443,tls --listen [::]:80 "
			       "--root /srv/video --cert c.pem --key k.pem --workers 4 "
			       "--cert-dir /etc/certs --ticket-keys new --ticket-keys old "
			       "--tls-min 1.3 "
			       "--connections 1000 --run-dir /tmp/run --aead openssl "
			       "--pipeline-budget 8M --idle-timeout 30 --header-timeout 4 "
			       "--drain 0 "
			       "--xdp-dispatcher --xdp-generic --poll busy -v",
			       problem),
			 SL_OPTIONS_SERVE);
	ck_assert_str_eq(options.iface, "eth1");
	ck_assert_str_eq(options.root, "/srv/video");
	ck_assert_uint_eq(options.listener_cnt, 2);
	ck_assert(options.listeners[0].tls && !options.listeners[0].any);
	ck_assert(options.listeners[1].any && options.listeners[1].ipv6);
	ck_assert_uint_eq(options.pair_cnt, 1);
	ck_assert_str_eq(options.pairs[0].certificate_path, "c.pem");
	ck_assert_str_eq(options.pairs[0].key_path, "k.pem");
	ck_assert_str_eq(options.certificate_dir, "/etc/certs");
	ck_assert_uint_eq(options.ticket_path_cnt, 2);
	ck_assert_str_eq(options.ticket_paths[1], "old");
	ck_assert(options.only_tls13);
	ck_assert_uint_eq(options.worker_cnt, 4);
	ck_assert_uint_eq(options.conns_max, 1000);
	ck_assert_str_eq(options.run_dir, "/tmp/run");
	ck_assert_str_eq(options.aead, "openssl");
	ck_assert_uint_eq(options.pipeline_budget_bytes, 8 * 1024 * 1024);
	ck_assert_uint_eq(options.idle_timeout_ns, 30 * SL_NS_PER_S);
	ck_assert_uint_eq(options.header_timeout_ns, 4 * SL_NS_PER_S);
	ck_assert_uint_eq(options.drain_ns, 0);
	ck_assert(options.dispatcher && options.generic && options.verbose);
	ck_assert_int_eq(options.poll_mode, SL_POLL_BUSY);
}
END_TEST

static const struct {
	const char *line;
	enum sl_options_verdict verdict;
	const char *problem;
} bad[] = {
	/* 0: nothing, then each thing that must be there */
	{ "", SL_OPTIONS_USAGE, "no interface: name the one to serve on with -i IFACE" },
	{ "-i eth0 -r /srv", SL_OPTIONS_USAGE,
	  "no listener: say where to listen with -l ADDR:PORT,tls" },
	{ "-i eth0 -l 192.0.2.1:80", SL_OPTIONS_USAGE,
	  "nothing to serve: name a directory with -r DIR or a store with --store DEVICE" },
	{ "-i eth0 -l 192.0.2.1:443,tls -r /srv", SL_OPTIONS_USAGE,
	  "no certificate: a listener with ,tls needs --cert FILE" },
	{ "-i eth0 -l 192.0.2.1:443,tls -r /srv --key k.pem --cert-dir certs", SL_OPTIONS_USAGE,
	  "--key k.pem: no --cert that it belongs to" },
	/* 5: ,tls forgotten */
	{ PLAIN "--cert c.pem --key k.pem", SL_OPTIONS_USAGE,
	  "--cert, --key, --cert-dir, --ticket-keys without use: no listener ends in ,tls" },
	/* 6: listeners */
	{ "-l 192.0.2.1:0,tls", SL_OPTIONS_UNUSABLE,
	  "listener 192.0.2.1:0,tls: port must be 1 to 65535" },
	{ "-l 192.0.2.1:65536", SL_OPTIONS_UNUSABLE,
	  "listener 192.0.2.1:65536: port must be 1 to 65535" },
	{ "-l 192.0.2.1:80 -l 192.0.2.1:80,tls", SL_OPTIONS_UNUSABLE,
	  "listener 192.0.2.1:80,tls: given twice" },
	/* 9: numbers */
	{ PLAIN "--workers 0", SL_OPTIONS_USAGE,
	  "--workers 0: must be a whole number from 1 to 64" },
	{ PLAIN "--workers 65", SL_OPTIONS_USAGE,
	  "--workers 65: must be a whole number from 1 to 64" },
	{ PLAIN "--connections many", SL_OPTIONS_USAGE,
	  "--connections many: must be a whole number from 1 to 1048576" },
	{ PLAIN "--idle-timeout 0", SL_OPTIONS_USAGE,
	  "--idle-timeout 0: must be a whole number from 1 to 86400" },
	{ PLAIN "--header-timeout 2h", SL_OPTIONS_USAGE,
	  "--header-timeout 2h: must be a whole number from 1 to 3600" },
	{ PLAIN "--drain -1", SL_OPTIONS_USAGE,
	  "--drain -1: must be a whole number from 0 to 3600" },
	{ PLAIN "--pipeline-budget 64K", SL_OPTIONS_USAGE,
	  "--pipeline-budget 64K: must be a number of bytes from 128K to 1024M" },
	{ PLAIN "--poll sometimes", SL_OPTIONS_USAGE,
	  "--poll sometimes: must be interrupt, adaptive or busy" },
	/* 16: the interface's name */
	{ "-i averylonginterface -l 192.0.2.1:80 -r /srv", SL_OPTIONS_UNUSABLE,
	  "interface averylonginterface: names have 15 characters at most" },
	/* 17: what getopt finds */
	{ "--frobnicate", SL_OPTIONS_USAGE,
	  "unknown option --frobnicate; sluice serve --help lists them" },
	{ "-x", SL_OPTIONS_USAGE, "unknown option -x; sluice serve --help lists them" },
	{ "--root", SL_OPTIONS_USAGE, "option --root needs a value" },
	{ "-r", SL_OPTIONS_USAGE, "option -r needs a value" },
	{ "--root ''", SL_OPTIONS_USAGE, "option --root has an empty value" },
	{ "--root=", SL_OPTIONS_USAGE, "option --root= has an empty value" },
	{ "--xdp-generic=yes", SL_OPTIONS_USAGE, "option --xdp-generic=yes takes no value" },
	{ PLAIN "index.html", SL_OPTIONS_USAGE, "unexpected argument 'index.html'" },
	/* 24: whose key? */
	{ TLS "--key k2.pem", SL_OPTIONS_USAGE,
	  "--key k2.pem: the certificate before it has a key already; give each --cert and then "
	  "its --key" },
	/* 25: versions */
	{ TLS "--tls-min 1.1", SL_OPTIONS_USAGE, "--tls-min 1.1: must be 1.2 or 1.3" },
	/* 26: stores */
	{ PLAIN "--store /dev/ng0n1", SL_OPTIONS_USAGE,
	  "--store /dev/ng0n1 and --root both serve every host; say whom the store is for: --store "
	  "HOST=/dev/ng0n1" },
	{ PLAIN "--store =/dev/ng0n1", SL_OPTIONS_USAGE,
	  "--store =/dev/ng0n1: must be [HOST=]DEVICE[,DEVICE]..., with 16 devices at most" },
	{ PLAIN "--store a=/dev/ng0n1,", SL_OPTIONS_USAGE,
	  "--store a=/dev/ng0n1,: must be [HOST=]DEVICE[,DEVICE]..., with 16 devices at most" },
	{ PLAIN "--store-verify", SL_OPTIONS_USAGE,
	  "--store-verify without use: there is no --store" },
	{ PLAIN "--store a=1 --store b=2 --store c=3 --store d=4 --store e=5 --store f=6 "
		"--store g=7 --store h=8 --store i=9",
	  SL_OPTIONS_UNUSABLE, "store i=9: there may be 8 at most" },
};

START_TEST(test_bad)
{
	struct sl_options options;
	char problem[SL_PROBLEM_BYTES];

	ck_assert_int_eq(parse(&options, bad[_i].line, problem), bad[_i].verdict);
	ck_assert_str_eq(problem, bad[_i].problem);
}
END_TEST

START_TEST(test_stores)
{
	struct sl_options options;
	char problem[SL_PROBLEM_BYTES];

	ck_assert_int_eq(parse(&options,
			       "-i eth0 -l 192.0.2.1:80 --store /dev/ng0n1,/dev/ng1n1 "
			       "--store tv.example=/dev/sda --store-verify",
			       problem),
			 SL_OPTIONS_SERVE);
	ck_assert_ptr_null(options.root);
	ck_assert_uint_eq(options.store_cnt, 2);
	ck_assert_str_eq(options.stores[1], "tv.example=/dev/sda");
	ck_assert(options.store_verify);
	ck_assert_str_eq(sl_options_what(&options), "/dev/ng0n1,/dev/ng1n1");

	ck_assert_int_eq(parse(&options, PLAIN "--store tv.example=/dev/sda", problem),
			 SL_OPTIONS_SERVE);
	ck_assert_str_eq(sl_options_what(&options), "/srv");
}
END_TEST

/* The same port on another address, and another port, are not the same place. */
START_TEST(test_listeners_apart)
{
	struct sl_options options;
	char problem[SL_PROBLEM_BYTES];

	ck_assert_int_eq(parse(&options,
			       "-i eth0 -r /srv -l 0.0.0.0:80 -l [::]:80 -l 192.0.2.1:80 "
			       "-l 192.0.2.1:81",
			       problem),
			 SL_OPTIONS_SERVE);
	ck_assert_uint_eq(options.listener_cnt, 4);
}
END_TEST

START_TEST(test_too_many_listeners)
{
	struct sl_options options;
	char problem[SL_PROBLEM_BYTES], line[4096] = "-i eth0 -r /srv";
	size_t used_bytes = strlen(line);

	for (int port = 1; port <= SL_LISTENERS_MAX + 1; port++)
		used_bytes += (size_t)snprintf(line + used_bytes, sizeof(line) - used_bytes,
					       " -l 192.0.2.1:%d", port);
	ck_assert_int_eq(parse(&options, line, problem), SL_OPTIONS_UNUSABLE);
	ck_assert_str_eq(problem, "listener 192.0.2.1:65: there may be 64 at most");
}
END_TEST

/* --help wins over what is missing, and the help names every option. */
START_TEST(test_help)
{
	static const char *const names[] = {
		"--interface",
		"--listen",
		"--root",
		"--cert",
		"--key",
		"--workers",
		"--connections",
		"--run-dir",
		"--aead",
		"--drain",
		"--idle-timeout",
		"--pipeline-budget",
		"--xdp-generic",
		"--verbose",
		"--xdp-dispatcher",
		"--poll",
		"--header-timeout",
		"--cert-dir",
		"--ticket-keys",
		"--tls-min",
	};
	struct sl_options options;
	char problem[SL_PROBLEM_BYTES];

	ck_assert_int_eq(parse(&options, "--help", problem), SL_OPTIONS_HELP);
	ck_assert_int_eq(parse(&options, TLS "--help", problem), SL_OPTIONS_HELP);
	for (size_t idx = 0; idx < sizeof(names) / sizeof(names[0]); idx++)
		ck_assert_ptr_nonnull(strstr(sl_options_help, names[idx]));
}
END_TEST

/* Each key goes with the certificate before it; the first may come before its own. */
static const struct {
	const char *line;
	struct sl_tls_pair pairs[3];
	uint32_t pair_cnt;
} certificates[] = {
	{ "--cert a", { { "a", NULL } }, 1 },
	{ "--key ak --cert a", { { "a", "ak" } }, 1 },
	{ "--cert a --key ak --cert b --key bk", { { "a", "ak" }, { "b", "bk" } }, 2 },
	{ "--cert a --cert b --key bk --cert c",
	  { { "a", NULL }, { "b", "bk" }, { "c", NULL } },
	  3 },
	{ "--key ak --cert a --cert b", { { "a", "ak" }, { "b", NULL } }, 2 },
	{ "--cert-dir d", { { NULL, NULL } }, 0 },
};

START_TEST(test_certificates)
{
	struct sl_options options;
	char problem[SL_PROBLEM_BYTES], line[256];

	snprintf(line, sizeof(line), "-i eth0 -l 192.0.2.1:443,tls -r /srv %s",
		 certificates[_i].line);
	ck_assert_int_eq(parse(&options, line, problem), SL_OPTIONS_SERVE);
	ck_assert_uint_eq(options.pair_cnt, certificates[_i].pair_cnt);
	for (uint32_t i = 0; i < options.pair_cnt; i++) {
		ck_assert_str_eq(options.pairs[i].certificate_path,
				 certificates[_i].pairs[i].certificate_path);
		ck_assert_pstr_eq(options.pairs[i].key_path, certificates[_i].pairs[i].key_path);
	}
}
END_TEST

/* A second parse starts from nothing. */
START_TEST(test_again)
{
	struct sl_options options;
	char problem[SL_PROBLEM_BYTES];

	ck_assert_int_eq(parse(&options, TLS "--workers 2", problem), SL_OPTIONS_SERVE);
	ck_assert_int_eq(parse(&options, PLAIN, problem), SL_OPTIONS_SERVE);
	ck_assert_uint_eq(options.worker_cnt, 0);
	ck_assert_uint_eq(options.listener_cnt, 1);
}
END_TEST

Suite *make_serve_options_suite(void);

Suite *make_serve_options_suite(void)
{
	Suite *suite = suite_create("serve_options");
	TCase *tcase = tcase_create("serve_options");

	tcase_add_test(tcase, test_defaults);
	tcase_add_test(tcase, test_everything);
	tcase_add_loop_test(tcase, test_bad, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_loop_test(tcase, test_certificates, 0,
			    sizeof(certificates) / sizeof(certificates[0]));
	tcase_add_test(tcase, test_stores);
	tcase_add_test(tcase, test_listeners_apart);
	tcase_add_test(tcase, test_too_many_listeners);
	tcase_add_test(tcase, test_help);
	tcase_add_test(tcase, test_again);
	suite_add_tcase(suite, tcase);
	return suite;
}
