#include <algorithm>
#include <array>

#include "manifest/sections.h"

namespace steelie::manifest {
namespace {

constexpr std::size_t kIdDigits = 64;

bool IsHexId(std::string_view text) {
  return text.size() == kIdDigits && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

// The reference takes any text here, so only a warning; such a package admits nothing.
template <auto kMember>
void ReadId(Decoder& d, JsonValue v, const Path& path, Package& out) {
  d.Read(v, path, out.*kMember);
  const std::string& id = out.*kMember;
  if (v.kind() != JsonKind::kString || id.empty() || IsHexId(id)) return;
  d.Warn(v, path, "manifest.package.id",
         "`" + path.Name() + "` is not " + std::to_string(kIdDigits) + " hex digits (it has " +
             std::to_string(id.size()) + " characters); no enclave will match it");
}

template <auto kMember>
void ReadSimId(Decoder& d, JsonValue v, const Path& path, SimPackage& out) {
  std::string text;
  d.Read(v, path, text);
  if (v.kind() != JsonKind::kString || text.empty()) return;
  auto bytes = HexDecode(text);
  if (!bytes || !IsHexId(text)) {
    return d.Error(v, path, "manifest.package.sim_id",
                   "`" + path.Name() + "` of a simulated package must be " + std::to_string(kIdDigits) +
                       " hex digits, found " + std::to_string(text.size()) + " characters");
  }
  out.*kMember = std::move(*bytes);
}

constexpr std::array<Field<SimPackage>, 5> kSimFields = {{
    {"Measurement", ReadSimId<&SimPackage::measurement>},
    {"SignerID", ReadSimId<&SimPackage::signer_id>},
    {"ProductID", Into<&SimPackage::product_id>},
    {"SecurityVersion", Into<&SimPackage::security_version>},
    {"Debug", Into<&SimPackage::debug>},
}};

void ReadSim(Decoder& d, JsonValue v, const Path& path, Package& out) {
  SimPackage sim;
  ReadObject(d, v, path, "the simulated part of a package", kSimFields, sim);
  out.sim = std::move(sim);
}

constexpr std::array<Field<Package>, 8> kPackageFields = {{
    {"Debug", Into<&Package::debug>},
    {"UniqueID", ReadId<&Package::unique_id>},
    {"SignerID", ReadId<&Package::signer_id>},
    {"ProductID", Into<&Package::product_id>},
    {"SecurityVersion", Into<&Package::security_version>},
    {"AcceptedTCBStatuses", Into<&Package::accepted_tcb_statuses>},
    {"AcceptedAdvisories", Into<&Package::accepted_advisories>},
    {"Sim", ReadSim},
}};

}  // namespace

void ReadPackage(Decoder& d, JsonValue v, const Path& path, Package& out) {
  ReadObject(d, v, path, "a package", kPackageFields, out);
}

}  // namespace steelie::manifest
