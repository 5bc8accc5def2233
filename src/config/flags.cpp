#include "config/flags.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "base/nearest.hpp"
#include "config/completion.hpp"
#include "config/manual.hpp"
#include "config/variables.hpp"

namespace bigfoot::config {
namespace {

/// What CLI11 read for one option: how often it stood there and with which values.
struct Given {
  CLI::Option* option = nullptr;
  std::vector<std::string> values;
};

struct VerbLine {
  CLI::App* app = nullptr;
  std::string file;  ///< --config
  bool print_config = false;
  std::vector<std::unique_ptr<Given>> given;
  std::string word;  ///< of Verb::word
};

/// The line of `check-config`.
struct CheckLine {
  CLI::App* app = nullptr;
  std::string file;
  std::string config;
};

void add_config_flag(CLI::App& app, std::string& place) {
  app.add_option("--config", place, "read this YAML file before environment and flags (also BIGFOOT_CONFIG)")
      ->type_name("FILE");
}

/// `word`: the verb takes one of its own, so that a flag takes no more than its value.
void add_row(VerbLine& line, const Option& row, bool word) {
  auto given = std::make_unique<Given>();
  const std::string built_in = row.get();
  const std::string help = row.help + (built_in.empty() || row.value_name.empty() ? "" : " [" + built_in + "]");
  given->option =
      row.value_name.empty()
          ? line.app->add_flag("--" + row.flag + "{on},--no-" + row.flag + "{off}", given->values, help)
          : line.app->add_option("--" + row.flag, given->values, help)->type_name(row.value_name)->expected(1, 1);
  given->option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  if (word) given->option->allow_extra_args(false);
  if (row.is_list()) given->option->delimiter('\0');
  line.given.push_back(std::move(given));
}

/// The row that shows best how a flag becomes an environment variable.
const Option& longest_flag(const Table& table) {
  const auto& rows = table.options();
  return *std::max_element(rows.begin(), rows.end(),
                           [](const Option& a, const Option& b) { return a.flag.size() < b.flag.size(); });
}

std::string where_documents_are(const std::string& program) {
  return "What is named docs/... is in the sources, and of the package in /usr/share/doc/" + program + ".";
}

void add_verb(CLI::App& app, const Verb& verb, VerbLine& line) {
  line.app = app.add_subcommand(verb.name, verb.help);
  line.app->allow_extras();  // an unknown flag is our fault line, with the nearest flag
  for (const Option& row : verb.table.options()) add_row(line, row, verb.word_row() != nullptr);
  if (const Option* word = verb.word_row())
    line.app->add_option(word->value_name, line.word, word->help)->type_name("");
  if (verb.reads_file) add_config_flag(*line.app, line.file);
  line.app->add_flag("--print-config", line.print_config, "print each value and where it came from");
  const Option& longest = longest_flag(verb.table);
  line.app->footer("Every flag is also an environment variable" +
                   std::string(verb.reads_file ? " and a key of the file" : "") + ": --" + longest.flag + " is " +
                   longest.environment() + (verb.reads_file ? " and " + longest.key : "") + ".\n" +
                   where_documents_are(app.get_name()));
}

std::vector<Fault> unknown_words(const Verb& verb, const std::vector<std::string>& extras) {
  std::vector<std::string> flags;
  if (verb.reads_file) flags.emplace_back("--config");
  for (const Option& row : verb.table.options()) flags.push_back("--" + row.flag);
  std::vector<Fault> faults;
  for (const std::string& word : extras) {
    const std::string flag = word.substr(0, word.find('='));
    const std::string near = nearest(flag, flags);
    // Its value may be a secret that a mistyped flag was to take.
    const std::string shown = word.starts_with("-") ? flag : word.substr(0, word.find_first_of(":="));
    faults.push_back({shown, word.starts_with("-") ? "there is no such flag" : "nothing takes this word",
                      near.empty() ? "see --help" : "did you mean " + near + "?"});
  }
  return faults;
}

/// No verb, or one that there is not.
int refuse_verb(const Program& program, const CLI::App& app) {
  std::vector<std::string> verbs;
  std::string list;
  for (const CLI::App* verb : app.get_subcommands({})) {
    verbs.push_back(verb->get_name());
    list += (list.empty() ? "" : ", ") + verbs.back();
  }
  const std::vector<std::string> words = app.remaining();
  const std::string near = words.empty() ? "" : nearest(words.front(), verbs);
  std::fprintf(stderr, "%s: %s\n    %sthe verbs are: %s; %s VERB --help says more\n", program.name.c_str(),
               words.empty() ? "it needs a verb" : ("there is no verb \"" + words.front() + "\"").c_str(),
               near.empty() ? "" : ("did you mean " + near + "? ").c_str(), list.c_str(), program.name.c_str());
  return 2;
}

/// Says them; the first hundred tell a person enough of a file that is something else altogether.
int refuse(const std::vector<Fault>& faults) {
  constexpr std::size_t said_max = 100;
  for (std::size_t i = 0; i < std::min(faults.size(), said_max); ++i)
    std::fprintf(stderr, "%s\n", faults[i].text().c_str());
  if (faults.size() > said_max) std::fprintf(stderr, "… and %zu more\n", faults.size() - said_max);
  return 2;
}

/// The file to read: as the flag says, else as the environment says.
Origin file_of(const std::string& flag, const Environment& environment) {
  if (!flag.empty()) return {Layer::flag, flag};
  const char* path = environment("BIGFOOT_CONFIG");
  if (path != nullptr && *path != '\0') return {Layer::environment, path};
  return {};
}

/// As often as they stood there, whichever way: what is given twice is the table's to judge.
std::vector<GivenFlag> given_by(const Verb& verb, const VerbLine& line) {
  std::vector<GivenFlag> given;
  for (std::size_t i = 0; i < line.given.size(); ++i) {
    const Option& row = verb.table.options()[i];
    const bool word = row.key == verb.word && !line.word.empty();
    if (line.given[i]->option->count() == 0 && !word) continue;
    given.push_back({row.key, word ? row.value_name : "--" + row.flag, line.given[i]->values});
    if (word) given.back().values.push_back(line.word);
  }
  return given;
}

std::vector<Fault> read_verb(Verb& verb, const Layers& layers) {
  std::vector<Fault> faults = read_layers(verb.table, layers);
  if (verb.complete)
    for (auto& fault : verb.complete()) faults.push_back(std::move(fault));
  return faults;
}

/// What no verb reads: they share their variables.
std::vector<Fault> ignored_by(const Program& program) {
  std::vector<std::string> known{"BIGFOOT_CONFIG"};
  for (const Verb& verb : program.verbs)
    for (const Option& row : verb.table.options()) known.push_back(row.environment());
  return ignored_variables(program.variables, known);
}

void warn(const std::vector<Fault>& ignored) {
  for (const Fault& variable : ignored) std::fprintf(stderr, "warning: %s\n", variable.text().c_str());
}

int run_verb(const Program& program, Verb& verb, const VerbLine& line, const Environment& environment) {
  const Origin file = verb.reads_file ? file_of(line.file, environment) : Origin{};
  Layers layers{file.where, environment, given_by(verb, line), ignored_by(program)};
  std::vector<Fault> faults = unknown_words(verb, line.app->remaining());
  for (auto& fault : read_verb(verb, layers)) faults.push_back(std::move(fault));
  if (!faults.empty()) return refuse(faults);
  if (line.print_config) {
    warn(layers.ignored);
    std::fputs(to_text(verb.table.shown()).c_str(), stdout);
    return 0;
  }
  if (verb.keep_layers) verb.keep_layers(layers);
  return verb.run();
}

/// The keys that came from one layer, "server, cameras".
std::string keys_from(const Table& table, Layer layer) {
  std::string keys;
  for (const Option& row : table.options())
    if (row.origin.layer == layer) keys += (keys.empty() ? "" : ", ") + row.key;
  return keys;
}

int check_config(const Program& program, Verb& verb, const CheckLine& line, const Environment& environment) {
  const Origin file = file_of(line.file.empty() ? line.config : line.file, environment);
  if (file.where.empty()) {
    std::fprintf(stderr,
                 "%s check-config: it is told no file\n    name one: %s check-config FILE, or set BIGFOOT_CONFIG; "
                 "%s %s reads none without --config\n",
                 program.name.c_str(), program.name.c_str(), program.name.c_str(), verb.name.c_str());
    return 2;
  }
  std::vector<Fault> faults = unknown_words(verb, line.app->remaining());
  warn(ignored_by(program));
  for (auto& fault : read_verb(verb, {file.where, environment, {}, {}})) faults.push_back(std::move(fault));
  if (!faults.empty()) return refuse(faults);
  const std::string given = keys_from(verb.table, Layer::file);
  const std::string above = keys_from(verb.table, Layer::environment);
  std::printf("%s: good; it gives %s%s\n", file.where.c_str(),
              given.empty() ? "no key, all is built in" : given.c_str(),
              above.empty() ? "" : ("; the environment gives " + above).c_str());
  return 0;
}

void add_check(CLI::App& app, const Verb& verb, CheckLine& line) {
  line.app =
      app.add_subcommand("check-config", "say what is wrong with the file of `" + verb.name + "`, or what it gives");
  line.app->allow_extras();
  CLI::Option* word =
      line.app->add_option("FILE", line.file, "the file; else that of --config or BIGFOOT_CONFIG")->type_name("");
  add_config_flag(*line.app, line.config);
  line.app->get_option("--config")->excludes(word);
}

/// What packages are made with; people read the result, so --help leaves these out.
struct PackageLine {
  bool man = false;
  CLI::Option* shell = nullptr;
  std::string shell_name;

  void add_to(CLI::App& app) {
    app.add_flag("--print-man", man)->group("");
    shell = app.add_option("--print-completion", shell_name)->group("");
  }
  bool asked() const { return man || shell->count() > 0; }
};

int print_for_package(const Program& program, const PackageLine& line) {
  const auto text = line.man ? Result<std::string>(man_page(program)) : completion(program, line.shell_name);
  if (!text) return refuse({{"--print-completion", text.error().what, text.error().fix}});
  std::fputs(text->c_str(), stdout);
  return 0;
}

/// `bigfoot help robot` is `bigfoot robot --help`, `bigfoot version` is `bigfoot --version`.
std::vector<const char*> with_flags_for_words(int argc, const char* const* argv) {
  std::vector<const char*> words(argv, argv + argc);
  if (words.size() < 2) return words;
  const std::string first = words[1];
  if (first != "help" && first != "version") return words;
  words.erase(words.begin() + 1);
  words.push_back(first == "help" ? "--help" : "--version");
  return words;
}

}  // namespace

const Option* Verb::word_row() const {
  const auto& rows = table.options();
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const Option& each) { return each.key == word; });
  return row == rows.end() ? nullptr : &*row;
}

int run_program(Program& program, int argc, const char* const* argv, const Environment& environment) {
  CLI::App app(program.about, program.name);
  app.set_version_flag("--version", program.name + " " + program.version);
  app.allow_extras();  // an unknown verb is our fault line, with the nearest verb
  std::vector<VerbLine> lines(program.verbs.size());
  for (std::size_t i = 0; i < lines.size(); ++i) add_verb(app, program.verbs[i], lines[i]);
  const auto reader =
      std::find_if(program.verbs.begin(), program.verbs.end(), [](const Verb& verb) { return verb.reads_file; });
  CheckLine check;
  if (reader != program.verbs.end()) add_check(app, *reader, check);
  PackageLine package;
  package.add_to(app);
  try {
    const auto words = with_flags_for_words(argc, argv);
    app.parse(static_cast<int>(words.size()), words.data());
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return 0;
  } catch (const CLI::CallForVersion&) {
    std::printf("%s %s\n", program.name.c_str(), program.version.c_str());
    return 0;
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "%s: %s\n    see %s --help\n", program.name.c_str(), error.what(), program.name.c_str());
    return 2;
  }
  if (package.asked()) return print_for_package(program, package);
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (lines[i].app->parsed()) return run_verb(program, program.verbs[i], lines[i], environment);
  if (check.app != nullptr && check.app->parsed()) return check_config(program, *reader, check, environment);
  return refuse_verb(program, app);
}

}  // namespace bigfoot::config
