#!/usr/bin/env bash
# From a fresh Debian 12 to a running foundation: installs the build packages that are missing, builds keelson, and runs
# `keelson up` on blueprints/nexus-architect.yaml. Arguments go to `keelson up` (for example --profile laptop).
# Changes to the machine: the packages it names (no service is started), this folder's build/, and what `up` makes.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tools/packages.sh
. "$here/tools/packages.sh"

start=$(now_ms)
logs=$here/build/logs
if ! mkdir -p "$logs" 2>/dev/null || [ ! -w "$logs" ]; then
  say "Cannot write to $here/build: an earlier run was probably another user's."
  say "Next: run as that user, or remove the folder build/ first."
  exit 4
fi

say "1/3 packages for building"
install_packages "$logs/packages.log" "${build_packages[@]}"
say "2/3 building build/release/keelson (log: build/logs/release.log)"
build release "$logs/release.log"
say "3/3 keelson up -f blueprints/nexus-architect.yaml $* (prepared in $(took "$start"))"
exec "$here/build/release/keelson" up -f "$here/blueprints/nexus-architect.yaml" "$@"
