# Sourced by quickstart.sh and test.sh: installs missing Debian packages without starting a service.
# shellcheck shell=bash

say() { printf '%s\n' "$*" >&2; }
now_ms() { echo $(($(date +%s%N) / 1000000)); }
# took START_MS: "12.3 s" since then.
took() { local ms=$(($(now_ms) - $1)); printf '%d.%d s' $((ms / 1000)) $((ms % 1000 / 100)); }

# The packages of the arguments that are not installed.
missing_packages() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

# What keeps services from starting while packages are installed (Debian policy, section 9.3.3.1).
policy=/usr/sbin/policy-rc.d
policy_saved=/usr/sbin/policy-rc.d.keelson-saved
policy_mark="# keelson: no service starts while build packages are installed"

restore_policy() {
  if $as_root test -e "$policy_saved"; then
    $as_root mv -f "$policy_saved" "$policy"
  elif $as_root grep -qsF "$policy_mark" "$policy"; then
    $as_root rm -f "$policy"
  fi
}

suppress_services() {
  restore_policy  # of an earlier run that was killed
  trap restore_policy EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  if $as_root test -e "$policy"; then $as_root mv "$policy" "$policy_saved"; fi
  printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" | $as_root tee "$policy" >/dev/null
  $as_root chmod 755 "$policy"
}

# find_root COMMAND-TEXT: sets as_root to "" or "sudo", or says what somebody with root has to run.
find_root() {
  as_root=
  [ "$(id -u)" = 0 ] && return
  if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    as_root=sudo
    return
  fi
  say "These packages are missing, and installing them needs root. Please run, then start this again:"
  say "  sudo $1"
  exit 4
}

# install_packages LOG PACKAGE...: installs those that are missing; quiet, the whole talk goes to LOG.
install_packages() {
  local log=$1 start missing
  shift
  if ! command -v apt-get >/dev/null; then
    say "apt-get is not here: keelson is built on Debian 12. Elsewhere install the equivalents of: $*"
    exit 4
  fi
  missing=$(missing_packages "$@")
  if [ -z "$missing" ]; then
    say "packages: all $# are here"
    return
  fi
  start=$(now_ms)
  # shellcheck disable=SC2086  # a list of words
  set -- $missing
  find_root "apt-get install --no-install-recommends $*"
  say "packages: installing $# missing ($*)"
  suppress_services
  local apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300"
  # The machine's lists may be absent or too old: then once more with fresh ones.
  if ! $apt install --no-install-recommends "$@" >"$log" 2>&1 </dev/null; then
    say "packages: getting Debian's package lists first"
    if ! { $apt update && $apt install --no-install-recommends "$@"; } >>"$log" 2>&1 </dev/null; then
      tail -n 15 "$log" >&2
      say "The packages could not be installed (all of it: $log)."
      say "Next: check the network and /etc/apt/sources.list (Debian 12, component main), then start this again."
      exit 4
    fi
  fi
  restore_policy
  trap - EXIT INT TERM HUP
  say "packages: installed in $(took "$start")"
}

# jobs: as many compilers as cores, but none without 700 MB of memory.
jobs() {
  local memory
  memory=$(awk '/^MemAvailable:/ { print int($2 / 1024 / 700) }' /proc/meminfo)
  [ "$memory" -ge 1 ] || memory=1
  echo $((memory < $(nproc) ? memory : $(nproc)))
}

# build PRESET LOG [CMAKE-ARGUMENT...]: configures and builds with one moving line (a line each tenth when not a terminal).
build() {
  local preset=$1 log=$2 start
  shift 2
  start=$(now_ms)
  if ! (cd "$here" && cmake --preset "$preset" "$@") >"$log" 2>&1; then
    tail -n 25 "$log" >&2
    say "Configuring preset $preset failed (all of it: $log)."
    say "Next: read the first 'CMake Error' above; if build/$preset comes from another checkout or compiler, remove it and start this again."
    exit 1
  fi
  if ! (cd "$here" && cmake --build --preset "$preset" -j "$(jobs)") 2>&1 | tee -a "$log" | show_progress "$preset"; then
    grep -E -A 5 'error:|FAILED:|No space left|Killed' "$log" | tail -n 40 >&2 || tail -n 40 "$log" >&2
    say "Building preset $preset failed (all of it: $log)."
    say "Next: 'Killed' means too little memory, 'No space left' a full disk; otherwise please report the first error above."
    exit 1
  fi
  say "build $preset: $(took "$start")"
}

show_progress() {
  local line count total tenth=-1 terminal=no
  [ -t 2 ] && terminal=yes
  while IFS= read -r line; do
    [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]] || continue
    count=${BASH_REMATCH[1]} total=${BASH_REMATCH[2]}
    if [ $terminal = yes ]; then
      printf '\r\033[Kbuild %s: %d of %d' "$1" "$count" "$total" >&2
    elif [ $((count * 10 / total)) -gt $tenth ]; then
      tenth=$((count * 10 / total))
      say "build $1: $count of $total"
    fi
  done
  [ $terminal = no ] || printf '\r\033[K' >&2
}

# The compiler cache knows a file by its content, not by the folder it was cloned into.
export CCACHE_BASEDIR="${CCACHE_BASEDIR:-$here}" CCACHE_NOHASHDIR="${CCACHE_NOHASHDIR:-1}"

build_packages=(cmake ninja-build g++ ccache pkg-config libfmt-dev libyaml-cpp-dev libcli11-dev nlohmann-json3-dev
  libssl-dev libcurl4-openssl-dev libpq-dev libsqlite3-dev libexpected-dev libmicrohttpd-dev libnftables-dev
  python3)  # the interpreter Patroni runs in
