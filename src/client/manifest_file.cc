#include "client/manifest_file.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "base/file.h"
#include "client/json.h"
#include "manifest/json.h"

namespace steelie::client {
namespace {

using nlohmann::json;

Error Bad(const std::string& why) { return Error(Code::kInvalidArgument, "client.manifest.syntax", why); }

bool LooksLikeJson(ByteView content) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  std::string_view text = AsText(content);
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const std::size_t at = text.find_first_not_of(" \t\r\n");
  return at != std::string_view::npos && text[at] == '{';
}

// Why the text was read as JSON, for those who meant YAML.
const char* WhyJson(ManifestSyntax syntax) {
  return syntax == ManifestSyntax::kJson ? " (read as JSON because the name ends in .json; YAML needs .yaml)"
                                         : " (read as JSON because it begins with `{`; YAML needs a name in .yaml)";
}

std::string Describe(const manifest::JsonDocument::Fault& fault, ByteView content) {
  const manifest::Position position = manifest::PositionCounter(content).At(fault.offset);
  return std::to_string(position.line) + ":" + std::to_string(position.column) + ": " + fault.problem.message;
}

// A problem's own position is one in the converted document: the nearest value in the YAML text replaces it.
void RelocateOne(manifest::Problem& problem, const std::map<std::string, manifest::Position>& positions) {
  std::string pointer = problem.pointer;
  auto at = positions.find(pointer);
  while (at == positions.end() && !pointer.empty()) {
    pointer.resize(pointer.rfind('/'));
    at = positions.find(pointer);
  }
  problem.line = at == positions.end() ? 0 : at->second.line;
  problem.column = at == positions.end() ? 0 : at->second.column;
}

// Removes null values and empty objects, from the inside out. Documents were bounded in depth when they were read.
void Prune(json& value) {
  if (value.is_array()) {
    for (json& element : value) Prune(element);
  }
  if (!value.is_object()) return;
  for (auto it = value.begin(); it != value.end();) {
    Prune(*it);
    const bool drop = it->is_null() || (it->is_object() && it->empty());
    it = drop ? value.erase(it) : std::next(it);
  }
}

json* Mutable(json& object, std::string_view name) { return const_cast<json*>(FindMember(object, name)); }

void SetVersion(json& package, std::uint64_t version) {
  json* sim = Mutable(package, "Sim");
  json& holder = sim != nullptr && sim->is_object() ? *sim : package;
  json* present = Mutable(holder, "SecurityVersion");
  if (present != nullptr) {
    *present = version;
  } else {
    holder["SecurityVersion"] = version;
  }
}

Status ApplyLogLine(json& packages, const json& line) {
  STEELIE_TRY(const std::string name, TextMember(line, "package"));
  const json* version = FindMember(line, "new version");
  if (name.empty() || version == nullptr || !version->is_number_unsigned()) return Ok();
  const auto package = packages.find(name);
  if (package == packages.end() || !package->is_object()) {
    return Error(Code::kInvalidArgument, "client.manifest.package", "package " + name + " not found in base manifest");
  }
  SetVersion(*package, *version->get_ptr<const json::number_unsigned_t*>());
  return Ok();
}

// Raises of versions before a full update are part of its manifest already, or were dropped by it.
std::size_t FirstLineInForce(const std::vector<json>& lines) {
  for (std::size_t i = lines.size(); i > 0; --i) {
    const Result<std::string> update = TextMember(lines[i - 1], "update");
    if (update &&
        (*update == "Complete Manifest updated" || update->ends_with("No further acknowledgements required"))) {
      return i;
    }
  }
  return 0;
}

// Nothing if the package has none.
std::optional<std::uint64_t> VersionOf(const json& package) {
  const json* sim = FindMember(package, "Sim");
  const json* version = FindMember(sim != nullptr && sim->is_object() ? *sim : package, "SecurityVersion");
  if (version == nullptr) version = FindMember(package, "SecurityVersion");
  if (version == nullptr || !version->is_number_unsigned()) return std::nullopt;
  return *version->get_ptr<const json::number_unsigned_t*>();
}

const json* PackagesOf(const json& manifest) {
  const json* packages = FindMember(manifest, "Packages");
  return packages != nullptr && packages->is_object() ? packages : nullptr;
}

}  // namespace

ManifestSyntax SyntaxOfName(const std::filesystem::path& path) {
  std::string ending = path.extension().string();
  for (char& c : ending) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (ending == ".json") return ManifestSyntax::kJson;
  return ending == ".yaml" || ending == ".yml" ? ManifestSyntax::kYaml : ManifestSyntax::kGuess;
}

Result<ManifestFile> ParseManifestFile(Bytes content, ManifestSyntax syntax) {
  const auto read = manifest::JsonDocument::Parse(content);
  if (read.document) return ManifestFile{std::move(content), {}};
  if (syntax == ManifestSyntax::kJson || (syntax == ManifestSyntax::kGuess && LooksLikeJson(content))) {
    return Bad(Describe(read.faults.front(), content) + WhyJson(syntax));
  }
  Result<ConvertedYaml> yaml = YamlToJson(AsText(content));
  if (yaml) return ManifestFile{ToBytes(yaml->json), std::move(yaml->positions)};
  return Bad(yaml.error().message());
}

Result<ManifestFile> ReadManifestFile(const std::filesystem::path& path) {
  STEELIE_TRY(Bytes content, ReadFile(path, manifest::JsonDocument::kMaxSize).WithContext("reading the manifest"));
  Result<ManifestFile> file = ParseManifestFile(std::move(content), SyntaxOfName(path));
  if (file) return file;
  return Error(file.error().code(), file.error().reason(), path.string() + ":" + file.error().message());
}

manifest::Outcome CheckManifestFile(const ManifestFile& file, const manifest::ParseOptions& options) {
  manifest::Outcome outcome = manifest::Load(file.document, options);
  Relocate(file, outcome.errors);
  Relocate(file, outcome.warnings);
  return outcome;
}

void Relocate(const ManifestFile& file, std::vector<manifest::Problem>& problems) {
  if (file.yaml_positions.empty()) return;
  for (manifest::Problem& problem : problems) RelocateOne(problem, file.yaml_positions);
}

Result<std::string> EffectiveManifest(ByteView document, const std::vector<std::string>& log) {
  Result<json> root = ParseJson(AsText(document));
  if (!root || !root->is_object() || !manifest::JsonDocument::Parse(document).document) {
    return Bad("the Coordinator's manifest is not a JSON object");
  }
  std::vector<json> lines;
  for (const std::string& text : log) {
    Result<json> line = ParseJson(text);
    if (line) lines.push_back(std::move(*line));
  }
  json nothing = json::object();
  json* const packages = Mutable(*root, "Packages");
  for (std::size_t i = FirstLineInForce(lines); i < lines.size(); ++i) {
    STEELIE_CHECK_OK(ApplyLogLine(packages != nullptr && packages->is_object() ? *packages : nothing, lines[i]));
  }
  Prune(*root);
  return root->dump(4, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace);
}

Result<std::vector<std::string>> LoweredVersions(ByteView document, const std::vector<std::string>& log,
                                                 ByteView update) {
  STEELIE_TRY(const std::string effective, EffectiveManifest(document, log));
  STEELIE_TRY(const json old_manifest, ParseJson(effective));
  const Result<json> new_manifest = ParseJson(AsText(update));
  if (!new_manifest) return Bad("the update is not JSON");
  std::vector<std::string> out;
  const json* const old_packages = PackagesOf(old_manifest);
  const json* const new_packages = PackagesOf(*new_manifest);
  if (old_packages == nullptr || new_packages == nullptr) return out;
  for (auto it = old_packages->begin(); it != old_packages->end(); ++it) {
    const std::optional<std::uint64_t> before = VersionOf(*it);
    const auto package = new_packages->find(it.key());
    if (!before || package == new_packages->end()) continue;
    const std::optional<std::uint64_t> after = VersionOf(*package);
    if (after && *after >= *before) continue;
    out.push_back("the update lowers the SecurityVersion of package " + manifest::Shown(it.key()) + " from " +
                  std::to_string(*before) + (after ? " to " + std::to_string(*after) : " to none") +
                  ": builds that were shut out are admitted again");
  }
  return out;
}

}  // namespace steelie::client
