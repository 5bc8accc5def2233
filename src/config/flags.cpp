#include "config/flags.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "base/nearest.hpp"

namespace bigfoot::config {
namespace {

/// What CLI11 read for one option: how often it stood there and with which values.
struct Given {
  CLI::Option* option = nullptr;
  std::vector<std::string> values;
};

struct VerbLine {
  CLI::App* app = nullptr;
  bool print_config = false;
  std::vector<std::unique_ptr<Given>> given;
};

VerbLine add_verb(CLI::App& app, const Verb& verb) {
  VerbLine line;
  line.app = app.add_subcommand(verb.name, verb.help);
  line.app->allow_extras();  // an unknown flag is our fault line, with the nearest flag
  for (const Option& row : verb.table.options()) {
    auto given = std::make_unique<Given>();
    const std::string built_in = row.get();
    const std::string help = row.help + (built_in.empty() || row.value_name.empty() ? "" : " [" + built_in + "]");
    given->option =
        row.value_name.empty()
            ? line.app->add_flag("--" + row.key + "{on},--no-" + row.key + "{off}", given->values, help)
            : line.app->add_option("--" + row.key, given->values, help)->type_name(row.value_name)->expected(1, 1);
    given->option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    if (row.clear) given->option->delimiter('\0');
    line.given.push_back(std::move(given));
  }
  return line;
}

std::vector<Fault> unknown_words(const Verb& verb, const std::vector<std::string>& extras) {
  std::vector<std::string> flags;
  for (const Option& row : verb.table.options()) flags.push_back("--" + row.key);
  std::vector<Fault> faults;
  for (const std::string& word : extras) {
    const std::string flag = word.substr(0, word.find('='));
    const std::string near = nearest(flag, flags);
    faults.push_back({word, word.starts_with("-") ? "there is no such flag" : "nothing takes this word",
                      near.empty() ? "see --help" : "did you mean " + near + "?"});
  }
  return faults;
}

/// No verb, or one that there is not.
int refuse_verb(const Program& program, const std::vector<std::string>& words) {
  std::vector<std::string> verbs;
  std::string list;
  for (const Verb& verb : program.verbs) {
    verbs.push_back(verb.name);
    list += (list.empty() ? "" : ", ") + verb.name;
  }
  const std::string near = words.empty() ? "" : nearest(words.front(), verbs);
  std::fprintf(stderr, "%s: %s\n    %sthe verbs are: %s; %s VERB --help says more\n", program.name.c_str(),
               words.empty() ? "it needs a verb" : ("there is no verb \"" + words.front() + "\"").c_str(),
               near.empty() ? "" : ("did you mean " + near + "? ").c_str(), list.c_str(), program.name.c_str());
  return 2;
}

/// The key that shows best how a flag becomes an environment variable.
const std::string& longest_key(const Table& table) {
  const auto& rows = table.options();
  return std::max_element(rows.begin(), rows.end(),
                          [](const Option& a, const Option& b) { return a.key.size() < b.key.size(); })
      ->key;
}

std::vector<Fault> apply(Verb& verb, const VerbLine& line, const std::function<const char*(const char*)>& environment) {
  std::vector<Fault> faults = verb.table.set_from_environment(environment);
  for (auto& fault : unknown_words(verb, line.app->remaining())) faults.push_back(std::move(fault));
  std::size_t index = 0;
  for (const auto& given : line.given) {
    const std::string key = verb.table.options()[index++].key;
    if (given->option->count() == 0) continue;
    for (auto& fault : verb.table.set(key, given->values, {Layer::flag, "--" + key}))
      faults.push_back(std::move(fault));
  }
  return faults;
}

int run_verb(Verb& verb, const VerbLine& line, const std::function<const char*(const char*)>& environment) {
  std::vector<Fault> faults = apply(verb, line, environment);
  if (verb.complete)
    for (auto& fault : verb.complete()) faults.push_back(std::move(fault));
  for (const Fault& fault : faults) std::fprintf(stderr, "%s\n", fault.text().c_str());
  if (!faults.empty()) return 2;
  if (line.print_config) {
    std::fputs(verb.table.print().c_str(), stdout);
    return 0;
  }
  return verb.run();
}

}  // namespace

int run_program(Program& program, int argc, const char* const* argv,
                const std::function<const char*(const char*)>& environment) {
  CLI::App app(program.about, program.name);
  app.set_version_flag("--version", program.name + " " + program.version);
  app.allow_extras();  // an unknown verb is our fault line, with the nearest verb
  std::vector<VerbLine> lines;
  for (const Verb& verb : program.verbs) {
    lines.push_back(add_verb(app, verb));
    const std::string& longest = longest_key(verb.table);
    lines.back().app->footer("Every flag is also an environment variable: --" + longest + " is " +
                             environment_name(longest) + ".");
  }
  for (VerbLine& line : lines)
    line.app->add_flag("--print-config", line.print_config, "print each value and where it came from");
  try {
    app.parse(argc, argv);
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
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (lines[i].app->parsed()) return run_verb(program.verbs[i], lines[i], environment);
  return refuse_verb(program, app.remaining());
}

}  // namespace bigfoot::config
