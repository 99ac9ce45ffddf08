#include "marble/uuid_file.h"

#include "base/file.h"

namespace steelie::marble {
namespace {

// The longest spelling has 45 characters; a little more lets the message quote what is there.
constexpr std::size_t kMaxFile = 4096;
constexpr std::string_view kReason = "marble.uuid_file";

Error Unusable(Code code, const std::filesystem::path& path, const std::string& why) {
  return Error(code, std::string(kReason), "UUID file " + path.string() + ": " + why);
}

}  // namespace

Result<StoredUuid> LoadOrCreateUuid(const std::filesystem::path& path, Random& random) {
  const auto content = ReadFile(path, kMaxFile);
  if (content) {
    const auto uuid = Uuid::Parse(AsText(*content));
    if (uuid) return StoredUuid{*uuid, /*created=*/false};
    std::string why = "expected 36 characters like 123e4567-e89b-42d3-a456-426614174000, saw ";
    why += std::to_string(content->size()) + " bytes";
    if (!content->empty() && (content->back() == '\n' || content->back() == '\r')) why += " that end in a newline";
    return Unusable(Code::kInvalidArgument, path, why);
  }
  if (content.error().code() != Code::kNotFound) {
    return Unusable(content.error().code(), path, content.error().message());
  }
  const StoredUuid created{Uuid::Generate(random), /*created=*/true};
  const auto written = ReplaceFile(path, AsBytes(created.uuid.ToString()));
  if (!written) return Unusable(Code::kUnavailable, path, written.error().message());
  return created;
}

}  // namespace steelie::marble
