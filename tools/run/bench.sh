# Measurements, each with its own floor in the same run. One that misses a goal ends with 1.

verb_bench() {
  local name=${1:-}
  [ $# -gt 0 ] && shift
  case "$name" in
    latency|join|loss|soak|view-cpu|viewers|rtx-copies) ;;
    micro) need build; build_tree release; for program in build/bin/*_bench; do "$program" "$@"; done; return ;;
    *) die "bench knows: latency, join, loss, soak [--minutes N], view-cpu, viewers [--peer webrtcbin], rtx-copies, micro; each takes --json, --help, most --runs N" ;;
  esac
  need build run demo test
  need_npm
  build_tree release
  case "$name" in
    latency|join) exec node "bench/$name.mjs" "$@" ;;
    rtx-copies) exec node bench/rtx_copies/rtx_copies.mjs "$@" ;;
    soak|view-cpu) exec /usr/bin/python3 "bench/${name//-/_}.py" "$@" ;;
    loss|viewers) as_root /usr/bin/python3 "bench/$name.py" "$@" ;;
  esac
}

verb_screenshot() {
  case "${1:-}" in
    '') ;;
    states) need test; need_npm; exec node tests/browser/screenshots.mjs "${@:2}" ;;
    *) die "screenshot knows: states [NAME]…; without a word it makes docs/images anew" ;;
  esac
  need build run demo test
  need_npm
  build_tree release bigfoot bigfoot-server
  node tools/screenshot.mjs
}
