dnl Tools and libraries without a pkg-config file.

AC_DEFUN([SL_BPF], [
  AC_ARG_VAR([BPF_CLANG], [clang that compiles the steering program])
  AC_ARG_VAR([BPFTOOL], [bpftool, makes the skeleton header])
  AC_PATH_PROGS([BPF_CLANG], [clang clang-19 clang-16 clang-14])
  AC_PATH_PROGS([BPFTOOL], [bpftool], [], [$PATH:/usr/sbin:/sbin])
  AS_IF([test -z "$BPF_CLANG"], [AC_MSG_ERROR([clang not found: it compiles bpf/steer.bpf.c (Debian package: clang)])])
  AS_IF([test -z "$BPFTOOL"], [AC_MSG_ERROR([bpftool not found: it makes the BPF skeleton (Debian package: bpftool)])])
  dnl clang's BPF target has no default path to the architecture's asm/ headers.
  arch_include=$($CC -print-multiarch 2>/dev/null)
  AS_IF([test -n "$arch_include"], [BPF_ARCH_INCLUDE="-I/usr/include/$arch_include"], [BPF_ARCH_INCLUDE=])
  AC_SUBST([BPF_ARCH_INCLUDE])
])

AC_DEFUN([SL_IPSEC_MB], [
  AC_ARG_WITH([ipsec-mb],
    [AS_HELP_STRING([--without-ipsec-mb], [do not use Intel's multi-buffer library for bulk AEAD])],
    [], [with_ipsec_mb=check])
  have_ipsec_mb=no
  AS_IF([test "$with_ipsec_mb" != no], [
    AC_CHECK_HEADER([intel-ipsec-mb.h], [AC_CHECK_LIB([IPSec_MB], [init_mb_mgr_auto], [have_ipsec_mb=yes])])
    AS_IF([test "$with_ipsec_mb" = yes && test "$have_ipsec_mb" = no],
      [AC_MSG_ERROR([libipsec-mb not found (Debian package: libipsec-mb-dev)])])
  ])
  AS_IF([test "$have_ipsec_mb" = yes], [
    AC_DEFINE([HAVE_IPSEC_MB], [1], [Intel's multi-buffer crypto library is there.])
    IPSEC_MB_LIBS=-lIPSec_MB
    ipsec_mb_summary=", libipsec-mb"
  ])
  AC_SUBST([IPSEC_MB_LIBS])
  AM_CONDITIONAL([HAVE_IPSEC_MB], [test "$have_ipsec_mb" = yes])
])

dnl Only the differential test of the request parser uses it.
AC_DEFUN([SL_HTTP_PARSER], [
  have_http_parser=no
  AC_CHECK_HEADER([http_parser.h], [AC_CHECK_LIB([http_parser], [http_parser_init], [have_http_parser=yes])])
  AM_CONDITIONAL([HAVE_HTTP_PARSER], [test "$have_http_parser" = yes])
])

AC_DEFUN([SL_SYSTEMD], [
  AC_ARG_WITH([systemdsystemunitdir],
    [AS_HELP_STRING([--with-systemdsystemunitdir=DIR], [where the unit file goes])],
    [systemdsystemunitdir=$withval],
    [systemdsystemunitdir='${prefix}/lib/systemd/system'])
  AC_SUBST([systemdsystemunitdir])
])
