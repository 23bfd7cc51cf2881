/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/staple.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>

#include "base/clock.h"
#include "tls/problem.h"

enum {
	PATH_MAX_BYTES = 4096,
	/* Clocks differ: a response may be from the near future. */
	SKEW_S = 300,
};

#define ADVICE "it is left out; fetch a new one, or remove the file"

/* The one whose key signed own, or NULL if nobody knows: then serial numbers must do. */
static const X509 *issuer_of(const X509 *own, const STACK_OF(X509) * chain)
{
	const X509 *issuer = sk_X509_num(chain) > 0 ? sk_X509_value(chain, 0) : own;

	return X509_NAME_cmp(X509_get_issuer_name(own), X509_get_subject_name(issuer)) == 0 ? issuer
											    : NULL;
}

static bool is_about(OCSP_SINGLERESP *single, const X509 *own, const X509 *issuer)
{
	const OCSP_CERTID *said = OCSP_SINGLERESP_get0_id(single);
	ASN1_OBJECT *digest;
	ASN1_INTEGER *serial;
	OCSP_CERTID *expected;
	bool is_same;

	if (!OCSP_id_get0_info(NULL, &digest, NULL, &serial, (OCSP_CERTID *)said))
		return false;
	if (!issuer)
		return ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(own)) == 0;
	expected = OCSP_cert_to_id(EVP_get_digestbyobj(digest), own, issuer);
	is_same = expected && OCSP_id_cmp(said, expected) == 0;
	OCSP_CERTID_free(expected);
	return is_same;
}

static OCSP_SINGLERESP *find(OCSP_BASICRESP *basic, const X509 *own, const X509 *issuer)
{
	for (int i = 0; i < OCSP_resp_count(basic); i++) {
		OCSP_SINGLERESP *single = OCSP_resp_get0(basic, i);

		if (is_about(single, own, issuer))
			return single;
	}
	return NULL;
}

static int64_t seconds_of(const ASN1_GENERALIZEDTIME *time, int64_t otherwise_s)
{
	struct tm parts;

	return time && ASN1_TIME_to_tm(time, &parts) ? timegm(&parts) : otherwise_s;
}

static int check_single(struct sl_staple *staple, OCSP_SINGLERESP *single, const char *path)
{
	ASN1_GENERALIZEDTIME *from, *until;
	int status = OCSP_single_get0_status(single, NULL, NULL, &from, &until);
	int64_t now_s = sl_clock_wall_s();

	if (status != V_OCSP_CERTSTATUS_GOOD)
		return sl_tls_problem(-EINVAL,
				      "staple %s: says that its certificate is %s; " ADVICE, path,
				      OCSP_cert_status_str(status));
	if (seconds_of(from, INT64_MAX) > now_s + SKEW_S)
		return sl_tls_problem(-EINVAL, "staple %s: is of the future (this update); " ADVICE,
				      path);
	staple->until_s = seconds_of(until, INT64_MAX);
	if (staple->until_s <= now_s)
		return sl_tls_problem(-EINVAL, "staple %s: is out of date (next update); " ADVICE,
				      path);
	return 0;
}

static int check(struct sl_staple *staple, OCSP_RESPONSE *response, const char *path,
		 const X509 *own, const STACK_OF(X509) * chain)
{
	int status = OCSP_response_status(response);
	OCSP_BASICRESP *basic;
	OCSP_SINGLERESP *single;
	int ret;

	if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL)
		return sl_tls_problem(-EINVAL, "staple %s: the responder said \"%s\"; " ADVICE,
				      path, OCSP_response_status_str(status));
	basic = OCSP_response_get1_basic(response);
	if (!basic)
		return sl_tls_problem(-EINVAL, "staple %s: no basic OCSP response (%s); " ADVICE,
				      path, sl_tls_openssl_reason());
	single = find(basic, own, issuer_of(own, chain));
	if (single)
		ret = check_single(staple, single, path);
	else
		ret = sl_tls_problem(-EINVAL, "staple %s: is about another certificate; " ADVICE,
				     path);
	OCSP_BASICRESP_free(basic);
	return ret;
}

static int read_bio(struct sl_staple *staple, BIO *bio, const char *path, const X509 *own,
		    const STACK_OF(X509) * chain)
{
	OCSP_RESPONSE *response = d2i_OCSP_RESPONSE_bio(bio, NULL);
	int ret, len_bytes;

	if (!response)
		return sl_tls_problem(-EINVAL, "staple %s: no OCSP response in DER (%s); " ADVICE,
				      path, sl_tls_openssl_reason());
	ret = check(staple, response, path, own, chain);
	if (ret == 0) {
		len_bytes = i2d_OCSP_RESPONSE(response, &staple->data);
		if (len_bytes <= 0 || len_bytes > SL_STAPLE_MAX_BYTES)
			ret = sl_tls_problem(-EINVAL,
					     "staple %s: has %d bytes, more than %d; " ADVICE, path,
					     len_bytes, SL_STAPLE_MAX_BYTES);
		else
			staple->len_bytes = (uint32_t)len_bytes;
	}
	OCSP_RESPONSE_free(response);
	return ret;
}

int sl_staple_load(struct sl_staple *staple, const char *certificate_path, X509 *own,
		   const STACK_OF(X509) * chain)
{
	char path[PATH_MAX_BYTES];
	int error, ret;
	BIO *bio;

	*staple = (struct sl_staple){ .data = NULL };
	if (snprintf(path, sizeof(path), "%s.ocsp", certificate_path) >= (int)sizeof(path))
		return 0; /* there is no such file */
	bio = sl_tls_file_open(path, &error);
	if (!bio)
		return error == ENOENT ? 0 : sl_tls_problem_file("staple", path, error);
	ERR_clear_error();
	ret = read_bio(staple, bio, path, own, chain);
	ERR_clear_error();
	BIO_free(bio);
	if (ret)
		sl_staple_fini(staple);
	return ret;
}

void sl_staple_fini(struct sl_staple *staple)
{
	OPENSSL_free(staple->data);
	*staple = (struct sl_staple){ .data = NULL };
}
