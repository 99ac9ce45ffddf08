#include "client/yaml.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <exception>
#include <vector>

#include "base/ascii.h"
#include "client/json_text.h"
#include "manifest/problem.h"

namespace steelie::client {
namespace {

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxValues = 1'000'000;
constexpr std::size_t kMaxSize = std::size_t{32} << 20U;

constexpr std::string_view kStringTag = "tag:yaml.org,2002:str";

// Plain scalars that YAML 1.1 and 1.2, or their readers, take for different things.
constexpr std::string_view kAmbiguous[] = {"y", "yes", "on", "n", "no", "off"};

// As YAML 1.2 spells them: lower case, capitalised, upper case.
bool IsWord(std::string_view text, std::string_view word) {
  if (text == word) return true;
  if (AsciiLower(text) != word) return false;
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  return is_upper(text.front()) &&
         (std::ranges::all_of(text, is_upper) || std::ranges::none_of(text.substr(1), is_upper));
}

bool IsNull(std::string_view text) { return text.empty() || text == "~" || IsWord(text, "null"); }

bool IsDecimal(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || text.size() > 19) return false;
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }) &&
         (text.size() == 1 || text.front() != '0');
}

// Everything else that begins like a number or a date: octal, hexadecimal, fractions, exponents, sexagesimal, `.inf`.
bool LooksNumeric(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  if (text.empty()) return false;
  const std::string lower = AsciiLower(text);
  if (lower == ".inf" || lower == ".nan") return true;
  const bool prefixed = lower.starts_with("0x") || lower.starts_with("0o") || lower.starts_with("0b");
  const std::string_view rest = prefixed ? std::string_view(lower).substr(2) : std::string_view(lower);
  const bool digit_first =
      !rest.empty() && ((rest.front() >= '0' && rest.front() <= '9') ||
                        (rest.front() == '.' && rest.size() > 1 && rest[1] >= '0' && rest[1] <= '9'));
  if (!digit_first && !prefixed) return false;
  return std::ranges::all_of(rest, [&](char c) {
    return (c >= '0' && c <= '9') || c == '.' || c == '_' || c == ':' || c == '-' || c == '+' || c == 'e' ||
           (prefixed && c >= 'a' && c <= 'f');
  });
}

class Converter {
 public:
  Result<ConvertedYaml> Convert(const YAML::Node& root) {
    STEELIE_CHECK_OK(Value(root, "", 0));
    return std::move(out_);
  }

 private:
  static Error Bad(const YAML::Node& node, const std::string& why) {
    const YAML::Mark mark = node.Mark();
    return Error(Code::kInvalidArgument, "client.yaml",
                 std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1) + ": " + why);
  }

  Status Value(const YAML::Node& node, const std::string& pointer, std::size_t depth) {
    if (depth > kMaxDepth) return Bad(node, "nested deeper than " + std::to_string(kMaxDepth) + " levels");
    if (++values_ > kMaxValues || out_.json.size() > kMaxSize) return Bad(node, "the document is too large");
    if (node.Mark().line >= 0) {
      out_.positions.emplace(pointer, manifest::Position{static_cast<std::size_t>(node.Mark().line) + 1,
                                                         static_cast<std::size_t>(node.Mark().column) + 1});
    }
    switch (node.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null:
        out_.json += "null";
        return Ok();
      case YAML::NodeType::Scalar:
        return Scalar(node);
      case YAML::NodeType::Sequence:
        return Sequence(node, pointer, depth);
      case YAML::NodeType::Map:
        return Map(node, pointer, depth);
    }
    return Ok();
  }

  // What a plain scalar is; `!` marks a quoted one.
  static Result<bool> IsText(const YAML::Node& node) {
    const std::string& tag = node.Tag();
    if (tag == "!" || tag == kStringTag) return true;
    if (!tag.empty() && tag != "?") return Bad(node, "the tag " + manifest::Quoted(tag) + " is not supported");
    const std::string& text = node.Scalar();
    if (LooksNumeric(text) && !IsDecimal(text)) {
      return Bad(node, manifest::Quoted(text) + " is no plain integer: quote it if it is a text");
    }
    if (text == "<<" || std::ranges::find(kAmbiguous, AsciiLower(text)) != std::end(kAmbiguous)) {
      return Bad(node, manifest::Quoted(text) +
                           " means different things to different readers of YAML: quote it, or "
                           "write true or false");
    }
    return !IsNull(text) && !IsWord(text, "true") && !IsWord(text, "false") && !IsDecimal(text);
  }

  Status Scalar(const YAML::Node& node) {
    STEELIE_TRY(const bool is_text, IsText(node));
    const std::string& text = node.Scalar();
    if (is_text) {
      AppendJsonString(out_.json, text);
    } else if (IsNull(text)) {
      out_.json += "null";
    } else {
      out_.json += text == "-0" ? "0" : AsciiLower(text);
    }
    return Ok();
  }

  Status Sequence(const YAML::Node& node, const std::string& pointer, std::size_t depth) {
    out_.json += '[';
    for (std::size_t i = 0; i < node.size(); ++i) {
      if (i > 0) out_.json += ',';
      STEELIE_CHECK_OK(Value(node[i], pointer + "/" + std::to_string(i), depth + 1));
    }
    out_.json += ']';
    return Ok();
  }

  Status Map(const YAML::Node& node, const std::string& pointer, std::size_t depth) {
    std::map<std::string, YAML::Node> members;
    for (const auto& member : node) {
      if (!member.first.IsScalar()) return Bad(member.first, "a key must be a text");
      STEELIE_CHECK_OK(IsText(member.first));
      const std::string key = member.first.Scalar();
      if (!members.emplace(key, member.second).second) {
        return Bad(member.first, "the key " + manifest::Quoted(key) + " stands twice");
      }
    }
    out_.json += '{';
    bool first = true;
    for (const auto& [key, value] : members) {
      if (!first) out_.json += ',';
      first = false;
      AppendJsonString(out_.json, key);
      out_.json += ':';
      STEELIE_CHECK_OK(Value(value, pointer + "/" + manifest::PointerToken(key), depth + 1));
    }
    out_.json += '}';
    return Ok();
  }

  ConvertedYaml out_;
  std::size_t values_ = 0;
};

Result<ConvertedYaml> ConvertText(const std::string& text) {
  const std::vector<YAML::Node> documents = YAML::LoadAll(text);
  if (documents.size() != 1) {
    return Error(Code::kInvalidArgument, "client.yaml",
                 documents.empty() ? "1:1: the document is empty" : "1:1: there is more than one YAML document");
  }
  return Converter().Convert(documents.front());
}

}  // namespace

Result<ConvertedYaml> YamlToJson(std::string_view text) {
  // The library throws; nothing of it leaves this function.
  try {
    return ConvertText(std::string(text));
  } catch (const YAML::Exception& e) {
    return Error(Code::kInvalidArgument, "client.yaml",
                 std::to_string(e.mark.line + 1) + ":" + std::to_string(e.mark.column + 1) + ": " + e.msg);
  } catch (const std::exception&) {
    return Error(Code::kInvalidArgument, "client.yaml", "the document cannot be read as YAML");
  }
}

}  // namespace steelie::client
