# Server and robot on this machine; tools/demo.py runs and watches them.

verb_demo() {
  case " $* " in *" --help "*|*" -h "*) need demo; exec /usr/bin/python3 tools/demo.py --help ;; esac
  need build run demo
  [ -x build/bin/bigfoot ] && [ -x build/bin/bigfoot-server ] || say "building (a few minutes, only once)"
  build_tree release bigfoot bigfoot-server
  exec /usr/bin/python3 tools/demo.py "$@"
}
