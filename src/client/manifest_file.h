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

/// JSON is used byte for byte; anything else is read as YAML and converted to compact JSON with sorted keys.
/// Errors: kInvalidArgument `client.manifest.syntax`.
Result<ManifestFile> ParseManifestFile(Bytes content);
/// The same from a file of at most 32 MiB.
Result<ManifestFile> ReadManifestFile(const std::filesystem::path& path);

/// What the Coordinator would say to a manifest, with positions in the file as it is.
manifest::Outcome CheckManifestFile(const ManifestFile& file, const manifest::ParseOptions& options);

/// The manifest with the security versions that package updates raised since the last full update, indented by four
/// spaces, keys sorted, without null values and empty objects. `log` is the update log.
/// Errors: kInvalidArgument `client.manifest.syntax`, `client.manifest.package`.
Result<std::string> EffectiveManifest(ByteView document, const std::vector<std::string>& log);

}  // namespace steelie::client
