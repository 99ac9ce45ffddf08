#include "attest/sgx/sigstruct.h"

#include <gtest/gtest.h>

#include <cstring>

namespace steelie::attest::sgx {
namespace {

Bytes Example() {
  Bytes bytes(1808, 0);
  const Bytes header = *HexDecode("06000000e10000000000010000000000");
  const Bytes second = *HexDecode("01010000600000006000000001000000");
  std::ranges::copy(header, bytes.begin());
  std::ranges::copy(second, bytes.begin() + 24);
  std::fill(bytes.begin() + 128, bytes.begin() + 512, std::uint8_t{0xab});
  std::fill(bytes.begin() + 960, bytes.begin() + 992, std::uint8_t{0xcd});
  bytes[1024] = 0x02;
  bytes[1025] = 0x01;
  bytes[1026] = 0x04;
  bytes[1027] = 0x03;
  return bytes;
}

// An ELF file with the sections "", ".shstrtab" and `name`, whose contents are `contents`.
Bytes ElfWith(std::string_view name, ByteView contents) {
  Bytes file(64, 0);
  const auto put = [&](std::size_t at, std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) file[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
  };
  std::memcpy(file.data(),
              "\x7f"
              "ELF\x02\x01",
              6);
  std::string names("\0.shstrtab\0", 11);
  names += name;
  names += '\0';
  const std::size_t names_at = file.size();
  file.insert(file.end(), names.begin(), names.end());
  const std::size_t contents_at = file.size();
  file.insert(file.end(), contents.begin(), contents.end());
  const std::size_t table = file.size();
  file.resize(table + 3 * 64);
  put(table + 64, 1, 4);
  put(table + 64 + 24, names_at, 8);
  put(table + 64 + 32, names.size(), 8);
  put(table + 128, 11, 4);
  put(table + 128 + 24, contents_at, 8);
  put(table + 128 + 32, contents.size(), 8);
  put(40, table, 8);
  put(58, 64, 2);
  put(60, 3, 2);
  put(62, 1, 2);
  return file;
}

TEST(SigStruct, IsFoundAnywhere) {
  for (const std::size_t before : {0U, 1U, 15U, 5000U}) {
    Bytes bytes(before, 6);
    const Bytes example = Example();
    bytes.insert(bytes.end(), example.begin(), example.end());
    const auto found = FindSigStruct(bytes);
    ASSERT_TRUE(found.has_value()) << before;
    EXPECT_EQ(HexEncode(found->mr_enclave), HexEncode(Bytes(32, 0xcd)));
    EXPECT_EQ(found->mr_signer, Sha256(Bytes(384, 0xab)));
    EXPECT_EQ(found->product_id, 0x0102);
    EXPECT_EQ(found->security_version, 0x0304);
  }
}

TEST(SigStruct, NeedsBothHeadersAndAllItsBytes) {
  const Bytes good = Example();
  EXPECT_FALSE(FindSigStruct(ByteView(good).first(1807)).has_value());
  for (const std::size_t at : {0U, 4U, 24U, 39U}) {
    Bytes bad = good;
    bad[at] ^= 1;
    EXPECT_FALSE(FindSigStruct(bad).has_value()) << at;
  }
  // A first header alone does not hide the real one behind it.
  Bytes decoy(good.begin(), good.begin() + 16);
  decoy.insert(decoy.end(), good.begin(), good.end());
  EXPECT_TRUE(FindSigStruct(decoy).has_value());
}

TEST(ElfSection, IsFoundByItsWholeName) {
  const Bytes contents{1, 2, 3};
  const Bytes file = ElfWith(".oeinfo", contents);
  const auto section = FindElfSection(file, ".oeinfo");
  ASSERT_TRUE(section.has_value());
  EXPECT_EQ(ToBytes(*section), contents);
  EXPECT_FALSE(FindElfSection(file, ".oeinf").has_value());
  EXPECT_FALSE(FindElfSection(file, ".note.sgxmeta").has_value());
}

TEST(ElfSection, DamagedFilesHaveNone) {
  const Bytes file = ElfWith(".oeinfo", Bytes{1, 2, 3});
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_FALSE(FindElfSection(ByteView(file).first(size), ".oeinfo").has_value()) << size;
  }
  // Offsets and sizes that overflow.
  const std::size_t table = file.size() - 3 * 64;
  for (const std::size_t at : {std::size_t{40}, table + 64 + 24, table + 64 + 32, table + 128 + 24, table + 128 + 32}) {
    Bytes bad = file;
    std::fill(bad.begin() + static_cast<std::ptrdiff_t>(at), bad.begin() + static_cast<std::ptrdiff_t>(at) + 8,
              std::uint8_t{0xff});
    EXPECT_FALSE(FindElfSection(bad, ".oeinfo").has_value()) << at;
  }
}

}  // namespace
}  // namespace steelie::attest::sgx
