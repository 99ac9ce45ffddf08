#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <functional>

#include "commands.h"
#include "program.h"

namespace steelie::cli {
namespace {

// What may follow a command: its subcommands and its flags, those of the commands around it included.
struct Entry {
  std::string path;  // "manifest set"; empty for the program itself
  std::vector<std::string> commands;
  std::vector<std::string> flags;
};

bool IsGroup(const CLI::App& command) { return command.get_name().empty(); }

std::vector<const CLI::App*> Children(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App* child) { return !IsGroup(*child); });
}

// Flags of the command, also those in its option groups, which the library keeps as nameless subcommands.
void AddFlags(const CLI::App& command, std::vector<std::string>& out) {
  const auto add = [&](const std::string& flag) {
    if (std::ranges::find(out, flag) == out.end()) out.push_back(flag);
  };
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) add("--" + name);
    for (const std::string& name : option->get_snames()) add("-" + name);
  }
  for (const CLI::App* group : command.get_subcommands([](const CLI::App* child) { return IsGroup(*child); })) {
    AddFlags(*group, out);
  }
}

std::vector<Entry> Entries(const CLI::App& root) {
  std::vector<Entry> out;
  const std::function<void(const CLI::App&, const std::string&, std::vector<std::string>)> visit =
      [&](const CLI::App& command, const std::string& path, std::vector<std::string> flags) {
        AddFlags(command, flags);
        Entry& entry = out.emplace_back(Entry{path, {}, flags});
        for (const CLI::App* child : Children(command)) entry.commands.push_back(child->get_name());
        for (const CLI::App* child : Children(command)) {
          visit(*child, path.empty() ? child->get_name() : path + " " + child->get_name(), flags);
        }
      };
  visit(root, "", {});
  return out;
}

std::string Join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

// bash and zsh share a function that finds the command on the line: words that name a subcommand extend the path.
std::string ShellTable(const Program& program) {
  std::string commands;
  std::string flags;
  for (const Entry& entry : Entries(program.app())) {
    commands += "    '" + entry.path + "') echo '" + Join(entry.commands) + "' ;;\n";
    flags += "    '" + entry.path + "') echo '" + Join(entry.flags) + "' ;;\n";
  }
  return "_steelie_commands() {\n  case \"$1\" in\n" + commands +
         "  esac\n}\n\n"
         "_steelie_flags() {\n  case \"$1\" in\n" +
         flags +
         "  esac\n}\n\n"
         "_steelie_path() {\n"
         "  local at='' word next\n"
         "  for word in \"$@\"; do\n"
         "    for next in $(_steelie_commands \"$at\"); do\n"
         "      if [ \"$word\" = \"$next\" ]; then at=\"${at:+$at }$word\"; break; fi\n"
         "    done\n"
         "  done\n"
         "  echo \"$at\"\n"
         "}\n\n";
}

std::string BashScript(const Program& program) {
  return "# bash completion for steelie\n" + ShellTable(program) +
         "_steelie() {\n"
         "  local current=\"${COMP_WORDS[COMP_CWORD]}\" path\n"
         "  path=\"$(_steelie_path \"${COMP_WORDS[@]:1:COMP_CWORD-1}\")\"\n"
         "  if [[ $current == -* ]]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$(_steelie_flags \"$path\")\" -- \"$current\")\n"
         "    return\n"
         "  fi\n"
         "  local commands\n"
         "  commands=\"$(_steelie_commands \"$path\")\"\n"
         "  if [ -n \"$commands\" ]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$commands\" -- \"$current\")\n"
         "  else\n"
         "    mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
         "  fi\n"
         "}\n"
         "complete -o filenames -F _steelie steelie\n";
}

std::string ZshScript(const Program& program) {
  return "#compdef steelie\n# zsh completion for steelie\n" + ShellTable(program) +
         "_steelie() {\n"
         "  setopt localoptions sh_word_split\n"
         "  local path_words=\"$(_steelie_path ${words[2,CURRENT-1]})\"\n"
         "  if [[ $words[CURRENT] == -* ]]; then\n"
         "    compadd -- $(_steelie_flags \"$path_words\")\n"
         "    return\n"
         "  fi\n"
         "  local commands=\"$(_steelie_commands \"$path_words\")\"\n"
         "  if [[ -n $commands ]]; then compadd -- $commands; else _files; fi\n"
         "}\n"
         "if [[ ${funcstack[1]} == _steelie ]]; then _steelie \"$@\"; else compdef _steelie steelie; fi\n";
}

std::string FishScript(const Program& program) {
  std::string out =
      "# fish completion for steelie\n"
      "function __steelie_at\n"
      "  set -l at\n"
      "  for word in (commandline -opc)[2..-1]\n"
      "    string match -q -- '-*' $word; and continue\n"
      "    set -l next (string join ' ' $at $word)\n"
      "    if contains -- $next $__steelie_paths\n"
      "      set at $next\n"
      "    end\n"
      "  end\n"
      "  test \"$at\" = \"$argv[1]\"\n"
      "end\n"
      "set -g __steelie_paths";
  const std::vector<Entry> entries = Entries(program.app());
  for (const Entry& entry : entries) {
    if (!entry.path.empty()) out += " '" + entry.path + "'";
  }
  out += "\n";
  for (const Entry& entry : entries) {
    const std::string at = "complete -c steelie -n '__steelie_at \"" + entry.path + "\"' ";
    if (!entry.commands.empty()) out += at + "-f -a '" + Join(entry.commands) + "'\n";
    for (const std::string& flag : entry.flags) {
      out += at + (flag.starts_with("--") ? "-l " + flag.substr(2) : "-s " + flag.substr(1)) + "\n";
    }
  }
  return out;
}

void Add(CLI::App& parent, Program& program, const char* shell, std::string (*script)(const Program&)) {
  const std::string description = std::string("Print the completion script for ") + shell;
  CLI::App& command = AddCommand(parent, shell, description.c_str());
  program.Register(command, [&program, script]() -> Result<int> {
    std::fputs(script(program).c_str(), stdout);
    return 0;
  });
}

}  // namespace

void AddCompletionCommand(CLI::App& parent, Program& program) {
  CLI::App& command = AddCommand(parent, "completion", "Print a script that completes commands in a shell");
  Add(command, program, "bash", BashScript);
  Add(command, program, "zsh", ZshScript);
  Add(command, program, "fish", FishScript);
}

}  // namespace steelie::cli
