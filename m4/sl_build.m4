dnl Build options: warnings, sanitizers, invariant checks.

AC_DEFUN([SL_WARNINGS], [
  AC_ARG_ENABLE([werror],
    [AS_HELP_STRING([--enable-werror], [treat compiler warnings as errors])], [], [enable_werror=no])
  SL_CFLAGS="-std=gnu11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla"
  AS_IF([test "$enable_werror" = yes], [SL_CFLAGS="$SL_CFLAGS -Werror"])
  AC_SUBST([SL_CFLAGS])
])

AC_DEFUN([SL_SANITIZERS], [
  AC_ARG_ENABLE([asan],
    [AS_HELP_STRING([--enable-asan], [build with AddressSanitizer])], [], [enable_asan=no])
  AC_ARG_ENABLE([ubsan],
    [AS_HELP_STRING([--enable-ubsan], [build with UndefinedBehaviorSanitizer])], [], [enable_ubsan=no])
  SL_SANITIZE_FLAGS=
  sanitizers=
  AS_IF([test "$enable_asan" = yes], [
    SL_SANITIZE_FLAGS="-fsanitize=address"
    sanitizers=address
  ])
  AS_IF([test "$enable_ubsan" = yes], [
    SL_SANITIZE_FLAGS="$SL_SANITIZE_FLAGS -fsanitize=undefined -fno-sanitize-recover=undefined"
    sanitizers="$sanitizers undefined"
  ])
  AS_IF([test -n "$SL_SANITIZE_FLAGS"],
    [SL_SANITIZE_FLAGS="$SL_SANITIZE_FLAGS -fno-omit-frame-pointer"])
  AC_SUBST([SL_SANITIZE_FLAGS])
])

AC_DEFUN([SL_INVARIANTS], [
  AC_ARG_ENABLE([debug],
    [AS_HELP_STRING([--enable-debug], [check invariants on the hot path (frames conserved, ownership, windows)])],
    [], [enable_debug=no])
  AS_IF([test "$enable_debug" = yes],
    [AC_DEFINE([SL_DEBUG], [1], [Check invariants on the hot path.])])
])
