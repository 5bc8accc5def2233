# What the verbs share: one line of progress a step, packages, builds.

say() { printf '%s %s\n' "$(date +%H:%M:%S)" "$*"; }
die() { printf 'run: %s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "installing packages needs root: run as root, or install sudo"; fi
}

# In a container the checkout is often another user's: git would list no file. Who runs ./run trusts it already.
GIT_CONFIG_VALUE_0=$(pwd -P)
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0

# Calls FUNCTION PACKAGE WORD… for each package of the named groups that is not installed.
each_missing() {
  local function=$1 group package words word
  shift
  local want=" $* "
  while read -r group package words; do
    case "$group" in ''|'#'*) continue ;; esac
    [[ $want == *" $group "* ]] || continue
    for word in $words; do
      [[ $word == unless:* ]] && command -v "${word#unless:}" >/dev/null && continue 2
    done
    # shellcheck disable=SC2086
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || "$function" "$package" $words
  done < packages.txt
}
package_name() { echo "$1"; }
package_service() { printf '%s\n' "$@" | sed -n 's/^service://p'; }

# One line in 15 s of what a long step says of itself: apt's machine-readable lines and ninja's (NINJA_STATUS).
progress() {
  local kind a b said=$SECONDS
  while IFS=: read -r kind a b _; do
    [ $((SECONDS - said)) -ge 15 ] || continue
    case "$kind" in
      dlstatus) say "  fetched ${b%.*} %" ;;
      pmstatus) say "  installed ${b%.*} %" ;;
      built) say "  built $a of $b" ;;
      *) continue ;;
    esac
    said=$SECONDS
  done
}

# need GROUP…: installs what is missing of those groups.
need() {
  local missing services log
  missing=$(each_missing package_name "$@")
  [ -z "$missing" ] && return
  command -v apt-get >/dev/null || die "Bigfoot is built on Debian 12 with apt; these of its packages are missing here: $(tr '\n' ' ' <<<"$missing")"
  services=$(each_missing package_service "$@" | tr '\n' ' ')
  say "installing: $(tr '\n' ' ' <<<"$missing")"
  log=$(mktemp)
  # shellcheck disable=SC2086
  if ! as_root tools/install.sh "$services" $missing 2>"$log" | progress; then
    { grep -E '^(Err|E|W):' "$log" || tail -n 15 "$log"; } | tail -n 15 >&2
    die "apt could not install the packages above (whole log: $log)"
  fi
  rm -f "$log" build/build.ninja build-*/build.ninja  # CMake looks again: what came makes more targets possible
  [ -z "$services" ] || say "left off, now and at boot: the service ${services% }"
}

need_npm() {
  [ -d node_modules/playwright-core ] && [ node_modules/.package-lock.json -nt package-lock.json ] && return
  say "npm: test tools"
  npm ci --no-audit --no-fund --loglevel=error || die "npm could not install the test tools of package.json"
  touch node_modules/.package-lock.json
}

# build_tree PRESET [TARGET]…: configures when needed, then builds, quietly unless something is wrong. Of two that build
# one tree the second waits; what is built ahead, with the time that is left over, makes way.
build_tree() {
  local dir
  dir=$(tree_of "$1")
  mkdir -p "$dir"
  (flock -n 9 || { end_build_ahead; flock -w 5 9 || { say "another process builds in $dir: waiting for it"; flock 9; }; }
    build_locked "$dir" "$@") 9>"$dir/.lock"
}

tree_of() {
  case "$1" in
    release) echo build ;;
    debug|asan|tsan|fuzz|arm64) echo "build-$1" ;;
    *) die "there is no preset \"$1\": release, debug, asan, tsan, fuzz" ;;
  esac
}

build_locked() {
  local dir=$1 preset=$2 log
  shift 2
  log=$(mktemp)
  [ -f "$dir/build.ninja" ] || cmake --preset "$preset" >"$log" 2>&1 || { tail -n 30 "$log" >&2; die "cmake --preset $preset failed"; }
  if [ -t 1 ]; then
    ninja -C "$dir" "$@" || die "the $preset build failed"
  else
    NINJA_STATUS='built:%f:%t:' ninja -C "$dir" "$@" 2>&1 | tee "$log" | progress || { grep -v '^built:' "$log" | tail -n 60 >&2; die "the $preset build failed"; }
  fi
  rm -f "$log"
}

verb_build() {
  need build run
  [ "${1:-release}" = fuzz ] && need test
  say "building ${1:-release}"
  build_tree "${1:-release}"
  [ "${1:-release}" = release ] && say "build/bin/bigfoot and build/bin/bigfoot-server are ready"
  return 0
}
