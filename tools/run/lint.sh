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
  say "links between rooms, lengths"
  /usr/bin/python3 tools/check_links.py
  /usr/bin/python3 tools/check_lengths.py
  say "types of the page"
  npm run --silent check
  say "clang-tidy"
  [ -f build/build.ninja ] || cmake --preset release >/dev/null
  mkdir -p tests/out
  # The analyzer follows a tenth of the paths it would by itself: that is a third of the time (three files: 35 s, then 13).
  local fewer_paths="--extra-arg=-Xclang --extra-arg=-analyzer-config --extra-arg=-Xclang --extra-arg=max-nodes=30000"
  # clang-tidy ends with 0 whatever it warns of, so its words are judged; its own failure too.
  # shellcheck disable=SC2086
  tidy_files | xargs -r -P "$(nproc)" -n 4 clang-tidy --quiet -p build $fewer_paths > tests/out/tidy.log 2> tests/out/tidy.err || { cat tests/out/tidy.log tests/out/tidy.err >&2; die "clang-tidy failed"; }
  if grep -E 'warning:|error:' tests/out/tidy.log; then die "clang-tidy found the above"; fi
}

tidy_files() { git ls-files 'src/*.cpp' 'apps/*.cpp' | grep -v -e _test.cpp -e _fuzz.cpp; }
