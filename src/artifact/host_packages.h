#pragma once
#include <algorithm>
#include <array>
#include <string_view>

#include "component/artifact.h"

namespace keelson {

/// A package of a dependency closure that is not unpacked into an engine's tree, and why.
struct LeftOut {
  std::string_view package;
  std::string_view reason;
};

namespace left_out {
/// Never two of these in one process: the loader of the machine goes with the libc of the machine.
inline constexpr std::string_view kLibc = "goes with the machine's loader";
/// Essential, or needed by something essential: there is no Debian without it.
inline constexpr std::string_view kBase = "part of every Debian";
/// Needed by maintainer scripts, which never run.
inline constexpr std::string_view kInstall = "only for installing";
/// The interpreter is the machine's (/usr/bin/python3); modules built for it are in the tree.
inline constexpr std::string_view kPython = "the machine's python3 is used";
/// PostgreSQL falls back to its interpreter when the provider is not there (jit.c, provider_init); 130 MB less.
inline constexpr std::string_view kJit = "only for PostgreSQL's JIT, which is off";
/// Read from absolute paths under /usr/share, which a tree cannot serve.
inline constexpr std::string_view kShared = "read from the machine's /usr/share";
}  // namespace left_out

/// Debian 12's names, sorted. A package missing here is merely unpacked too: more bytes, no harm.
inline constexpr std::array kLeftOut = {
    LeftOut{"adduser", left_out::kInstall},
    LeftOut{"debconf", left_out::kInstall},
    LeftOut{"dpkg", left_out::kBase},
    LeftOut{"gcc-12-base", left_out::kBase},
    LeftOut{"init-system-helpers", left_out::kInstall},
    LeftOut{"libaudit-common", left_out::kBase},
    LeftOut{"libaudit1", left_out::kBase},
    LeftOut{"libc-bin", left_out::kLibc},
    LeftOut{"libc-l10n", left_out::kShared},
    LeftOut{"libc6", left_out::kLibc},
    LeftOut{"libcap-ng0", left_out::kBase},
    LeftOut{"libcrypt1", left_out::kLibc},
    LeftOut{"libdb5.3", left_out::kBase},
    LeftOut{"libfile-find-rule-perl", left_out::kInstall},
    LeftOut{"libgdbm-compat4", left_out::kInstall},
    LeftOut{"libgdbm6", left_out::kInstall},
    LeftOut{"libjson-perl", left_out::kInstall},
    LeftOut{"libllvm14", left_out::kJit},
    LeftOut{"libmd0", left_out::kBase},
    LeftOut{"libnumber-compare-perl", left_out::kInstall},
    LeftOut{"libpam-modules", left_out::kBase},
    LeftOut{"libpam-modules-bin", left_out::kBase},
    LeftOut{"libpam0g", left_out::kBase},
    LeftOut{"libperl5.36", left_out::kInstall},
    LeftOut{"libpython3-stdlib", left_out::kPython},
    LeftOut{"libpython3.11-minimal", left_out::kPython},
    LeftOut{"libpython3.11-stdlib", left_out::kPython},
    LeftOut{"libsemanage-common", left_out::kBase},
    LeftOut{"libsemanage2", left_out::kBase},
    LeftOut{"libsepol2", left_out::kBase},
    LeftOut{"libtext-glob-perl", left_out::kInstall},
    LeftOut{"libz3-4", left_out::kJit},
    LeftOut{"locales", left_out::kShared},
    LeftOut{"lsb-base", left_out::kInstall},
    LeftOut{"media-types", left_out::kShared},
    LeftOut{"netbase", left_out::kShared},
    LeftOut{"openssl", left_out::kInstall},
    LeftOut{"passwd", left_out::kBase},
    LeftOut{"perl", left_out::kInstall},
    LeftOut{"perl-base", left_out::kBase},
    LeftOut{"perl-modules-5.36", left_out::kInstall},
    LeftOut{"postgresql-client-common", left_out::kInstall},
    LeftOut{"postgresql-common", left_out::kInstall},
    LeftOut{"python3", left_out::kPython},
    LeftOut{"python3-minimal", left_out::kPython},
    LeftOut{"python3.11", left_out::kPython},
    LeftOut{"python3.11-minimal", left_out::kPython},
    LeftOut{"readline-common", left_out::kShared},
    LeftOut{"sensible-utils", left_out::kInstall},
    LeftOut{"ssl-cert", left_out::kInstall},
    LeftOut{"sysvinit-utils", left_out::kBase},
    LeftOut{"tar", left_out::kBase},
    LeftOut{"tzdata", left_out::kShared},
    LeftOut{"ucf", left_out::kInstall},
    LeftOut{"usrmerge", left_out::kInstall},
};
static_assert(std::ranges::is_sorted(kLeftOut, {}, &LeftOut::package));

/// Whether the package is left to the machine (or not needed at all).
constexpr bool is_left_out(std::string_view package) {
  return std::ranges::binary_search(kLeftOut, package, {}, &LeftOut::package);
}

/// Whether the package is unpacked into the artifact's tree: what the artifact itself names always is.
constexpr bool is_taken(const Artifact& artifact, std::string_view package) {
  return !is_left_out(package) || std::ranges::find(artifact.packages, package) != artifact.packages.end();
}

/// Parts of unpacked packages that cannot work without a package left out, relative to a tree; `*` in no name.
/// llvmjit.so must go with libLLVM: PostgreSQL tolerates a missing provider, but not one that fails to load. zoneinfo/localtime leads to
/// /etc/localtime, which no image has: pg_timezone_names fails on it.
inline constexpr std::array<std::string_view, 5> kTrimmed = {
    "usr/lib/postgresql/15/lib/bitcode", "usr/lib/postgresql/15/lib/llvmjit.so",
    "usr/lib/postgresql/15/lib/llvmjit_types.bc", "usr/share/man", "usr/share/zoneinfo/localtime"};

}  // namespace keelson
