#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <functional>

#include "commands.h"
#include "program.h"

namespace steelie::cli {
namespace {

// What completes a value: nothing, files, folders, or words.
struct Values {
  enum class Kind { kNone, kFiles, kFolders, kWords };
  Kind kind = Kind::kNone;
  std::string words;

  // As the scripts' functions say it.
  std::string Text() const {
    switch (kind) {
      case Kind::kNone:
        return "-";
      case Kind::kFiles:
        return "files";
      case Kind::kFolders:
        return "folders";
      case Kind::kWords:
        return words;
    }
    return "-";
  }
};

struct Flag {
  std::string name;
  bool takes_value = false;
  Values values;
};

// What may follow a command: its subcommands, its flags, those of the commands around it included, and arguments.
struct Entry {
  std::string path;  // "manifest set"; empty for the program itself
  std::vector<std::string> commands;
  std::vector<Flag> flags;
  Values arguments;
};

bool IsGroup(const CLI::App& command) { return command.get_name().empty(); }

std::vector<const CLI::App*> Children(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App* child) { return !IsGroup(*child); });
}

// The type is `FILE`, `DIR`, or ends in the set of words that are allowed: `TEXT:{a,b}`.
Values ValuesOf(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  if (type == "FILE") return {Values::Kind::kFiles, ""};
  if (type == "DIR") return {Values::Kind::kFolders, ""};
  const std::size_t open = type.find('{');
  if (open == std::string::npos || !type.ends_with('}')) return {};
  std::string words = type.substr(open + 1, type.size() - open - 2);
  std::ranges::replace(words, ',', ' ');
  return {Values::Kind::kWords, words};
}

Values ValuesOfArguments(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    const std::string name = option->get_positional() ? option->get_name() : "";
    if (name == "DIR") return {Values::Kind::kFolders, ""};
    for (const char* file : {"FILE", "MANIFEST", "PATH", "PROGRAM", "IN"}) {
      if (name == file) return {Values::Kind::kFiles, ""};
    }
  }
  return {};
}

// Flags of the command, also those in its option groups, which the library keeps as nameless subcommands. Its own
// count, not those of the same name around it.
void AddFlags(const CLI::App& command, std::vector<Flag>& out) {
  const auto add = [&](const std::string& name, const CLI::Option& option) {
    Flag flag{name, option.get_items_expected_max() > 0, ValuesOf(option)};
    std::erase_if(out, [&](const Flag& known) { return known.name == name; });
    out.push_back(std::move(flag));
  };
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) add("--" + name, *option);
    for (const std::string& name : option->get_snames()) add("-" + name, *option);
  }
  for (const CLI::App* group : command.get_subcommands([](const CLI::App* child) { return IsGroup(*child); })) {
    AddFlags(*group, out);
  }
}

std::vector<Entry> Entries(const CLI::App& root) {
  std::vector<Entry> out;
  const std::function<void(const CLI::App&, const std::string&, std::vector<Flag>)> visit =
      [&](const CLI::App& command, const std::string& path, std::vector<Flag> flags) {
        // What falls to no command around it is not taken: `run`.
        if (!command.get_fallthrough()) flags.clear();
        AddFlags(command, flags);
        Entry& entry = out.emplace_back(Entry{path, {}, flags, ValuesOfArguments(command)});
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

std::string Names(const std::vector<Flag>& flags) {
  std::vector<std::string> names;
  for (const Flag& flag : flags) names.push_back(flag.name);
  return Join(names);
}

// bash and zsh share functions. _steelie_path finds the command on the line: words that name a subcommand extend the
// path, values of flags do not. _steelie_values says what completes the value of a flag, or without one the arguments:
// `files`, `folders`, words, `-` if nothing does; no text if the flag takes no value.
std::string ShellTable(const Program& program) {
  std::string commands;
  std::string flags;
  std::string values;
  for (const Entry& entry : Entries(program.app())) {
    commands += "    '" + entry.path + "') echo '" + Join(entry.commands) + "' ;;\n";
    flags += "    '" + entry.path + "') echo '" + Names(entry.flags) + "' ;;\n";
    values += "    '" + entry.path + "|') echo '" + entry.arguments.Text() + "' ;;\n";
    for (const Flag& flag : entry.flags) {
      if (flag.takes_value)
        values += "    '" + entry.path + "|" + flag.name + "') echo '" + flag.values.Text() + "' ;;\n";
    }
  }
  return "_steelie_commands() {\n  case \"$1\" in\n" + commands +
         "  esac\n}\n\n"
         "_steelie_flags() {\n  case \"$1\" in\n" +
         flags +
         "  esac\n}\n\n"
         "_steelie_values() {\n  case \"$1|$2\" in\n" +
         values +
         "  esac\n}\n\n"
         "_steelie_path() {\n"
         "  local at='' word next skip=''\n"
         "  for word in \"$@\"; do\n"
         "    if [ -n \"$skip\" ] && [ \"$word\" != '=' ]; then skip=''; continue; fi\n"
         "    case \"$word\" in\n"
         "      --*=*) continue ;;\n"
         "      -*) skip=\"$(_steelie_values \"$at\" \"$word\")\"; continue ;;\n"
         "    esac\n"
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
         "  local current=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\" path values='' more\n"
         "  path=\"$(_steelie_path \"${COMP_WORDS[@]:1:COMP_CWORD-1}\")\"\n"
         "  # bash takes `=` for a word.\n"
         "  if [ \"$current\" = '=' ]; then\n"
         "    current=''\n"
         "  elif [ \"$before\" = '=' ]; then\n"
         "    before=\"${COMP_WORDS[COMP_CWORD-2]}\"\n"
         "  fi\n"
         "  if [[ $before == -* ]]; then values=\"$(_steelie_values \"$path\" \"$before\")\"; fi\n"
         "  if [ -z \"$values\" ] && [[ $current == -* ]]; then\n"
         "    values=\"$(_steelie_flags \"$path\")\"\n"
         "  elif [ -z \"$values\" ]; then\n"
         "    values=\"$(_steelie_commands \"$path\")\"\n"
         "    more=\"$(_steelie_values \"$path\" '')\"\n"
         "    if [ -z \"$values\" ]; then\n"
         "      values=\"$more\"\n"
         "    elif [ \"$more\" = files ]; then\n"
         "      mapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$current\"; compgen -f -- \"$current\")\n"
         "      return\n"
         "    fi\n"
         "  fi\n"
         "  case \"$values\" in\n"
         "    -) COMPREPLY=() ;;\n"
         "    files) mapfile -t COMPREPLY < <(compgen -f -- \"$current\") ;;\n"
         "    folders) mapfile -t COMPREPLY < <(compgen -d -- \"$current\") ;;\n"
         "    *) mapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$current\") ;;\n"
         "  esac\n"
         "}\n"
         "complete -o filenames -F _steelie steelie\n";
}

std::string ZshScript(const Program& program) {
  return "#compdef steelie\n# zsh completion for steelie\n" + ShellTable(program) +
         "_steelie() {\n"
         "  setopt localoptions sh_word_split\n"
         "  local at=\"$(_steelie_path \"${(@)words[2,CURRENT-1]}\")\" before=\"${words[CURRENT-1]}\" values=''\n"
         "  if [[ $before == -* ]]; then values=\"$(_steelie_values \"$at\" \"$before\")\"; fi\n"
         "  if [[ -z $values && $words[CURRENT] == -* ]]; then\n"
         "    values=\"$(_steelie_flags \"$at\")\"\n"
         "  elif [[ -z $values ]]; then\n"
         "    values=\"$(_steelie_commands \"$at\")\"\n"
         "    if [[ -z $values ]]; then\n"
         "      values=\"$(_steelie_values \"$at\" '')\"\n"
         "    elif [[ \"$(_steelie_values \"$at\" '')\" == files ]]; then\n"
         "      _files\n"
         "    fi\n"
         "  fi\n"
         "  case \"$values\" in\n"
         "    -) ;;\n"
         "    files) _files ;;\n"
         "    folders) _files -/ ;;\n"
         "    *) compadd -- $values ;;\n"
         "  esac\n"
         "}\n"
         "if [[ ${funcstack[1]} == _steelie ]]; then _steelie \"$@\"; else compdef _steelie steelie; fi\n";
}

// Options of fish's `complete` for what follows.
std::string FishValues(const Values& values) {
  switch (values.kind) {
    case Values::Kind::kNone:
      return "-x";
    case Values::Kind::kFiles:
      return "-r -F";
    case Values::Kind::kFolders:
      return "-x -a '(__fish_complete_directories)'";
    case Values::Kind::kWords:
      return "-x -a '" + values.words + "'";
  }
  return "-x";
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
    if (!entry.commands.empty()) {
      out += at + (entry.arguments.kind == Values::Kind::kFiles ? "-a '" : "-f -a '") + Join(entry.commands) + "'\n";
    } else if (entry.arguments.kind == Values::Kind::kNone) {
      out += at + "-f\n";
    }
    for (const Flag& flag : entry.flags) {
      out += at + (flag.name.starts_with("--") ? "-l " + flag.name.substr(2) : "-s " + flag.name.substr(1)) +
             (flag.takes_value ? " " + FishValues(flag.values) : std::string()) + "\n";
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
