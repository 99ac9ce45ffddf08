#include <algorithm>
#include <array>
#include <string>

#include "manifest/checker.h"

namespace steelie::manifest {
namespace {

constexpr std::uint64_t kBitsPerByte = 8;
constexpr std::uint64_t kLongestDerivedBits = 255 * 32 * kBitsPerByte;  // what HKDF with SHA-256 can make
constexpr std::uint64_t kLongestSharedBits = (std::uint64_t{1} << 20U) * kBitsPerByte;
constexpr std::uint64_t kSmallestRsaBits = 1024;
constexpr std::uint64_t kLargestRsaBits = 16384;

// What the size of a generated secret must be, or nothing if it is right.
std::string WrongSize(const Secret& s) {
  constexpr std::array<std::uint64_t, 4> kCurves = {224, 256, 384, 521};
  switch (s.type) {
    case SecretType::kSymmetricKey: {
      if (s.size == 0 || s.size % kBitsPerByte != 0) return "a multiple of 8 (bits), not 0";
      const std::uint64_t longest = s.shared ? kLongestSharedBits : kLongestDerivedBits;
      return s.size > longest ? "at most " + std::to_string(longest) + " bits" : "";
    }
    case SecretType::kPlain:
      return "";
    case SecretType::kCertRsa:
      if (s.size >= kSmallestRsaBits && s.size <= kLargestRsaBits) return "";
      return std::to_string(kSmallestRsaBits) + " to " + std::to_string(kLargestRsaBits) + " bits, usually 3072";
    case SecretType::kCertEcdsa:
      return std::ranges::find(kCurves, s.size) != kCurves.end() ? "" : "224, 256, 384 or 521";
    case SecretType::kCertEd25519:
      return s.size == 0 ? "" : "0 or absent";
  }
  return "";
}

void CheckSize(Checker& c, const std::string& name, const Secret& s) {
  const std::string expected = WrongSize(s);
  if (expected.empty()) return;
  const std::string message = "`Size` of the " + std::string(SecretTypeName(s.type)) + " secret " + Shown(name) +
                              " must be " + expected + ", found " + std::to_string(s.size);
  if (!s.user_defined) {
    c.Error({"Secrets", name, "Size"}, "manifest.secret.size", message);
  } else if (s.type == SecretType::kSymmetricKey) {
    c.Warn({"Secrets", name, "Size"}, "manifest.advice.secret_size", message + "; no value can be uploaded for it");
  }
}

void CheckLifetime(Checker& c, const std::string& name, const Secret& s) {
  if (s.valid_for == 0) return;
  if (s.profile.not_after || s.preset_certificate) {
    c.Error({"Secrets", name, "ValidFor"}, "manifest.secret.lifetime",
            "ambiguous certificate validity duration, both Cert.NotAfter and ValidFor are specified in secret " +
                Shown(name) + "; keep one");
  }
  if (s.valid_for > kLongestValidityDays) {
    c.Error({"Secrets", name, "ValidFor"}, "manifest.secret.valid_for",
            "`ValidFor` of secret " + Shown(name) + " is " + std::to_string(s.valid_for) + " days, at most " +
                std::to_string(kLongestValidityDays) + " are possible");
  }
}

}  // namespace

void CheckSecrets(Checker& c) {
  for (const auto& [name, secret] : c.manifest().secrets) {
    if (c.Damaged("Secrets", name)) continue;
    CheckSize(c, name, secret);
    if (secret.type == SecretType::kPlain && !secret.user_defined) {
      c.Error({"Secrets", name, "Type"}, "manifest.secret.plain",
              "the secret " + Shown(name) +
                  " is of type plain, which cannot be generated; set `UserDefined` to true and upload it, or use "
                  "`symmetric-key`");
    }
    if (IsCertificate(secret.type)) CheckLifetime(c, name, secret);
    if (!secret.user_defined && (!secret.preset_private.empty() || !secret.preset_public.empty())) {
      c.Warn({"Secrets", name}, "manifest.secret.preset_ignored",
             "`Private` and `Public` of secret " + Shown(name) + " have no effect because it is not user-defined");
    }
  }
}

}  // namespace steelie::manifest
