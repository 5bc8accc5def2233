#include "config/completion.hpp"

#include <algorithm>
#include <vector>

namespace bigfoot::config {
namespace {

enum class Takes { nothing, text, file, directory, choice };

/// One flag of a verb.
struct Word {
  std::string flag;  ///< "--log-level"
  std::string help;
  Takes takes = Takes::nothing;
  std::string value_name;  ///< where it takes one
  std::string choices;     ///< "debug info", where it takes one of them
  bool repeatable = false;
};

Word word_of(const Option& row) {
  Word word{"--" + row.flag, row.help, Takes::text, row.value_name, "", row.is_list()};
  if (row.value_name.empty()) word.takes = Takes::nothing;
  if (row.value_name == "FILE") word.takes = Takes::file;
  if (row.value_name == "DIR") word.takes = Takes::directory;
  if (!row.choices.empty()) word.takes = Takes::choice;
  for (const std::string& choice : row.choices) word.choices += (word.choices.empty() ? "" : " ") + choice;
  return word;
}

std::vector<Word> words_of(const Verb& verb) {
  std::vector<Word> words{{"--help", "say what there is", Takes::nothing, "", "", false},
                          {"--print-config", "print each value and where it came from", Takes::nothing, "", "", false}};
  if (verb.reads_file) words.push_back({"--config", "read this YAML file", Takes::file, "FILE", "", false});
  for (const Option& row : verb.table.options()) {
    words.push_back(word_of(row));
    if (row.value_name.empty())
      words.push_back({"--no-" + row.flag, "not: " + row.help, Takes::nothing, "", "", false});
  }
  return words;
}

bool reads_file(const Program& program) {
  return std::any_of(program.verbs.begin(), program.verbs.end(), [](const Verb& verb) { return verb.reads_file; });
}

std::string verbs_of(const Program& program) {
  std::string names = "--help --version";
  for (const Verb& verb : program.verbs) names += " " + verb.name;
  return names + (reads_file(program) ? " check-config" : "");
}

std::string bash_reply(const Word& word) {
  const auto reply = [](const std::string& how) { return "COMPREPLY=($(compgen " + how + " -- \"$word\"))"; };
  switch (word.takes) {
    case Takes::file: return reply("-f");
    case Takes::directory: return reply("-d");
    case Takes::choice: return reply("-W '" + word.choices + "'");
    case Takes::text:
    case Takes::nothing: return ":";
  }
  return ":";
}

std::string bash(const Program& program) {
  std::string name = "_" + program.name;
  std::replace(name.begin(), name.end(), '-', '_');
  const auto words = [](const std::string& list) {
    return "COMPREPLY=($(compgen -W '" + list + "' -- \"$word\")) ;;\n";
  };
  std::string text = "# bash completion of " + program.name + "\n" + name +
                     "() {\n  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
                     "  COMPREPLY=()\n  if [ \"$COMP_CWORD\" = 1 ]; then before='no verb'; fi\n"
                     "  case \"${COMP_WORDS[1]} $before\" in\n    *' no verb') " +
                     words(verbs_of(program));
  if (reads_file(program)) text += "    'check-config '*) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n";
  for (const Verb& verb : program.verbs) {
    std::string flags;
    for (const Word& word : words_of(verb)) {
      flags += (flags.empty() ? "" : " ") + word.flag;
      if (word.takes != Takes::nothing)
        text += "    '" + verb.name + " " + word.flag + "') " + bash_reply(word) + " ;;\n";
    }
    text += "    '" + verb.name + " '*) " + words(flags);
  }
  return text + "  esac\n}\ncomplete -o filenames -F " + name + " " + program.name + "\n";
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// zsh's _arguments reads `[`, `]` and `:` as its own.
std::string zsh_text(const std::string& text) {
  std::string out;
  for (const char c : text)
    out += c == '[' || c == ']' || c == ':' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return out;
}

std::string zsh_value(const Word& word) {
  std::string name = ":" + zsh_text(word.value_name) + ":";
  switch (word.takes) {
    case Takes::file: return name + "_files";
    case Takes::directory: return name + "_files -/";
    case Takes::choice: return ":value:(" + word.choices + ")";
    case Takes::text: return name;
    case Takes::nothing: return "";
  }
  return "";
}

std::string zsh(const Program& program) {
  std::string text = "#compdef " + program.name + "\nlocal curcontext=$curcontext state line\n_arguments -C '1:verb:(" +
                     verbs_of(program) + ")' '*::word:->words'\n[[ $state == words ]] || return\ncase $line[1] in\n";
  for (const Verb& verb : program.verbs) {
    text += "  " + verb.name + ")\n    _arguments";
    for (const Word& word : words_of(verb))
      text += " \\\n      " +
              quoted((word.repeatable ? "*" : "") + word.flag + "[" + zsh_text(word.help) + "]" + zsh_value(word));
    text += "\n    ;;\n";
  }
  if (reads_file(program)) text += "  check-config) _files ;;\n";
  return text + "esac\n";
}

/// fish knows `\'` inside quotes, where bash and zsh do not.
std::string fish_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return out + "'";
}

std::string fish_value(const Word& word) {
  switch (word.takes) {
    case Takes::file: return " -r -F";
    case Takes::directory: return " -x -a '(__fish_complete_directories)'";
    case Takes::choice: return " -x -a " + fish_quoted(word.choices);
    case Takes::text: return " -x";
    case Takes::nothing: return "";
  }
  return "";
}

std::string fish(const Program& program) {
  const std::string start = "complete -c " + program.name + " ";
  std::string text = "# fish completion of " + program.name + "\n" + start + "-f\n" + start +
                     "-n __fish_use_subcommand -a " + fish_quoted(verbs_of(program)) + "\n";
  for (const Verb& verb : program.verbs)
    for (const Word& word : words_of(verb))
      text += start + "-n '__fish_seen_subcommand_from " + verb.name + "' -l " + word.flag.substr(2) + " -d " +
              fish_quoted(word.help) + fish_value(word) + "\n";
  if (reads_file(program)) text += start + "-n '__fish_seen_subcommand_from check-config' -F\n";
  return text;
}

}  // namespace

Result<std::string> completion(const Program& program, const std::string& shell) {
  if (shell == "bash") return bash(program);
  if (shell == "zsh") return zsh(program);
  if (shell == "fish") return fish(program);
  return fail("nothing is known of the shell \"" + shell + "\"", "there are bash, zsh, fish");
}

}  // namespace bigfoot::config
