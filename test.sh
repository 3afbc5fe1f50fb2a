#!/usr/bin/env bash
# Installs what tests need, builds, and runs every suite. The last lines are ctest's summary.
#   ./test.sh          unit (AddressSanitizer, UBSan), race (ThreadSanitizer: rooms with threads, the agent), cases,
#                      model (every order of events around a release), live (real engines on loopback), fuzz (a few seconds each)
#   ./test.sh --fast   unit and cases only: for the inner loop
#   ./test.sh --full   everything, with the long tiers (fault matrix, benches)
# Engines are fetched into keelson's artifact store, Docker for the Compose tests and a Kubernetes node into ~/.cache/keelson; none is installed on this machine.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tools/packages.sh
. "$here/tools/packages.sh"

tier=default
case "${1:-}" in
  '') ;;
  --fast) tier=fast ;;
  --full) tier=full; export KEELSON_FULL=1 ;;
  *) say "usage: ./test.sh [--fast | --full]"; exit 64 ;;
esac

logs=$here/build/logs
mkdir -p "$logs"
test_packages=(libgtest-dev libgmock-dev librapidcheck-dev python3)
if [ $tier != fast ]; then test_packages+=(clang-19 libclang-rt-19-dev iproute2 libfaketime); fi
install_packages "$logs/packages.log" "${build_packages[@]}" "${test_packages[@]}"

# Beside the builds: a second once they are in the cache, minutes before. They end with this script, however that ends.
if [ $tier != fast ]; then
  setpriv --pdeathsig TERM "$here/tests/lab/docker_lab.py" </dev/null &
  docker_lab=$!
  setpriv --pdeathsig TERM "$here/tests/lab/kubernetes_lab.py" </dev/null &
  kubernetes_lab=$!
fi

# Cases and live tests drive the program users run (release); unit tests run under sanitizers. One ctest run covers both:
# the sanitizer tree holds all tests and is told where the release program is (KEELSON_BINARY, for tests/CMakeLists.txt).
build release "$logs/release.log"
build asan-ubsan "$logs/asan-ubsan.log" -DKEELSON_BINARY="$here/build/release/keelson"
if [ $tier != fast ] && [ -n "$(find "$here/src" "$here/tests" -name '*_fuzz.cpp' -print -quit)" ]; then
  build fuzz "$logs/fuzz.log"
fi
if [ $tier != fast ]; then build tsan "$logs/tsan.log"; fi

# build/test is that tree with three additions it cannot know of: the house rules, ThreadSanitizer's tree, and the fuzzers of clang's own.
mkdir -p "$here/build/test"
{
  echo "add_test(house-rules /usr/bin/python3 \"$here/tools/check_includes.py\")"
  echo 'set_tests_properties(house-rules PROPERTIES LABELS unit)'
  echo "subdirs(\"$here/build/asan-ubsan\")"
  if [ $tier != fast ]; then echo "subdirs(\"$here/build/tsan\")"; fi
  if [ $tier != fast ] && [ -d "$here/build/fuzz" ]; then
    seconds=5
    if [ $tier = full ]; then seconds=60; fi
    while IFS= read -r fuzzer; do
      name=$(basename "$fuzzer")
      seeds=$here/tests/fuzz/${name%_fuzz}
      found=$here/build/test/found/$name
      mkdir -p "$found"
      # New inputs go to the first folder, seeds are only read; an input that breaks something is kept beside it.
      printf 'add_test(%s "%s" -max_total_time=%d -timeout=10 -rss_limit_mb=1024 "-artifact_prefix=%s-"' \
        "$name" "$fuzzer" "$seconds" "$found"
      if [ -f "$seeds.dict" ]; then printf ' "-dict=%s.dict"' "$seeds"; fi
      printf ' "%s"' "$found"
      if [ -d "${seeds}_corpus" ]; then printf ' "%s_corpus"' "$seeds"; fi
      printf ')\n'
      printf 'set_tests_properties(%s PROPERTIES LABELS fuzz TIMEOUT %d)\n' "$name" $((seconds * 4 + 60))
    done < <(find "$here/build/fuzz" -type f -name '*_fuzz' -perm -u+x | sort)
  fi
} >"$here/build/test/CTestTestfile.cmake"

case $tier in
  fast) selection=(-L '^(unit|cases)$') ;;
  default) selection=(-LE '^(full|bench)$') ;;
  full) selection=() ;;
esac
# Where one could not be had its tests say why: skipped where this machine cannot have it, else failed.
if [ $tier != fast ]; then
  wait "$docker_lab" || true
  wait "$kubernetes_lab" || true
fi
# Also for a test program started by hand: a sanitizer's finding is a failure, with a stack.
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_stack_use_after_return=1}" UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
exec ctest --test-dir "$here/build/test" --output-on-failure --no-tests=error --timeout 900 -j "$(nproc)" "${selection[@]}"
