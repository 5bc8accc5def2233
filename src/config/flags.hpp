#pragma once
// The command line of a program, from its tables. A program has verbs (`bigfoot robot`); each verb has a table.

#include <functional>
#include <string>
#include <vector>

#include "config/layers.hpp"
#include "config/table.hpp"

namespace bigfoot::config {

struct Verb {
  std::string name;
  std::string help;
  Table table;
  std::function<int()> run;  ///< the exit code
  /// Completes what the layers left open, and says what is wrong with values that are each good by themselves.
  std::function<std::vector<Fault>()> complete = {};
  bool reads_file = false;  ///< takes --config FILE and BIGFOOT_CONFIG
  /// Called before run() with what was read, for who wants to read it again.
  std::function<void(const Layers&)> keep_layers = {};
  /// The key of the row that a word without a flag is the value of: `bigfoot view rover-7` is `--robot rover-7`.
  std::string word = {};

  /// That row; nullptr: words are faults.
  const Option* word_row() const;
};

struct Program {
  std::string name;
  std::string about;
  std::string version;
  std::vector<Verb> verbs;
  int manual_section = 1;     ///< 1 of what people start, 8 of what serves
  std::string file = {};      ///< "/etc/bigfoot/robot.yaml": what the service reads
  std::string see_also = {};  ///< at the end of the manual page
  std::string exits = {};     ///< exit codes besides 0, 1 and 2: "3 when …"
  /// Names of all that the environment has. Those that begin with BIGFOOT_ and that nothing reads are said by
  /// check-config and --print-config, and handed to keep_layers.
  std::vector<std::string> variables = {};
};

/// Reads file, environment and flags into the verb's table and runs it. Prints the help or the version when asked, by a
/// flag or as if it were a verb (exit 0); prints every fault and the way out otherwise (exit 2). `--print-config`
/// prints each value and where it came from. Where a verb reads a file there is one more verb, `check-config [FILE]`:
/// the same reading, and nothing is run. Packages ask for `--print-man` and `--print-completion SHELL`.
int run_program(Program& program, int argc, const char* const* argv, const Environment& environment);

}  // namespace bigfoot::config
