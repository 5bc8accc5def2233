#!/bin/sh
# Captures golden SDP: capture.sh chromium|firefox|gstreamer|aiortc. Needs root, for a network namespace of its own, in
# which the machine's only address is 192.0.2.10 (RFC 5737), so that nothing of the machine gets into the files.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
case ${1:-} in
  chromium) program="node $here/browsers.mjs chromium" ;;
  firefox) program="node $here/browsers.mjs firefox firefox-esr" ;;
  gstreamer) program="/usr/bin/python3 $here/webrtcbin.py" ;;
  aiortc) program="/usr/bin/python3 $here/aiortc_peer.py" ;;
  *) echo "usage: capture.sh chromium|firefox|gstreamer|aiortc" >&2; exit 2 ;;
esac
exec unshare --net --uts sh -ec "
  hostname capture
  ip link set lo up
  ip link add e0 type veth peer name e1
  ip address add 192.0.2.10/24 dev e0
  ip link set e0 address 02:00:00:00:00:01
  echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6 || true
  ip link set e0 up; ip link set e1 up
  ip route add default dev e0
  exec timeout -k 5 120 $program"
