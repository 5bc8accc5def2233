# The Debian packages, for this machine's architecture or, cross-built, for arm64.

verb_package() {
  local arch=${1:-$(dpkg --print-architecture)}
  [ $# -le 1 ] || die "package knows one word: the architecture, amd64 or arm64"
  need build run package
  make_packages release build
  if [ "$arch" != "$(dpkg --print-architecture)" ]; then
    [ "$arch" = arm64 ] || die "packages of $arch are made on $arch; those of arm64 anywhere"
    make_arm64_packages
  fi
  say "ready: $(echo build/package/*_"$arch".deb)"
}

# make_packages PRESET DIR [CPACK FLAG]…: the same files give the same packages: their time is that of the last commit.
make_packages() {
  local preset=$1 dir=$2 log arch
  shift 2
  arch=$(dpkg --print-architecture)
  [ "$preset" = arm64 ] && arch=arm64
  build_tree "$preset" bigfoot bigfoot-server package_files
  mkdir -p build/package
  rm -f build/package/*_"$arch".deb
  log=$(mktemp)
  (cd "$dir" && SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || echo 0) cpack -B ../build/package "$@") > "$log" 2>&1 || { tail -n 30 "$log" >&2; die "cpack failed"; }
  rm -f "$log"
}

# Debian's arm64 headers and libraries, unpacked and never installed: this machine stays of one architecture.
arm64_root() {
  local wanted log
  wanted=$(awk '$1 == "build" && $2 ~ /^lib|-dev$/ {print $2}' packages.txt | paste -sd,)
  [ "$(cat .cache/arm64/wanted 2>/dev/null)" = "$wanted" ] && return
  say "unpacking Debian's arm64 libraries (half a minute, only once)"
  mkdir -p .cache/arm64
  log=$(mktemp)
  as_root rm -rf .cache/arm64/root
  as_root /usr/bin/python3 -B tests/package/debian.py arm64 .cache/arm64/root "$wanted" > "$log" 2>&1 || { tail -n 30 "$log" >&2; die "mmdebstrap could not unpack Debian's arm64 libraries"; }
  rm -f "$log" build-arm64/CMakeCache.txt build-arm64/build.ninja
  echo "$wanted" > .cache/arm64/wanted
}

# What an arm64 package depends on is read from the one of this machine: dpkg-shlibdeps cannot look into another root, and
# Debian's names and versions are those of every architecture. The programs must need the same libraries for that.
make_arm64_packages() {
  local program flags=()
  need arm64
  arm64_root
  build_tree arm64 bigfoot bigfoot-server
  for program in bigfoot bigfoot-server; do
    diff <(libraries_of "build/bin/$program") <(libraries_of "build-arm64/bin/$program") || die "$program needs other libraries on arm64: its dependencies cannot be taken over"
    flags+=(-D "CPACK_DEBIAN_$(component_of $program)_PACKAGE_DEPENDS=$(dpkg-deb -f build/package/"$program"_*_"$(dpkg --print-architecture)".deb Depends)")
  done
  make_packages arm64 build-arm64 "${flags[@]}"
}
component_of() { [ "$1" = bigfoot ] && echo ROBOT || echo SERVER; }
libraries_of() { readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -v '^ld-linux' | sort; }
