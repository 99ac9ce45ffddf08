#pragma once

#include <filesystem>

#include "base/random.h"
#include "base/uuid.h"

namespace steelie::marble {

struct StoredUuid {
  Uuid uuid;
  bool created = false;
};

/// The marble's ID from its file: 36 characters without newline, in any spelling that Uuid::Parse accepts. A file that
/// does not exist is made with a random ID, mode 0600, at once and durably. The file lies with the host; it is neither
/// secret nor protected.
///
/// Errors: kInvalidArgument `marble.uuid_file` holds anything else (a newline at the end too); kUnavailable
/// `marble.uuid_file` cannot be read or made.
Result<StoredUuid> LoadOrCreateUuid(const std::filesystem::path& path, Random& random);

}  // namespace steelie::marble
