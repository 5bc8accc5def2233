# The Debian packages, for this machine's architecture or, cross-built, for arm64.

verb_package() {
  local arch=${1:-$(dpkg --print-architecture)}
  [ $# -le 1 ] || die "package knows one word: the architecture, amd64 or arm64"
  need build run package
  [ "$arch" = "$(dpkg --print-architecture)" ] || die "packages of $arch are made on $arch"
  make_packages release build
  say "$(echo build/package/*_"$arch".deb) are ready"
}

# make_packages PRESET DIR [CPACK FLAG]…: the same files give the same packages: their time is that of the last commit.
make_packages() {
  local preset=$1 dir=$2 log
  shift 2
  build_tree "$preset" bigfoot bigfoot-server package_files
  rm -f "$dir"/package/*.deb
  log=$(mktemp)
  (cd "$dir" && SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || echo 0) cpack "$@") > "$log" 2>&1 || { tail -n 30 "$log" >&2; die "cpack failed"; }
  rm -f "$log"
}
