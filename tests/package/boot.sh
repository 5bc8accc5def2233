#!/bin/sh
# boot.sh ROOT FOLDER NAME: systemd as the first process of a machine made of namespaces: its files are ROOT below a layer in
# memory, its network is its own. Run by machine.py in a mount namespace of its own.
set -e
lower=$1 folder=$2 name=$3
root=$folder/root

mount -t tmpfs tmpfs "$folder"
mkdir "$folder/changed" "$folder/work" "$root" "$folder/cgroup"
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$folder/changed,workdir=$folder/work" "$root"
mount -t cgroup2 cgroup2 "$folder/cgroup"
mkdir -p "$folder/cgroup/$name"
echo $$ > "$folder/cgroup/$name/cgroup.procs"  # systemd's tree of services begins there

export root
# shellcheck disable=SC2016  # expanded inside the namespaces
exec unshare --cgroup --mount --pid --ipc --uts --net --fork --kill-child sh -e -c '
  echo rover-7 > "$root/etc/hostname"
  # A browser gathers no loopback addresses for WebRTC: an address of documentation, on a wire that ends nowhere.
  ip link set lo up
  ip link add lab type veth peer name nowhere
  ip addr add 198.18.0.1/24 dev lab
  ip link set nowhere up
  ip link set lab up
  ip route add default dev lab
  mount -t proc proc "$root/proc"
  mount -t sysfs -o ro sysfs "$root/sys"
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
  mount -t tmpfs tmpfs "$root/run"
  mount -t tmpfs tmpfs "$root/dev"
  for node in null zero full random urandom tty; do
    touch "$root/dev/$node"
    mount --bind "/dev/$node" "$root/dev/$node"
  done
  ln -s /proc/self/fd "$root/dev/fd"
  mkdir "$root/dev/shm" "$root/dev/pts"
  mount -t tmpfs tmpfs "$root/dev/shm"
  mount -t devpts devpts "$root/dev/pts" -o newinstance,ptmxmode=0666
  ln -s pts/ptmx "$root/dev/ptmx"
  mkdir -p "$root/run/systemd/system"
  for unit in console-getty.service apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer dpkg-db-backup.timer; do
    ln -s /dev/null "$root/run/systemd/system/$unit"
  done
  exec env -i container=bigfoot PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$root" /lib/systemd/systemd --system --show-status=no
'
