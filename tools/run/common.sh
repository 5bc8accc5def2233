# What the verbs share: one line of progress a step, packages, builds.

say() { printf '%s %s\n' "$(date +%H:%M:%S)" "$*"; }
die() { printf 'run: %s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "installing packages needs root: run as root, or install sudo"; fi
}

# Prints the packages of the named groups that are not installed.
missing_packages() {
  local group package unless want=" $* "
  while read -r group package unless _; do
    case "$group" in ''|'#'*) continue ;; esac
    [[ $want == *" $group "* ]] || continue
    [ -n "$unless" ] && command -v "${unless#unless:}" >/dev/null && continue
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done < packages.txt
}

# need GROUP…: installs what is missing of those groups.
need() {
  local missing log
  missing=$(missing_packages "$@")
  [ -z "$missing" ] && return
  say "installing $(wc -w <<<"$missing") packages: $(tr '\n' ' ' <<<"$missing")"
  log=$(mktemp)
  # shellcheck disable=SC2086
  if ! { as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q &&
         as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing; } >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    die "apt could not install the packages above (whole log: $log)"
  fi
  rm -f "$log"
}

need_npm() {
  [ -d node_modules/playwright-core ] && [ node_modules/.package-lock.json -nt package-lock.json ] && return
  say "npm: test tools"
  npm ci --no-audit --no-fund --silent || die "npm could not install the test tools of package.json"
  touch node_modules/.package-lock.json
}

# build_tree PRESET [TARGET]…: configures when needed, then builds, quietly unless something is wrong.
build_tree() {
  local preset=$1 dir log
  shift
  case "$preset" in
    release) dir=build ;;
    debug|asan|tsan|fuzz) dir=build-$preset ;;
    *) die "there is no preset \"$preset\": release, debug, asan, tsan, fuzz" ;;
  esac
  log=$(mktemp)
  [ -f "$dir/build.ninja" ] || cmake --preset "$preset" >"$log" 2>&1 || { tail -n 30 "$log" >&2; die "cmake --preset $preset failed"; }
  if [ -t 1 ]; then
    ninja -C "$dir" "$@" || die "the $preset build failed"
  else
    ninja -C "$dir" --quiet "$@" >"$log" 2>&1 || { tail -n 60 "$log" >&2; die "the $preset build failed"; }
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
