/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preloaded into gnutls-cli, which writes what it receives with a system call a byte: a standard
 * output that is no terminal keeps the buffer that the C library gave it.
 */
#include <stdio.h>

void setbuf(FILE *file, char *buffer)
{
	(void)file;
	(void)buffer;
}

int setvbuf(FILE *file, char *buffer, int mode, size_t size_bytes)
{
	(void)file;
	(void)buffer;
	(void)mode;
	(void)size_bytes;
	return 0;
}
