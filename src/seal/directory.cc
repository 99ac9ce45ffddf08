#include "seal/directory.h"

#include <utility>

namespace steelie::seal {
namespace {

constexpr std::size_t kMaxFileSize = std::size_t{1} << 20U;

}  // namespace

KeyDirectory::KeyDirectory(const std::string& directory, Fault fault)
    : file_(directory, "sealed_key", "sealed.tmp", kMaxFileSize, std::move(fault)) {}

Result<std::optional<KeyFile>> KeyDirectory::Read() {
  STEELIE_TRY(const std::optional<Bytes> bytes, file_.Read());
  if (!bytes) return std::optional<KeyFile>();
  auto file = DecodeKeyFile(*bytes);
  if (!file) return std::move(file).error().WithContext(file_.path());
  return std::optional<KeyFile>(std::move(*file));
}

Status KeyDirectory::Write(const KeyFile& file) { return file_.Write(EncodeKeyFile(file)); }

}  // namespace steelie::seal
