#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "manifest/model.h"
#include "manifest/problem.h"

namespace steelie::manifest {

struct ParseOptions {
  /// Unknown fields only warn, as with the reference implementation, which ignores them.
  bool lenient = false;
};

/// What became of a document. `manifest` is there exactly if `errors` is empty. Both lists are in document order.
struct Outcome {
  std::optional<Manifest> manifest;
  std::vector<Problem> errors;
  std::vector<Problem> warnings;
};

/// Reads a manifest document (hostile bytes): syntax, names of fields, types and values of each by itself, but not
/// whether they fit together. For update documents, which need not be whole; a manifest that shall be put in force goes
/// through Load (check.h). Reports all problems, not just the first. Thread-safe.
Outcome Parse(ByteView document, const ParseOptions& options = {});

}  // namespace steelie::manifest
