/* SPDX-License-Identifier: BSD-2-Clause */
#include "suites.h"

Suite *make_certificate_files_suite(void);
Suite *make_cmd_connections_suite(void);
Suite *make_cmd_serve_suite(void);
Suite *make_cmd_stats_suite(void);
Suite *make_connection_filter_suite(void);
Suite *make_connection_print_suite(void);
Suite *make_control_suite(void);
Suite *make_daemon_watchdog_suite(void);
Suite *make_link_suite(void);
Suite *make_link_report_suite(void);
Suite *make_recovery_suite(void);
Suite *make_listing_suite(void);
Suite *make_notify_suite(void);
Suite *make_number_suite(void);
Suite *make_preflight_suite(void);
Suite *make_privileges_suite(void);
Suite *make_progress_suite(void);
Suite *make_renewal_suite(void);
Suite *make_serve_options_suite(void);
Suite *make_server_suite(void);
Suite *make_stats_page_suite(void);
Suite *make_stats_print_suite(void);
Suite *make_stats_reader_suite(void);
Suite *make_store_arguments_suite(void);
Suite *make_store_sources_suite(void);
Suite *make_threads_suite(void);
Suite *make_units_suite(void);
Suite *make_watch_suite(void);

const struct sl_suite sl_suites[] = {
	{ "certificate_files", make_certificate_files_suite },
	{ "cmd_connections", make_cmd_connections_suite },
	{ "cmd_serve", make_cmd_serve_suite },
	{ "cmd_stats", make_cmd_stats_suite },
	{ "connection_filter", make_connection_filter_suite },
	{ "connection_print", make_connection_print_suite },
	{ "control", make_control_suite },
	{ "daemon_watchdog", make_daemon_watchdog_suite },
	{ "link", make_link_suite },
	{ "link_report", make_link_report_suite },
	{ "recovery", make_recovery_suite },
	{ "listing", make_listing_suite },
	{ "notify", make_notify_suite },
	{ "number", make_number_suite },
	{ "preflight", make_preflight_suite },
	{ "privileges", make_privileges_suite },
	{ "progress", make_progress_suite },
	{ "renewal", make_renewal_suite },
	{ "serve_options", make_serve_options_suite },
	{ "server", make_server_suite },
	{ "stats_page", make_stats_page_suite },
	{ "stats_print", make_stats_print_suite },
	{ "stats_reader", make_stats_reader_suite },
	{ "store_arguments", make_store_arguments_suite },
	{ "store_sources", make_store_sources_suite },
	{ "threads", make_threads_suite },
	{ "units", make_units_suite },
	{ "watch", make_watch_suite },
	{ NULL, NULL },
};
