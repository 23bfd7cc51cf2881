/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Days are counted from 1 March of year 0 of the Gregorian calendar: with February at the end of
 * the year, a leap day changes nothing before it, and the days before a month are a straight line
 * (153 days in any five months from March) that integer division follows exactly.
 */
#include "http/date.h"

#include <string.h>

#include "base/bug.h"
#include "http/octet.h"

enum {
	DAY_S = 86400,
	ERA_YEARS = 400, /* after which the calendar repeats */
	ERA_DAYS = 146097,
	EPOCH_DAYS = 719468, /* from 0000-03-01 to 1970-01-01 */
};

static const char weekdays[7][10] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
				      "Thursday", "Friday", "Saturday" };
static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
				    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

struct civil {
	int year, month, day; /* months [1, 12], days [1, 31] */
	int hour, minute, second;
};

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int year, int month)
{
	static const int days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days since 1970-01-01; year in [0, 9999]. */
static int64_t civil_to_days(int year, int month, int day)
{
	int march_year = year + ERA_YEARS - (month <= 2); /* an era more: no negative years */
	int march_month = (month + 9) % 12;
	int days = march_year * 365 + march_year / 4 - march_year / 100 + march_year / 400;

	return days + (153 * march_month + 2) / 5 + day - 1 - ERA_DAYS - EPOCH_DAYS;
}

static void days_to_civil(int64_t days, struct civil *civil)
{
	int64_t since_march = days + EPOCH_DAYS;
	int64_t era = since_march / ERA_DAYS;
	int64_t day_of_era = since_march % ERA_DAYS;
	/* Take the leap days out: one in 1461 days, but not in 36524, but in 146096. */
	int64_t year_of_era =
	    (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year =
	    day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t march_month = (5 * day_of_year + 2) / 153;

	civil->day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1);
	civil->month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
	civil->year = (int)(era * ERA_YEARS + year_of_era) + (civil->month <= 2);
}

static int64_t civil_to_unix_s(const struct civil *civil)
{
	return civil_to_days(civil->year, civil->month, civil->day) * DAY_S +
	       (civil->hour * 60 + civil->minute) * 60 + civil->second;
}

/* ---- writing ---- */

static void put_digits(char *out, int64_t number, int digit_cnt)
{
	while (digit_cnt--) {
		out[digit_cnt] = (char)('0' + number % 10);
		number /= 10;
	}
}

void sl_date_format(int64_t unix_s, char out[SL_DATE_BYTES + 1])
{
	struct civil civil;
	int64_t days = unix_s / DAY_S;
	int64_t second_of_day = unix_s % DAY_S;

	BUG_ON(unix_s < 0);
	BUG_ON(unix_s > SL_DATE_MAX_S);
	days_to_civil(days, &civil);
	memcpy(out, "ddd, DD mmm YYYY hh:mm:ss GMT", SL_DATE_BYTES + 1);
	memcpy(out, weekdays[(days + 4) % 7], 3); /* 1970 began on a Thursday */
	put_digits(out + 5, civil.day, 2);
	memcpy(out + 8, months[civil.month - 1], 3);
	put_digits(out + 12, civil.year, 4);
	put_digits(out + 17, second_of_day / 3600, 2);
	put_digits(out + 20, second_of_day / 60 % 60, 2);
	put_digits(out + 23, second_of_day % 60, 2);
}

/* ---- reading ---- */

/*
 * A form is a pattern in which each of these stands for one byte, and each byte else for itself:
 * D Y h m s: a digit of day, year and time; d: a digit of the day, or the space that asctime has
 * before a single one; b: a letter of the month's name. The weekday in front differs in length and
 * is taken off first.
 */
static const char *const forms[] = {
	", DD bbb YYYY hh:mm:ss GMT", /* IMF-fixdate */
	", DD-bbb-YY hh:mm:ss GMT",   /* RFC 850: whole names of days */
	" bbb dD hh:mm:ss YYYY",      /* asctime */
};
enum form { IMF_FIXDATE, RFC_850, ASCTIME, FORM_CNT };

static bool take_weekday(const char **text, uint32_t *len_bytes, bool whole_name)
{
	for (int i = 0; i < 7; i++) {
		size_t name_bytes = whole_name ? strlen(weekdays[i]) : 3;

		if (*len_bytes > name_bytes && !memcmp(*text, weekdays[i], name_bytes)) {
			*text += name_bytes;
			*len_bytes -= (uint32_t)name_bytes;
			return true;
		}
	}
	return false;
}

static int month_of(const char name[3])
{
	for (int i = 0; i < 12; i++) {
		if (!memcmp(name, months[i], 3))
			return i + 1;
	}
	return 0;
}

/* The number that a letter of a form has a digit of, or NULL. */
static int *number_of(struct civil *civil, char letter)
{
	switch (letter) {
	case 'd':
	case 'D':
		return &civil->day;
	case 'Y':
		return &civil->year;
	case 'h':
		return &civil->hour;
	case 'm':
		return &civil->minute;
	case 's':
		return &civil->second;
	default:
		return NULL;
	}
}

/* text is as long as form. */
static bool match_form(const char *form, const char *text, struct civil *civil)
{
	*civil = (struct civil){ 0 };
	for (size_t i = 0; form[i]; i++) {
		int *number = number_of(civil, form[i]);

		if (form[i] == 'b') {
			civil->month = month_of(text + i);
			if (!civil->month)
				return false;
			i += 2;
		} else if (!number) {
			if (text[i] != form[i])
				return false;
		} else if (sl_octet_is(text[i], SL_OCTET_DIGIT)) {
			*number = *number * 10 + (text[i] - '0');
		} else if (form[i] != 'd' || text[i] != ' ') {
			return false;
		}
	}
	return true;
}

/* 60 is a leap second; it is the next minute's first, as POSIX counts. */
static bool is_valid(const struct civil *civil)
{
	return civil->day >= 1 && civil->day <= days_in_month(civil->year, civil->month) &&
	       civil->hour <= 23 && civil->minute <= 59 && civil->second <= 60;
}

/* A year of two digits is the latest such year that is not more than 50 years ahead (RFC 9110,
 * 5.6.7). */
static void settle_century(struct civil *civil, int64_t now_s)
{
	struct civil now;
	int year;

	days_to_civil(now_s / DAY_S, &now);
	for (year = now.year / 100 * 100 + 100 + civil->year; year >= 100; year -= 100) {
		/* 50 years back, it is not later than now. Compared so, no 29 February is asked for
		 * in a year that has none: a day past a month's end counts as the next month's. */
		civil->year = year - 50;
		if (civil_to_unix_s(civil) <= now_s)
			break;
	}
	civil->year = year;
}

bool sl_date_parse(const char *text, uint32_t len_bytes, int64_t now_s, int64_t *unix_s)
{
	for (enum form form = 0; form < FORM_CNT; form++) {
		const char *rest = text;
		uint32_t rest_bytes = len_bytes;
		struct civil civil;

		if (!take_weekday(&rest, &rest_bytes, form == RFC_850) ||
		    rest_bytes != strlen(forms[form]) || !match_form(forms[form], rest, &civil))
			continue;
		if (form == RFC_850)
			settle_century(&civil, now_s);
		if (!is_valid(&civil))
			return false;
		*unix_s = civil_to_unix_s(&civil);
		return true;
	}
	return false;
}
