#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "client/yaml.h"
#include "manifest/check.h"

namespace steelie::client {

/// A manifest as it is uploaded.
struct ManifestFile {
  Bytes document;
  /// Filled if the file was YAML.
  std::map<std::string, manifest::Position> yaml_positions;
};

/// What the author of a manifest wrote. Most JSON with a slip in it is YAML to a reader of YAML, but with another
/// fingerprint, and sometimes with another meaning.
enum class ManifestSyntax {
  kGuess,  // JSON if it begins with `{`, else YAML
  kJson,
  kYaml,  // JSON is YAML, too
};

/// By the ending `.json`, `.yaml` or `.yml` of the name.
ManifestSyntax SyntaxOfName(const std::filesystem::path& path);

/// JSON is used byte for byte; YAML is converted to compact JSON with sorted keys.
/// Errors: kInvalidArgument `client.manifest.syntax`, with line and column first in the message.
Result<ManifestFile> ParseManifestFile(Bytes content, ManifestSyntax syntax = ManifestSyntax::kGuess);
/// The same from a file of at most 32 MiB, as its name says.
Result<ManifestFile> ReadManifestFile(const std::filesystem::path& path);

/// What the Coordinator would say to a manifest, with positions in the file as it is.
manifest::Outcome CheckManifestFile(const ManifestFile& file, const manifest::ParseOptions& options);

/// Gives problems with positions in the converted document those in the file as it is.
void Relocate(const ManifestFile& file, std::vector<manifest::Problem>& problems);

/// The manifest with the security versions that package updates raised since the last full update, indented by four
/// spaces, keys sorted, without null values and empty objects. `log` is the update log.
/// Errors: kInvalidArgument `client.manifest.syntax`, `client.manifest.package`.
Result<std::string> EffectiveManifest(ByteView document, const std::vector<std::string>& log);

/// Packages of an update manifest whose security version is lower than the one in force, as package updates may have
/// raised it, or gone: a sentence for each. `document` and `log` are the manifest and the update log in force.
/// Errors: kInvalidArgument `client.manifest.syntax`.
Result<std::vector<std::string>> LoweredVersions(ByteView document, const std::vector<std::string>& log,
                                                 ByteView update);

}  // namespace steelie::client
