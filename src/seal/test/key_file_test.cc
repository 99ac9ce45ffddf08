#include "seal/key_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <map>

#include <filesystem>
#include <fstream>

#include "base/testing/result_matchers.h"
#include "base/testing/seeded_random.h"
#include "seal/directory.h"

namespace steelie::seal {
namespace {

using steelie::testing::FailsWith;
using steelie::testing::InsecureSeededRandom;

const Bytes kLedgerKey(32, 7);

PlatformKey Platform(std::uint8_t fill) { return PlatformKey(Bytes(32, fill)); }

KeyFile MakeFile(std::uint8_t id = 1, std::uint32_t epochs = 1) {
  InsecureSeededRandom random(id);
  KeyFile file;
  file.ledger_id.fill(id);
  for (std::uint32_t epoch = 1; epoch <= epochs; ++epoch) {
    file.keys.push_back(Wrap(file.ledger_id, false, epoch, Platform(1), ToBytes("info"), kLedgerKey, random));
  }
  return file;
}

std::string Unwrapped(const KeyFile& file, const WrappedKey& key, std::uint8_t platform = 1) {
  const auto opened = Unwrap(file, key, Platform(platform));
  return opened ? HexEncode(*opened) : opened.error().reason();
}

TEST(KeyFile, UnwrapsWhatWasWrapped) {
  const KeyFile file = MakeFile(1, 2);
  EXPECT_EQ(Unwrapped(file, file.keys[0]), HexEncode(kLedgerKey));
  EXPECT_EQ(Unwrapped(file, file.keys[1]), HexEncode(kLedgerKey));
  EXPECT_EQ(Unwrapped(file, file.keys[0], 2), "seal.unwrap");
}

TEST(KeyFile, TheWrapBindsLedgerModeEpochAndPlatformInfo) {
  const auto changed = [](auto change) {
    KeyFile file = MakeFile();
    change(file);
    return Unwrapped(file, file.keys[0]);
  };
  EXPECT_EQ(changed([](KeyFile& f) { f.ledger_id[3] ^= 1; }), "seal.unwrap");
  EXPECT_EQ(changed([](KeyFile& f) { f.simulation = true; }), "seal.unwrap");
  EXPECT_EQ(changed([](KeyFile& f) { f.keys[0].key_epoch = 2; }), "seal.unwrap");
  EXPECT_EQ(changed([](KeyFile& f) { f.keys[0].platform_info.push_back(0); }), "seal.unwrap");
  EXPECT_EQ(changed([](KeyFile& f) { f.keys[0].sealed[30] ^= 1; }), "seal.unwrap");
  EXPECT_EQ(changed([](KeyFile& f) { f.keys[0].sealed.pop_back(); }), "seal.unwrap");
}

TEST(KeyFile, DecodesWhatWasEncoded) {
  const KeyFile file = MakeFile(5, 2);
  ASSERT_OK_AND_ASSIGN(const KeyFile back, DecodeKeyFile(EncodeKeyFile(file)));
  EXPECT_EQ(back.ledger_id, file.ledger_id);
  EXPECT_EQ(back.keys.size(), 2U);
  EXPECT_EQ(EncodeKeyFile(back), EncodeKeyFile(file));
}

TEST(KeyFile, EveryTruncationAndFlippedBitIsAnError) {
  const Bytes good = EncodeKeyFile(MakeFile());
  for (std::size_t n = 0; n < good.size(); ++n) {
    EXPECT_THAT(DecodeKeyFile(ByteView(good).first(n)), FailsWith("seal.key_file")) << n;
    Bytes bad = good;
    bad[n] ^= 0x40;
    EXPECT_THAT(DecodeKeyFile(bad), FailsWith(n == 4 ? "seal.version" : "seal.key_file")) << n;
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_THAT(DecodeKeyFile(longer), FailsWith("seal.key_file"));
  // The key of a build without protection of the reference.
  EXPECT_THAT(DecodeKeyFile(kLedgerKey), FailsWith("seal.key_file"));
}

class KeyDirectoryTest : public ::testing::Test {
 protected:
  KeyDirectoryTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "steelie-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~KeyDirectoryTest() override { std::filesystem::remove_all(path_); }

  void Put(const std::string& name, ByteView bytes) {
    std::ofstream(path_ + "/" + name, std::ios::binary) << AsText(bytes);
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) names.push_back(entry.path().filename());
    return names;
  }

  std::string path_;
};

TEST_F(KeyDirectoryTest, ReadsWhatWasWritten) {
  KeyDirectory directory(path_);
  EXPECT_FALSE(directory.Read()->has_value());
  ASSERT_OK(directory.Write(MakeFile(1)));
  ASSERT_OK(directory.Write(MakeFile(2, 2)));
  ASSERT_OK_AND_ASSIGN(const auto file, directory.Read());
  EXPECT_EQ(EncodeKeyFile(*file), EncodeKeyFile(MakeFile(2, 2)));
  EXPECT_EQ(Names(), std::vector<std::string>{"sealed_key"});
  struct stat info{};
  ASSERT_EQ(::stat((path_ + "/sealed_key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(KeyDirectoryTest, DamageIsNamedAndStaysUntilTheNextWrite) {
  KeyDirectory directory(path_);
  Put("sealed_key", kLedgerKey);
  EXPECT_THAT(directory.Read(), FailsWith("seal.key_file"));
  EXPECT_EQ(Names(), std::vector<std::string>{"sealed_key"});
  Put("sealed_key", {});
  EXPECT_THAT(directory.Read(), FailsWith("seal.key_file"));
  Put("sealed_key", Bytes((1U << 20U) + 2, 0));
  EXPECT_THAT(directory.Read(), FailsWith("seal.key_file"));
  ASSERT_OK(directory.Write(MakeFile()));
  EXPECT_TRUE(directory.Read()->has_value());
}

TEST_F(KeyDirectoryTest, WhatCannotBeReadOrWrittenIsAnError) {
  std::filesystem::create_directory(path_ + "/sealed_key");
  EXPECT_THAT(KeyDirectory(path_).Read(), FailsWith("seal.unreadable"));
  EXPECT_THAT(KeyDirectory(path_).Write(MakeFile()), FailsWith("seal.unreadable"));
  EXPECT_EQ(Names(), std::vector<std::string>{"sealed_key"});
  EXPECT_THAT(KeyDirectory(path_ + "/nowhere").Write(MakeFile()), FailsWith("seal.unreadable"));
}

TEST_F(KeyDirectoryTest, AnInterruptedWriteLeavesNoGarbage) {
  KeyDirectory directory(path_);
  ASSERT_OK(directory.Write(MakeFile()));
  Put("sealed.tmp", ToBytes("half of a fi"));
  EXPECT_TRUE(directory.Read()->has_value());
  EXPECT_EQ(Names(), std::vector<std::string>{"sealed_key"});
  Put("sealed.tmp", ToBytes("half of a fi"));
  ASSERT_OK(directory.Write(MakeFile(2)));
  EXPECT_EQ(Names(), std::vector<std::string>{"sealed_key"});
}

// The operations of one Write, in order.
const std::vector<std::string> kOperations = {"remove", "create", "write", "sync", "rename", "sync directory"};

TEST_F(KeyDirectoryTest, AWriteConsistsOfTheKnownOperations) {
  std::vector<std::string> seen;
  KeyDirectory directory(path_, [&](std::string_view operation) {
    seen.emplace_back(operation);
    return 0;
  });
  ASSERT_OK(directory.Write(MakeFile()));
  EXPECT_EQ(seen, kOperations);
}

TEST_F(KeyDirectoryTest, AFailingOperationLeavesOldOrNewAndMayBeRepeated) {
  const std::map<int, std::string> reasons = {{EIO, "seal.io"}, {ENOSPC, "seal.full"}, {EMFILE, "seal.unreadable"}};
  for (const auto& [error, reason] : reasons) {
    for (const std::string& failing : kOperations) {
      ASSERT_OK(KeyDirectory(path_).Write(MakeFile(1)));
      bool fail = true;
      KeyDirectory directory(
          path_, [&, code = error](std::string_view operation) { return fail && operation == failing ? code : 0; });
      EXPECT_THAT(directory.Write(MakeFile(2)), FailsWith(reason)) << failing;
      EXPECT_EQ(Names(), std::vector<std::string>{"sealed_key"}) << failing;
      ASSERT_OK_AND_ASSIGN(const auto file, directory.Read());
      // Only when the new name could not be made durable, the new file is there.
      EXPECT_EQ(file->ledger_id[0], failing == "sync directory" ? 2 : 1) << failing;
      fail = false;
      ASSERT_OK(directory.Write(MakeFile(2)));
      ASSERT_OK_AND_ASSIGN(const auto again, directory.Read());
      EXPECT_EQ(again->ledger_id[0], 2);
    }
  }
}

TEST_F(KeyDirectoryTest, EndingBeforeAnyOperationLeavesOldOrNew) {
  for (const std::string& last : kOperations) {
    ASSERT_OK(KeyDirectory(path_).Write(MakeFile(1)));
    const pid_t child = ::fork();
    if (child == 0) {
      (void)KeyDirectory(path_, [&](std::string_view operation) {
        if (operation == last) ::_exit(0);
        return 0;
      }).Write(MakeFile(2));
      ::_exit(1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
    // A power cut may leave anything of a temporary file that was not synced.
    for (const char* contents : {"as it is", "", "STLW torn"}) {
      if (std::string(contents) != "as it is" && std::filesystem::exists(path_ + "/sealed.tmp")) {
        Put("sealed.tmp", AsBytes(contents));
      }
      ASSERT_OK_AND_ASSIGN(const auto file, KeyDirectory(path_).Read());
      EXPECT_EQ(file->ledger_id[0], last == "sync directory" ? 2 : 1) << last;
    }
    EXPECT_EQ(Names(), std::vector<std::string>{"sealed_key"}) << last;
  }
}

}  // namespace
}  // namespace steelie::seal
