/* SPDX-License-Identifier: BSD-2-Clause */
/* Two volumes that are arrays, named "0" and "1", for reading: in place of volume_file.c. */
#ifndef SL_TESTS_IMAGE_VOLUME_H
#define SL_TESTS_IMAGE_VOLUME_H

#include <stdint.h>

enum { IMAGE_CNT = 2, IMAGE_BYTES = 128 * 1024 };

extern uint8_t sl_image[IMAGE_CNT][IMAGE_BYTES];

#endif
