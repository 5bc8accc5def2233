#include "config/manual.hpp"

#include <algorithm>
#include <cctype>

namespace bigfoot::config {
namespace {

/// roff reads `\`, `-` and a line's first `.` or `'` as its own (groff_char(7)).
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

std::string bold(const std::string& text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(const std::string& text) { return "\\fI" + roff(text) + "\\fR"; }
std::string section(const std::string& title) { return ".SH " + roff(title) + "\n"; }
std::string paragraph(const std::string& text) { return roff(text) + "\n.PP\n"; }

std::string entry(const std::string& what, const std::string& value, const std::string& help) {
  return ".TP\n" + bold(what) + (value.empty() ? "" : " " + italic(value)) + "\n" + roff(help) + "\n";
}

std::string entry(const Option& row, bool in_file) {
  const std::string flag = "--" + row.flag;
  std::string text = entry(row.value_name.empty() ? flag + ", --no-" + row.flag : flag, row.value_name, row.help);
  text += ".br\n" + bold(row.environment()) + (in_file ? ", in the file " + bold(row.key) : "");
  if (const std::string built_in = row.get(); !built_in.empty()) text += ", built in: " + roff(built_in);
  return text + "\n";
}

std::string about_verb(const Verb& verb) {
  std::string text = section(upper(verb.name)) + paragraph(verb.help);
  if (verb.reads_file) text += entry("--config", "FILE", "a YAML file, below environment and flags\n(BIGFOOT_CONFIG)");
  for (const Option& row : verb.table.options()) text += entry(row, verb.reads_file);
  return text + entry("--print-config", "", "print each value and where it came from, and run nothing");
}

const Verb* reader(const Program& program) {
  for (const Verb& verb : program.verbs)
    if (verb.reads_file) return &verb;
  return nullptr;
}

std::string synopsis(const Program& program) {
  std::string text = section("SYNOPSIS");
  for (const Verb& verb : program.verbs) {
    const Option* word = verb.word_row();
    text += bold(program.name + " " + verb.name) + " " +
            (word == nullptr ? "" : "[" + italic(word->value_name) + "] ") + "[" + italic("flag") + "]...\n.br\n";
  }
  if (reader(program) != nullptr) text += bold(program.name + " check-config") + " [" + italic("FILE") + "]\n.br\n";
  return text + bold(program.name + " --help") + " | " + bold("--version") + "\n";
}

}  // namespace

std::string man_page(const Program& program) {
  const Verb* file = reader(program);
  std::string page = ".TH " + roff(upper(program.name)) + " " + std::to_string(program.manual_section) + " \"\" \"" +
                     program.name + " " + program.version + "\" \"Bigfoot\"\n.ad l\n" + section("NAME") +
                     roff(program.name) + " \\- " + roff(program.about) + "\n" + synopsis(program) +
                     section("DESCRIPTION") +
                     paragraph(
                         "Each value comes from a flag, else from an environment variable, else from the file "
                         "where the verb reads one, else it is built in.");
  for (const Verb& verb : program.verbs) page += about_verb(verb);
  if (file != nullptr)
    page += section("CHECK-CONFIG") +
            paragraph("Reads a file of " + file->name +
                      " (the one that is named, else that of --config or BIGFOOT_CONFIG) and says everything that is "
                      "wrong with it, or what it gives.");
  if (!program.file.empty())
    page += section("FILES") + entry(program.file, "", "what the service reads; every key is explained there") +
            entry("/usr/share/doc/" + program.name + "/docs", "",
                  "the documents of the package (docs in the sources): installing, configuration, logs and more");
  return page + section("EXIT STATUS") +
         paragraph(
             "0 after an orderly end, 1 when something else is missing, which may pass by itself (nobody answers, an "
             "address is not there yet), 2 when a person must write something otherwise; the error says what." +
             (program.exits.empty() ? "" : " " + program.exits)) +
         section("SEE ALSO") + roff(program.see_also) + "\n";
}

}  // namespace bigfoot::config
