# The tests, in stages. A stage that fails or passes its budget of seconds fails the run; every stage says what it took.

# stage            budget s   what it is
TEST_STAGES="
build              600
lint               480
unit               360
protocol           30
e2e                540
browser            540
netlab             240
vm                 120
package            240
arm64              900
fuzz               360
asan               1200
tsan               240
"
export BIGFOOT_SOURCE_DIR=$PWD

verb_test() {
  local wanted=("$@") all name budget
  all=$(awk 'NF {print $1}' <<<"$TEST_STAGES")
  [ ${#wanted[@]} = 0 ] && wanted=($all)
  need build run demo package test lint
  need_npm
  mkdir -p tests/out
  PASSED=0 FAILED=0 SUMMARY=
  for name in "${wanted[@]}"; do
    declare -F "stage_$name" >/dev/null || die "there is no stage \"$name\": $(tr '\n' ' ' <<<"$all")"
    budget=$(awk -v s="$name" '$1 == s {print $2}' <<<"$TEST_STAGES")
    case "$name" in unit|e2e|browser|netlab|vm) build_ahead "${wanted[@]}" ;; esac
    run_stage "$name" "${budget:-3600}"
  done
  printf '\n%s\n%s passed, %s failed\n' "$SUMMARY" "$PASSED" "$FAILED"
  [ "$FAILED" = 0 ]
}

# Tests of pictures wait more than they compute. What later stages need is built meanwhile, with the processor time that
# nobody else wants; the stage itself finds it ready, waits for it, or says what is wrong with it.
build_ahead() {
  [ -z "${BUILDER:-}" ] || return 0
  timeout 3000 chrt --idle 0 bash -euo pipefail -c 'for part in tools/run/*.sh; do source "$part"; done; build_trees_of "$@"' ahead "$@" \
    > tests/out/build-ahead.log 2>&1 &
  export BUILDER=$!
  trap end_build_ahead EXIT
}
end_build_ahead() {
  if [ -n "${BUILDER:-}" ] && grep -qs build_trees_of "/proc/$BUILDER/cmdline"; then kill "$BUILDER" || true; fi
}

build_trees_of() {
  local name
  for name in "$@"; do
    case "$name" in
      fuzz|asan) build_tree "$name" ;;
      # shellcheck disable=SC2086
      tsan) build_tree tsan $TSAN_TESTS ;;
    esac
  done
}

# A stage is a process of its own: `set -e` holds inside (bash ignores it below an `if`), and one that hangs is ended.
run_stage() {
  local name=$1 budget=$2 started=$SECONDS result code took
  say "── $name"
  set +e
  timeout --foreground --kill-after=10 "$budget" bash -euo pipefail -c 'for part in tools/run/*.sh; do source "$part"; done; "stage_$1"' stage "$name"
  code=$?
  set -e
  took=$((SECONDS - started))
  case $code in
    0) result=passed PASSED=$((PASSED + 1)) ;;
    124|137) result="FAILED: over its budget of $budget s" FAILED=$((FAILED + 1)) ;;
    *) result=FAILED FAILED=$((FAILED + 1)) ;;
  esac
  SUMMARY+=$(printf '  %-10s %4d s  %s' "$name" "$took" "$result")$'\n'
  say "── $name: $result ($took s)"
}

stage_build() { build_tree release; }

stage_lint() { verb_lint; }

# The last lines, or all that a failed test printed.
run_ctest() {
  local dir=$1
  shift
  ctest --test-dir "$dir" --output-on-failure --no-tests=error -j 2 "$@" > tests/out/ctest.log 2>&1 || { grep -vE '^ *[0-9]+/[0-9]+ Test .*Passed|^ +Start ' tests/out/ctest.log | tail -n 80; return 1; }
  tail -n 4 tests/out/ctest.log
}

stage_unit() {
  build_tree release
  run_ctest build -LE netlab
}

# Golden messages and stamps, read by JavaScript as C++ reads them; the page's pure modules.
stage_protocol() { node --test tests/conformance/*.mjs tests/browser/unit/*.mjs; }

# Two at a time, for they wait more than they compute (57 s of processor time in 180 s); the longest first.
run_python_tests() {
  export -f say run_python_test
  export STAGE=$$
  printf '%s\n' "$@" | awk '!seen[$0]++' | xargs -P 2 -I {} bash -euo pipefail -c 'run_python_test "$1"' test {}
}

run_python_test() {
  local file=$1 log
  kill -0 "$STAGE" 2>/dev/null || exit 255  # a stage over its budget: no further file
  log=tests/out/$(basename "$file" .py).log
  # The server has no GLib in it: the fast unwinder sees all, and floods need its speed.
  case "$file" in */server_*) export ASAN_OPTIONS=${ASAN_OPTIONS:+${ASAN_OPTIONS/fast_unwind_on_malloc=0/fast_unwind_on_malloc=1}} ;; esac
  /usr/bin/python3 "$file" > "$log" 2>&1 || { say "$(basename "$file"): FAILED"; tail -n 120 "$log"; return 1; }
  say "$(basename "$file"): $(grep '^Ran ' "$log")"
}

stage_e2e() {
  build_tree release
  local soak failed=0
  STAGE=$$ run_python_test tests/soak_test.py &  # three minutes, a tenth of a processor; under ASan no memory stays flat
  soak=$!
  run_python_tests tests/e2e/{service,robot_*}_test.py tests/e2e/*_test.py || failed=1
  wait "$soak" || failed=1
  [ "$failed" = 0 ]
}

stage_browser() {
  build_tree release
  node --test --test-concurrency=1 tests/browser/*.test.mjs
}

stage_netlab() {
  build_tree release
  # Namespaces need root; what ctest writes stays the caller's.
  if [ "$(id -u)" = 0 ]; then run_ctest build -L netlab
  else as_root env HOME="$HOME" PATH="$PATH" ctest --test-dir build --output-on-failure --no-tests=error -L netlab && as_root chown -R "$(id -u):$(id -g)" build/Testing; fi
}

# Cameras as the kernel shows them, in a guest. It needs root for a network of its own; the kernel is fetched as the caller.
stage_vm() {
  build_tree release bigfoot bigfoot-server
  /usr/bin/python3 tests/vm/kernel.py > tests/out/vm-kernel.log
  if [ "$(id -u)" = 0 ]; then /usr/bin/python3 -B tests/vm/vivid_test.py
  else as_root /usr/bin/python3 -B tests/vm/vivid_test.py && as_root chown -R "$(id -u):$(id -g)" tests/out/vm; fi
}

# The packages on a Debian that boots in namespaces, as root. Making that Debian takes a minute, and only once.
stage_package() {
  make_packages release build
  if [ "$(id -u)" = 0 ]; then /usr/bin/python3 -B tests/package/package_test.py
  else as_root /usr/bin/python3 -B tests/package/package_test.py; fi
}

# The pure rooms' tests and the packages' programs under emulation; the packages on nothing but what they ask for.
stage_arm64() {
  need arm64
  make_packages release build
  make_arm64_packages
  # shellcheck disable=SC2086
  build_tree arm64 $PURE_TESTS
  local test
  for test in $PURE_TESTS; do qemu-aarch64-static -L .cache/arm64/root "build-arm64/bin/$test" --gtest_brief=1 || return 1; done
  as_root /usr/bin/python3 -B tests/package/arm64_test.py
}

stage_fuzz() { verb_fuzz --seconds 4; }

sanitizer_environment() {
  # GLib is built without frame pointers: only the slow unwinder sees who leaked, and tests/lsan.supp needs to.
  export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:detect_leaks=1:fast_unwind_on_malloc=0:malloc_context_size=20
  export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
  export LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp:print_suppressions=0
  export TSAN_OPTIONS=halt_on_error=1
  export G_SLICE=always-malloc
}

stage_asan() {
  build_tree release counting_receivers  # the viewers of the end-to-end tests; what is judged is the robot and the server
  build_tree asan
  sanitizer_environment
  run_ctest build-asan -LE 'netlab|conformance'
  # Those that send what strangers may, and those in which much begins and ends.
  BIGFOOT_BIN_DIR=$PWD/build-asan/bin BIGFOOT_SLOW=4 run_python_tests \
    tests/e2e/{robot_*,server_*,live_config,view,view_parts,view_interop,aiortc_viewer,webrtcbin_viewer}_test.py
}

PURE_TESTS="config_test protocol_test sdp_test h264_test rtp_test congestion_test latency_test"
TSAN_TESTS="base_test $PURE_TESTS"
stage_tsan() {
  # shellcheck disable=SC2086
  build_tree tsan $TSAN_TESTS
  sanitizer_environment
  local test
  for test in $TSAN_TESTS; do "build-tsan/bin/$test" --gtest_brief=1 || return 1; done
}

# ./run fuzz [--minutes N | --seconds N] [TARGET]…: the time is per target.
verb_fuzz() {
  local seconds=60 targets=() target
  while [ $# -gt 0 ]; do
    case "$1" in
      --minutes) seconds=$(($2 * 60)); shift 2 ;;
      --seconds) seconds=$2; shift 2 ;;
      -*) die "fuzz knows --minutes N, --seconds N and names of targets" ;;
      *) targets+=("$1"); shift ;;
    esac
  done
  need build test
  build_tree fuzz
  [ ${#targets[@]} -gt 0 ] || targets=($(basename -a -s .cpp src/*/*_fuzz.cpp | sort))
  export UBSAN_OPTIONS=halt_on_error=1
  for target in "${targets[@]}"; do
    [ -x "build-fuzz/bin/$target" ] || die "there is no fuzz target \"$target\": $(cd build-fuzz/bin && ls | tr '\n' ' ')"
    mkdir -p ".fuzz/$target" "tests/fuzz/corpus/$target"
    say "fuzz $target, $seconds s"
    "build-fuzz/bin/$target" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -max_len=65536 -print_final_stats=0 -verbosity=0 \
      -artifact_prefix=".fuzz/$target-" ".fuzz/$target" "tests/fuzz/corpus/$target" 2> ".fuzz/$target.log" ||
      { tail -n 40 ".fuzz/$target.log" >&2; die "fuzz target $target found a fault; the input is .fuzz/$target-*"; }
  done
}
