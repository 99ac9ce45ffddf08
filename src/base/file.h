#pragma once

#include <filesystem>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"

namespace steelie {

/// The whole file. Errors: kNotFound `file.missing`, kUnavailable `file.read`, kInvalidArgument `file.size` above
/// `max`.
Result<Bytes> ReadFile(const std::filesystem::path& path, std::size_t max);

/// Replaces the file at once and durably: writes a temporary file beside it (mode 0600), syncs, renames, syncs the
/// folder. Errors: kUnavailable `file.write`; the old content is still there then.
Status ReplaceFile(const std::filesystem::path& path, ByteView content);

/// Creates the folder and its parents with mode 0700 where missing. Errors: kUnavailable `file.folder`.
Status CreateFolder(const std::filesystem::path& path);

}  // namespace steelie
