#pragma once

#include <vector>

#include "base/bytes.h"
#include "manifest/model.h"
#include "manifest/parse.h"
#include "manifest/problem.h"

namespace steelie::manifest {

/// What Check found. Problems have pointers in the canonical spelling and no positions.
struct Verdict {
  std::vector<Problem> errors;
  std::vector<Problem> warnings;
};

/// Whether the parts of a manifest fit together and whether it can be put in force: references, roles, thresholds,
/// sizes and keys. What cannot be said of a value by itself. Warnings with a reason `manifest.advice.*` are advice: the
/// manifest works but probably not as meant. Pure, thread-safe.
Verdict Check(const Manifest& manifest);

/// Parse and Check: the way in for a manifest that shall be put in force. All problems of both passes, in document
/// order, with positions; those of the second that would only be consequences of the first are left out.
Outcome Load(ByteView document, const ParseOptions& options = {});

/// Problems found by other means in a document that Load accepts, with canonical pointers: in document order, with
/// lines and columns, pointers spelled as the document does. What is not there gets the place of the nearest enclosing
/// value.
std::vector<Problem> Locate(ByteView document, std::vector<Problem> problems);

}  // namespace steelie::manifest
