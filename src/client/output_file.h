#pragma once

#include <filesystem>

#include "base/bytes.h"
#include "base/result.h"

namespace steelie::client {

enum class OutputKind {
  kPrivate,  // mode 0600, also where the file existed with a wider one
  kPublic,   // mode 0644 for a new file
};

/// Writes a file that the user named: truncates an existing one and follows links, so that /dev/stdout works as well.
/// Errors: kUnavailable `client.output`.
Status WriteOutput(const std::filesystem::path& path, ByteView content, OutputKind kind);

/// Writes a new file. Errors also: kAlreadyExists `client.output.exists`.
Status WriteNewOutput(const std::filesystem::path& path, ByteView content, OutputKind kind);

}  // namespace steelie::client
