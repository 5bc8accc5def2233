#!/usr/bin/env bash
# install.sh SERVICES PACKAGE…: installs Debian packages, as root. SERVICES (words in one argument) come with the packages and
# must neither start now nor at the next boot: the tests start their own, and a newcomer asked for no open port.
# What apt says goes to stderr, its machine-readable progress to stdout (sudo closes every other descriptor).
set -euo pipefail
exec 3>&1 1>&2
services=$1
shift
policy=/usr/sbin/policy-rc.d
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

# Debian's way to forbid a start; a machine that has its own policy (containers do) keeps it.
if [ -n "$services" ] && [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM HUP
  printf '#!/bin/sh\n# Written by tools/install.sh, only while it runs.\nfor s in %s; do [ "${1%%.service}" = $s ] && exit 101; done\nexit 0\n' "$services" > "$policy"
  chmod 755 "$policy"
fi

apt_get() { apt-get -q -o DPkg::Lock::Timeout=600 -o APT::Status-Fd=3 "$@"; }

# Debian reads its lists anew after the boot, and apt does not wait for their lock as it does for dpkg's.
update() {
  local said
  for _ in {1..60}; do
    said=$(apt_get update 2>&1) && break
    [[ $said == *'Could not get lock'* ]] && sleep 5 && continue
    echo "$said"
    return 1
  done
  echo "$said"
}

update
apt_get install -y --no-install-recommends "$@"

for service in $services; do
  [ -x "/etc/init.d/$service" ] || continue
  invoke-rc.d --quiet "$service" stop || true
  update-rc.d "$service" disable
done
