/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/serve_options.h"

#include <getopt.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "daemon/number.h"

enum {
	IDLE_TIMEOUT_DEFAULT_S = 60,
	IDLE_TIMEOUT_MAX_S = 24 * 3600,
	HEADER_TIMEOUT_DEFAULT_S = 10,
	HEADER_TIMEOUT_MAX_S = 3600,
	DRAIN_DEFAULT_S = 5,
	DRAIN_MAX_S = 3600,

	/* One buffer must fit, or nothing is ever read; above this even a big server's cache is
	 * long overrun, and the number is a slip of the keyboard. */
	BUDGET_MIN_BYTES = SL_BUFFER_BYTES,
	BUDGET_MAX_BYTES = 1024 * 1024 * 1024,
};

const char sl_options_help[] =
    "usage: sluice serve -i IFACE -l ADDR:PORT[,tls] {-r DIR | --store DEVICE} [OPTION]...\n"
    "\n"
    "  -i, --interface IFACE        the interface to serve on\n"
    "  -l, --listen ADDR:PORT[,tls][,cc=cubic|bbr|newreno][,mss=BYTES]\n"
    "                               an address of it, 0.0.0.0 or [::] for all; may be repeated\n"
    "  -r, --root DIR               the directory to serve\n"
    "      --store [HOST=]DEVICE[,DEVICE]...\n"
    "                               serve a store to those who ask for HOST, or to all who ask "
    "for\n"
    "                               no other store's host, instead of a directory; may be "
    "repeated\n"
    "      --store-verify           compare what is read from stores with its checksums\n"
    "      --cert FILE              certificate chain, PEM; may be repeated, the first is for\n"
    "                               names that none is for\n"
    "      --key FILE               private key of the certificate before it, PEM, if it is not\n"
    "                               in the same file\n"
    "      --cert-dir DIR           all NAME.pem in it, with NAME.key\n"
    "      --ticket-keys FILE       keys for session tickets, 80 bytes each, as nginx has them;\n"
    "                               may be repeated: the first seals, all open (random keys)\n"
    "      --tls-min 1.2|1.3        the lowest version of TLS (1.2)\n"
    "      --workers N              must be the number of receive queues, the default\n"
    "      --connections N          most connections of one worker (16384)\n"
    "      --run-dir DIR            where the counters are shown (" SL_RUN_DIR_DEFAULT ")\n"
    "      --aead ENGINE            ipsec-mb or openssl (the faster one that is there)\n"
    "      --pipeline-budget BYTES  most bytes between disk and wire, with K or M (from the "
    "cache)\n"
    "      --idle-timeout SECONDS   close connections without a request after this (60)\n"
    "      --header-timeout SECONDS give handshakes and requests so long to arrive (10)\n"
    "      --drain SECONDS          how long responses may take after SIGTERM (5)\n"
    "      --xdp-dispatcher         share the interface with other XDP programs (libxdp)\n"
    "      --xdp-generic            do not try the driver's XDP\n"
    "      --poll MODE              workers without work: interrupt (sleep), busy (never sleep),\n"
    "                               adaptive (sleep unless that was too short lately; default)\n"
    "      --check                  see whether all this can be served, then end\n"
    "  -v, --verbose                say more in the log\n"
    "      --help                   print this\n";

enum {
	OPT_STORE = 256,
	OPT_STORE_VERIFY,
	OPT_CERT,
	OPT_KEY,
	OPT_CERT_DIR,
	OPT_TICKET_KEYS,
	OPT_TLS_MIN,
	OPT_WORKERS,
	OPT_CONNECTIONS,
	OPT_RUN_DIR,
	OPT_AEAD,
	OPT_BUDGET,
	OPT_IDLE_TIMEOUT,
	OPT_HEADER_TIMEOUT,
	OPT_DRAIN,
	OPT_DISPATCHER,
	OPT_GENERIC,
	OPT_POLL,
	OPT_CHECK,
	OPT_HELP,
};

/* The colon has getopt tell a missing value from an unknown option. */
static const char short_options[] = ":i:l:r:v";

static const struct option long_options[] = {
	{ "interface", required_argument, NULL, 'i' },
	{ "listen", required_argument, NULL, 'l' },
	{ "root", required_argument, NULL, 'r' },
	{ "store", required_argument, NULL, OPT_STORE },
	{ "store-verify", no_argument, NULL, OPT_STORE_VERIFY },
	{ "cert", required_argument, NULL, OPT_CERT },
	{ "key", required_argument, NULL, OPT_KEY },
	{ "cert-dir", required_argument, NULL, OPT_CERT_DIR },
	{ "ticket-keys", required_argument, NULL, OPT_TICKET_KEYS },
	{ "tls-min", required_argument, NULL, OPT_TLS_MIN },
	{ "workers", required_argument, NULL, OPT_WORKERS },
	{ "connections", required_argument, NULL, OPT_CONNECTIONS },
	{ "run-dir", required_argument, NULL, OPT_RUN_DIR },
	{ "aead", required_argument, NULL, OPT_AEAD },
	{ "pipeline-budget", required_argument, NULL, OPT_BUDGET },
	{ "idle-timeout", required_argument, NULL, OPT_IDLE_TIMEOUT },
	{ "header-timeout", required_argument, NULL, OPT_HEADER_TIMEOUT },
	{ "drain", required_argument, NULL, OPT_DRAIN },
	{ "xdp-dispatcher", no_argument, NULL, OPT_DISPATCHER },
	{ "xdp-generic", no_argument, NULL, OPT_GENERIC },
	{ "poll", required_argument, NULL, OPT_POLL },
	{ "check", no_argument, NULL, OPT_CHECK },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

__attribute__((format(printf, 3, 4))) static enum sl_options_verdict refuse(
    enum sl_options_verdict verdict, char problem[SL_PROBLEM_BYTES], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(problem, SL_PROBLEM_BYTES, format, arguments);
	va_end(arguments);
	return verdict;
}

#define usage_problem(...) refuse(SL_OPTIONS_USAGE, problem, __VA_ARGS__)
#define unusable(...)      refuse(SL_OPTIONS_UNUSABLE, problem, __VA_ARGS__)

static enum sl_options_verdict take_number(uint64_t *number, const char *option, const char *text,
					   uint64_t min, uint64_t max,
					   char problem[SL_PROBLEM_BYTES])
{
	if (sl_number_parse(text, min, max, number))
		return SL_OPTIONS_SERVE;
	return usage_problem("%s %s: must be a whole number from %llu to %llu", option, text,
			     (unsigned long long)min, (unsigned long long)max);
}

static enum sl_options_verdict take_count(uint32_t *count, const char *option, const char *text,
					  uint32_t max, char problem[SL_PROBLEM_BYTES])
{
	uint64_t number = *count;
	enum sl_options_verdict verdict = take_number(&number, option, text, 1, max, problem);

	*count = (uint32_t)number;
	return verdict;
}

static enum sl_options_verdict take_seconds(uint64_t *duration_ns, const char *option,
					    const char *text, uint64_t min_s, uint64_t max_s,
					    char problem[SL_PROBLEM_BYTES])
{
	uint64_t seconds = 0;
	enum sl_options_verdict verdict =
	    take_number(&seconds, option, text, min_s, max_s, problem);

	*duration_ns = seconds * SL_NS_PER_S;
	return verdict;
}

static enum sl_options_verdict take_budget(struct sl_options *options, const char *text,
					   char problem[SL_PROBLEM_BYTES])
{
	if (sl_number_parse_bytes(text, BUDGET_MIN_BYTES, BUDGET_MAX_BYTES,
				  &options->pipeline_budget_bytes))
		return SL_OPTIONS_SERVE;
	return usage_problem("--pipeline-budget %s: must be a number of bytes from %dK to %dM",
			     text, BUDGET_MIN_BYTES / 1024, BUDGET_MAX_BYTES / 1024 / 1024);
}

static enum sl_options_verdict take_poll(struct sl_options *options, const char *text,
					 char problem[SL_PROBLEM_BYTES])
{
	static const char *const names[] = {
		[SL_POLL_ADAPTIVE] = "adaptive",
		[SL_POLL_INTERRUPT] = "interrupt",
		[SL_POLL_BUSY] = "busy",
	};

	for (size_t mode = 0; mode < sizeof(names) / sizeof(names[0]); mode++) {
		if (strcmp(text, names[mode]) != 0)
			continue;
		options->poll_mode = (enum sl_poll_mode)mode;
		return SL_OPTIONS_SERVE;
	}
	return usage_problem("--poll %s: must be interrupt, adaptive or busy", text);
}

static enum sl_options_verdict take_tls_min(struct sl_options *options, const char *text,
					    char problem[SL_PROBLEM_BYTES])
{
	options->only_tls13 = strcmp(text, "1.3") == 0;
	if (options->only_tls13 || strcmp(text, "1.2") == 0)
		return SL_OPTIONS_SERVE;
	return usage_problem("--tls-min %s: must be 1.2 or 1.3", text);
}

static bool same_place(const struct sl_listener *a, const struct sl_listener *b)
{
	return a->port == b->port && a->ipv6 == b->ipv6 && a->any == b->any &&
	       memcmp(&a->address, &b->address, sizeof(a->address)) == 0;
}

static enum sl_options_verdict take_listener(struct sl_options *options, const char *text,
					     char problem[SL_PROBLEM_BYTES])
{
	struct sl_listener listener;
	const char *what;

	if (sl_listener_parse(text, &listener, &what) < 0)
		return unusable("listener %s: %s", text, what);
	for (uint32_t idx = 0; idx < options->listener_cnt; idx++) {
		if (same_place(&options->listeners[idx], &listener))
			return unusable("listener %s: given twice", text);
	}
	if (options->listener_cnt == SL_LISTENERS_MAX)
		return unusable("listener %s: there may be %d at most", text, SL_LISTENERS_MAX);
	options->listeners[options->listener_cnt++] = listener;
	return SL_OPTIONS_SERVE;
}

static enum sl_options_verdict take_store(struct sl_options *options, const char *text,
					  char problem[SL_PROBLEM_BYTES])
{
	struct sl_store_choice choice;

	if (!sl_store_choice_parse(text, &choice))
		return usage_problem("--store %s: must be [HOST=]DEVICE[,DEVICE]..., with %d "
				     "devices at most",
				     text, SLUICE_STORE_DEVICES_MAX);
	if (options->store_cnt == SL_STORES_MAX)
		return unusable("store %s: there may be %d at most", text, SL_STORES_MAX);
	options->stores[options->store_cnt++] = text;
	return SL_OPTIONS_SERVE;
}

/* A key goes with the certificate before it; one that comes before any goes with the first. Until
 * that is there its place in pairs has a key only. */
static enum sl_options_verdict take_certificate(struct sl_options *options, const char *path,
						char problem[SL_PROBLEM_BYTES])
{
	struct sl_tls_pair *first = &options->pairs[0];

	if (options->pair_cnt == 1 && !first->certificate_path) {
		first->certificate_path = path;
		return SL_OPTIONS_SERVE;
	}
	if (options->pair_cnt == SL_CERTIFICATES_MAX)
		return unusable("certificate %s: there may be %d at most", path,
				SL_CERTIFICATES_MAX);
	options->pairs[options->pair_cnt++].certificate_path = path;
	return SL_OPTIONS_SERVE;
}

static enum sl_options_verdict take_key(struct sl_options *options, const char *path,
					char problem[SL_PROBLEM_BYTES])
{
	if (options->pair_cnt == 0)
		options->pair_cnt = 1;
	if (options->pairs[options->pair_cnt - 1].key_path)
		return usage_problem("--key %s: the certificate before it has a key already; give "
				     "each --cert and then its --key",
				     path);
	options->pairs[options->pair_cnt - 1].key_path = path;
	return SL_OPTIONS_SERVE;
}

static enum sl_options_verdict take_ticket_keys(struct sl_options *options, const char *path,
						char problem[SL_PROBLEM_BYTES])
{
	if (options->ticket_path_cnt == SL_TICKETS_KEYS_MAX)
		return unusable("ticket keys %s: there may be %d at most; leave out the oldest",
				path, SL_TICKETS_KEYS_MAX);
	options->ticket_paths[options->ticket_path_cnt++] = path;
	return SL_OPTIONS_SERVE;
}

/* getopt says little about what it did not understand: a short option is in optopt, a long one is
 * the argument just behind it. */
static enum sl_options_verdict not_understood(int opt, char **argv, char problem[SL_PROBLEM_BYTES])
{
	if (opt == ':')
		return usage_problem("option %s needs a value", argv[optind - 1]);
	if (optopt > 0 && optopt < 256)
		return usage_problem("unknown option -%c; sluice serve --help lists them", optopt);
	if (optopt >= 256)
		return usage_problem("option %s takes no value", argv[optind - 1]);
	return usage_problem("unknown option %s; sluice serve --help lists them", argv[optind - 1]);
}

/* The options that have no value; NULL: this one has. */
static bool *flag_of(struct sl_options *options, int opt)
{
	switch (opt) {
	case OPT_STORE_VERIFY:
		return &options->store_verify;
	case OPT_DISPATCHER:
		return &options->dispatcher;
	case OPT_GENERIC:
		return &options->generic;
	case OPT_CHECK:
		return &options->check;
	case 'v':
		return &options->verbose;
	default:
		return NULL;
	}
}

static enum sl_options_verdict take_option(struct sl_options *options, int opt, char **argv,
					   char problem[SL_PROBLEM_BYTES])
{
	bool *flag = flag_of(options, opt);

	if (optarg && !*optarg)
		return usage_problem("option %s has an empty value",
				     argv[optind - 1 - (optarg == argv[optind - 1])]);
	if (flag) {
		*flag = true;
		return SL_OPTIONS_SERVE;
	}
	switch (opt) {
	case 'i':
		options->iface = optarg;
		break;
	case 'l':
		return take_listener(options, optarg, problem);
	case 'r':
		options->root = optarg;
		break;
	case OPT_STORE:
		return take_store(options, optarg, problem);
	case OPT_CERT:
		return take_certificate(options, optarg, problem);
	case OPT_KEY:
		return take_key(options, optarg, problem);
	case OPT_CERT_DIR:
		options->certificate_dir = optarg;
		break;
	case OPT_TICKET_KEYS:
		return take_ticket_keys(options, optarg, problem);
	case OPT_TLS_MIN:
		return take_tls_min(options, optarg, problem);
	case OPT_WORKERS:
		return take_count(&options->worker_cnt, "--workers", optarg, SL_WORKERS_MAX,
				  problem);
	case OPT_CONNECTIONS:
		return take_count(&options->conns_max, "--connections", optarg, SL_CONNS_MAX,
				  problem);
	case OPT_RUN_DIR:
		options->run_dir = optarg;
		break;
	case OPT_AEAD:
		options->aead = optarg;
		break;
	case OPT_BUDGET:
		return take_budget(options, optarg, problem);
	case OPT_IDLE_TIMEOUT:
		return take_seconds(&options->idle_timeout_ns, "--idle-timeout", optarg, 1,
				    IDLE_TIMEOUT_MAX_S, problem);
	case OPT_HEADER_TIMEOUT:
		return take_seconds(&options->header_timeout_ns, "--header-timeout", optarg, 1,
				    HEADER_TIMEOUT_MAX_S, problem);
	case OPT_DRAIN:
		return take_seconds(&options->drain_ns, "--drain", optarg, 0, DRAIN_MAX_S, problem);
	case OPT_POLL:
		return take_poll(options, optarg, problem);
	case OPT_HELP:
		return SL_OPTIONS_HELP;
	default:
		return not_understood(opt, argv, problem);
	}
	return SL_OPTIONS_SERVE;
}

bool sl_options_tls(const struct sl_options *options)
{
	for (uint32_t idx = 0; idx < options->listener_cnt; idx++) {
		if (options->listeners[idx].tls)
			return true;
	}
	return false;
}

const char *sl_options_what(const struct sl_options *options)
{
	return options->root ? options->root : options->stores[0];
}

/* Names have to be somewhere, and in one place only. */
static enum sl_options_verdict check_places(const struct sl_options *options,
					    char problem[SL_PROBLEM_BYTES])
{
	struct sl_store_choice choice;

	if (!options->root && options->store_cnt == 0)
		return usage_problem("nothing to serve: name a directory with -r DIR or a store "
				     "with --store DEVICE");
	if (options->store_verify && options->store_cnt == 0)
		return usage_problem("--store-verify without use: there is no --store");
	for (uint32_t idx = 0; options->root && idx < options->store_cnt; idx++) {
		if (sl_store_choice_parse(options->stores[idx], &choice) && !choice.host[0])
			return usage_problem("--store %s and --root both serve every host; say "
					     "whom the store is for: --store HOST=%s",
					     options->stores[idx], options->stores[idx]);
	}
	return SL_OPTIONS_SERVE;
}

static enum sl_options_verdict check_whole(const struct sl_options *options,
					   char problem[SL_PROBLEM_BYTES])
{
	bool tls = sl_options_tls(options);
	bool has_certificate = options->pair_cnt > 0 || options->certificate_dir;
	enum sl_options_verdict verdict;

	if (!options->iface)
		return usage_problem("no interface: name the one to serve on with -i IFACE");
	if (strlen(options->iface) >= IFNAMSIZ)
		return unusable("interface %s: names have %d characters at most", options->iface,
				IFNAMSIZ - 1);
	if (options->listener_cnt == 0)
		return usage_problem("no listener: say where to listen with -l ADDR:PORT,tls");
	verdict = check_places(options, problem);
	if (verdict != SL_OPTIONS_SERVE)
		return verdict;
	if (tls && !has_certificate)
		return usage_problem("no certificate: a listener with ,tls needs --cert FILE");
	if (options->pair_cnt > 0 && !options->pairs[0].certificate_path)
		return usage_problem("--key %s: no --cert that it belongs to",
				     options->pairs[0].key_path);
	/* Whoever names a certificate and forgets ,tls would serve in the clear unawares. */
	if (!tls && (has_certificate || options->ticket_path_cnt > 0))
		return usage_problem("--cert, --key, --cert-dir, --ticket-keys without use: no "
				     "listener ends in ,tls");
	return SL_OPTIONS_SERVE;
}

enum sl_options_verdict sl_options_parse(struct sl_options *options, int argc, char **argv,
					 char problem[SL_PROBLEM_BYTES])
{
	enum sl_options_verdict verdict;
	int opt;

	*options = (struct sl_options){
		.run_dir = SL_RUN_DIR_DEFAULT,
		.conns_max = SL_CONNS_DEFAULT,
		.idle_timeout_ns = IDLE_TIMEOUT_DEFAULT_S * SL_NS_PER_S,
		.header_timeout_ns = HEADER_TIMEOUT_DEFAULT_S * SL_NS_PER_S,
		.drain_ns = DRAIN_DEFAULT_S * SL_NS_PER_S,
	};
	optind = 0; /* glibc: start anew */
	opterr = 0;
	while ((opt = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
		verdict = take_option(options, opt, argv, problem);
		if (verdict != SL_OPTIONS_SERVE)
			return verdict;
	}
	if (optind < argc)
		return usage_problem("unexpected argument '%s'", argv[optind]);
	return check_whole(options, problem);
}
