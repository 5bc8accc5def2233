# Format, architecture, lengths, clang-tidy, the page's types.

cpp_files() { git ls-files '*.cpp' '*.hpp'; }

verb_format() {
  need lint
  cpp_files | xargs -r clang-format -i
  say "formatted $(cpp_files | wc -l) files"
}

verb_lint() {
  need build run lint test
  need_npm
  say "format"
  cpp_files | xargs -r clang-format --dry-run --Werror || die "not formatted: ./run format"
  say "links between rooms, lengths, wording"
  /usr/bin/python3 tools/check_links.py
  /usr/bin/python3 tools/check_lengths.py
  say "types of the page"
  npm run --silent check
  say "clang-tidy"
  [ -f build/build.ninja ] || cmake --preset release >/dev/null
  tidy_files | xargs -r -P "$(nproc)" -n 4 clang-tidy --quiet -p build 2>/dev/null | tee tests/out/tidy.log | grep -E 'warning:|error:' && die "clang-tidy found the above"
  return 0
}

# clang-tidy costs seconds a file: whole tree on `lint --all` or in CI's nightly, else what differs from main's last commit.
tidy_files() {
  mkdir -p tests/out
  git ls-files 'src/*.cpp' 'apps/*.cpp' | grep -v -e _test.cpp -e _fuzz.cpp
}
