#include "marble/uuid_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/testing/result_matchers.h"
#include "base/testing/seeded_random.h"
#include "base/testing/temp_folder.h"

namespace steelie::marble {
namespace {

using steelie::testing::FailsWith;

constexpr std::string_view kCanonical = "6f1f2a30-9c44-4e6b-8a8d-0123456789ab";

class UuidFile : public ::testing::Test {
 protected:
  Result<StoredUuid> LoadWith(std::string_view content) {
    EXPECT_OK(ReplaceFile(file_, AsBytes(content)));
    return LoadOrCreateUuid(file_, random_);
  }

  steelie::testing::TempFolder folder_;
  steelie::testing::InsecureSeededRandom random_{7};
  std::filesystem::path file_ = folder_.path() / "uuid";
};

TEST_F(UuidFile, IsMadePrivateWithoutNewlineAndKept) {
  ASSERT_OK_AND_ASSIGN(const StoredUuid made, LoadOrCreateUuid(file_, random_));
  EXPECT_TRUE(made.created);
  ASSERT_OK_AND_ASSIGN(const Bytes content, ReadFile(file_, 100));
  EXPECT_EQ(content.size(), 36U);
  EXPECT_EQ(AsText(content), made.uuid.ToString());
  EXPECT_EQ(content[14], '4') << "a random UUID is of version 4";
  struct stat info{};
  ASSERT_EQ(::stat(file_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);

  ASSERT_OK_AND_ASSIGN(const StoredUuid again, LoadOrCreateUuid(file_, random_));
  EXPECT_FALSE(again.created);
  EXPECT_EQ(again.uuid, made.uuid);
}

TEST_F(UuidFile, TakesEverySpelling) {
  for (const std::string_view text :
       {"6f1f2a30-9c44-4e6b-8a8d-0123456789ab", "6F1F2A30-9C44-4E6B-8A8D-0123456789AB",
        "urn:uuid:6f1f2a30-9c44-4e6b-8a8d-0123456789ab", "URN:UUID:6f1f2a30-9c44-4e6b-8a8d-0123456789ab",
        "{6f1f2a30-9c44-4e6b-8a8d-0123456789ab}", "x6f1f2a30-9c44-4e6b-8a8d-0123456789aby",
        "6f1f2a309c444e6b8a8d0123456789ab"}) {
    ASSERT_OK_AND_ASSIGN(const StoredUuid stored, LoadWith(text));
    EXPECT_EQ(stored.uuid.ToString(), kCanonical) << text;
    EXPECT_FALSE(stored.created);
  }
}

TEST_F(UuidFile, RefusesEverythingElse) {
  for (const std::string_view text :
       {"", "6f1f2a30-9c44-4e6b-8a8d-0123456789ab\n", "6f1f2a30-9c44-4e6b-8a8d-0123456789ab\r\n",
        "6f1f2a309c444e6b8a8d0123456789ab\n", "{6f1f2a30-9c44-4e6b-8a8d-0123456789ab}\n",
        " 6f1f2a30-9c44-4e6b-8a8d-0123456789ab", "6f1f2a30-9c44-4e6b-8a8d-0123456789a",
        "6f1f2a30-9c44-4e6b-8a8d-0123456789ag", "6f1f2a30+9c44-4e6b-8a8d-0123456789ab", "not a uuid"}) {
    EXPECT_THAT(LoadWith(text), FailsWith("marble.uuid_file")) << text;
    ASSERT_OK_AND_ASSIGN(const Bytes content, ReadFile(file_, 100));
    EXPECT_EQ(AsText(content), text) << "a file that is not understood is not touched";
  }
}

TEST_F(UuidFile, SaysThatItEndsInANewline) {
  const auto result = LoadWith("6f1f2a30-9c44-4e6b-8a8d-0123456789ab\n");
  ASSERT_FALSE(result.has_value());
  EXPECT_THAT(result.error().message(), ::testing::HasSubstr("newline"));
}

TEST_F(UuidFile, AFolderInItsPlaceIsFatal) {
  ASSERT_OK(CreateFolder(file_));
  EXPECT_THAT(LoadOrCreateUuid(file_, random_), FailsWith("marble.uuid_file"));
}

TEST_F(UuidFile, AnUnreadableFileIsFatal) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads everything";
  ASSERT_OK(ReplaceFile(file_, AsBytes(kCanonical)));
  ASSERT_EQ(::chmod(file_.c_str(), 0), 0);
  EXPECT_THAT(LoadOrCreateUuid(file_, random_), FailsWith("marble.uuid_file"));
}

TEST_F(UuidFile, AMissingFolderIsFatal) {
  EXPECT_THAT(LoadOrCreateUuid(folder_.path() / "missing" / "uuid", random_), FailsWith("marble.uuid_file"));
}

}  // namespace
}  // namespace steelie::marble
