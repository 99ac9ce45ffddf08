#include "attest/sgx/sigstruct.h"

#include <algorithm>
#include <array>

#include "base/codec.h"

namespace steelie::attest::sgx {
namespace {

constexpr std::size_t kSize = 1808;
constexpr std::array<std::uint8_t, 16> kHeader = {6, 0, 0, 0, 0xe1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0};
constexpr std::array<std::uint8_t, 16> kSecondHeader = {1, 1, 0, 0, 0x60, 0, 0, 0, 0x60, 0, 0, 0, 1, 0, 0, 0};
constexpr std::size_t kSecondHeaderAt = 24;
constexpr std::size_t kModulusAt = 128;
constexpr std::size_t kModulusSize = 384;
constexpr std::size_t kEnclaveHashAt = 960;
constexpr std::size_t kProductIdAt = 1024;

SigStruct Decode(ByteView bytes) {
  SigStruct out;
  out.mr_signer = Sha256(bytes.subspan(kModulusAt, kModulusSize));
  std::ranges::copy(bytes.subspan(kEnclaveHashAt, out.mr_enclave.size()), out.mr_enclave.begin());
  Reader in(bytes.subspan(kProductIdAt, 4));
  out.product_id = in.U16();
  out.security_version = in.U16();
  return out;
}

// System V ABI, "ELF-64 Object File Format".
struct SectionHeader {
  std::uint32_t name = 0;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

constexpr std::size_t kSectionHeaderSize = 64;
constexpr std::size_t kSectionTableAt = 40;

std::optional<ByteView> Slice(ByteView file, std::uint64_t offset, std::uint64_t size) {
  if (offset > file.size() || size > file.size() - offset) return std::nullopt;
  return file.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
}

std::optional<SectionHeader> ReadSectionHeader(ByteView file, std::uint64_t table, std::uint64_t index) {
  const std::uint64_t skip = index * kSectionHeaderSize;
  if (table > file.size()) return std::nullopt;
  const auto bytes = Slice(file.subspan(static_cast<std::size_t>(table)), skip, kSectionHeaderSize);
  if (!bytes) return std::nullopt;
  Reader in(*bytes);
  SectionHeader out;
  out.name = in.U32();
  in.U32();  // type
  in.U64();  // flags
  in.U64();  // address
  out.offset = in.U64();
  out.size = in.U64();
  return out;
}

// A section's name ends with a zero byte in the string table.
bool HasName(ByteView names, std::uint32_t at, std::string_view name) {
  const auto bytes = Slice(names, at, name.size() + 1);
  return bytes && AsText(bytes->first(name.size())) == name && bytes->back() == 0;
}

}  // namespace

std::optional<SigStruct> FindSigStruct(ByteView bytes) {
  for (auto from = bytes.begin();;) {
    const auto at = std::search(from, bytes.end(), kHeader.begin(), kHeader.end());
    if (static_cast<std::size_t>(bytes.end() - at) < kSize) return std::nullopt;
    const ByteView candidate = bytes.subspan(static_cast<std::size_t>(at - bytes.begin()), kSize);
    if (std::ranges::equal(candidate.subspan(kSecondHeaderAt, kSecondHeader.size()), kSecondHeader)) {
      return Decode(candidate);
    }
    from = at + 1;
  }
}

std::optional<ByteView> FindElfSection(ByteView file, std::string_view name) {
  constexpr std::array<std::uint8_t, 6> kMagic = {0x7f, 'E', 'L', 'F', 2, 1};
  constexpr std::size_t kHeaderSize = 64;
  if (file.size() < kHeaderSize || !std::ranges::equal(file.first(kMagic.size()), kMagic)) return std::nullopt;
  Reader in(file.first(kHeaderSize));
  in.Take(kSectionTableAt);
  const std::uint64_t table = in.U64();
  in.Take(10);  // flags, size of this header, program headers
  const std::uint16_t header_size = in.U16();
  const std::uint16_t count = in.U16();
  const std::uint16_t names_index = in.U16();
  if (header_size != kSectionHeaderSize) return std::nullopt;
  const auto names_header = ReadSectionHeader(file, table, names_index);
  if (!names_header) return std::nullopt;
  const auto names = Slice(file, names_header->offset, names_header->size);
  if (!names) return std::nullopt;
  for (std::uint16_t i = 0; i < count; ++i) {
    const auto header = ReadSectionHeader(file, table, i);
    if (!header) return std::nullopt;
    if (HasName(*names, header->name, name)) return Slice(file, header->offset, header->size);
  }
  return std::nullopt;
}

}  // namespace steelie::attest::sgx
