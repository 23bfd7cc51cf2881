/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "settings.h"

#include <arpa/inet.h>
#include <stdlib.h>

bool settings_take(struct settings *settings, int option, const char *value)
{
	double number = value ? strtod(value, NULL) : 0;

	switch (option) {
	case 'c':
		settings->conn_cnt = (int)number;
		return true;
	case 'w':
		settings->warmup_s = number;
		return true;
	case 't':
		settings->measured_s = number;
		return true;
	case 'C':
		settings->cpu = (int)number;
		return true;
	case 'S':
		settings->server_cpu = (int)number;
		return true;
	default:
		return false;
	}
}

bool settings_target(struct settings *settings, const char *host, const char *port)
{
	settings->host = host;
	settings->address.sin_family = AF_INET;
	settings->address.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	return inet_pton(AF_INET, host, &settings->address.sin_addr) == 1;
}
