#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "manifest/problem.h"

namespace steelie::client {

/// A YAML document as JSON.
struct ConvertedYaml {
  std::string json;  // compact, keys sorted
  /// Where the values stood in the YAML text, by JSON pointer.
  std::map<std::string, manifest::Position> positions;
};

/// Converts one YAML document to the JSON that the reference tool makes of it, byte for byte.
///
/// What readers of YAML understand differently is refused instead of guessed (`yes`, `012`, `1.10`, dates, merge keys):
/// the fingerprint of a manifest must not depend on such a guess. Duplicate keys are refused. Depth, number of values
/// and size of the result are bounded, also against aliases that multiply.
/// Errors: kInvalidArgument `client.yaml`, with line and column in the message.
Result<ConvertedYaml> YamlToJson(std::string_view text);

}  // namespace steelie::client
