#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "manifest/checker.h"

namespace steelie::manifest {
namespace {

bool Mentions(const NameMap<FileValue>& values, std::string_view text) {
  return std::ranges::any_of(values, [&](const auto& value) {
    return !value.second.no_templates && AsText(value.second.data).find(text) != std::string_view::npos;
  });
}

// Whether the marble shows its certificate to others, so that the names in it matter.
bool UsesMarbleCertificate(const Marble& marble) {
  constexpr std::string_view kCertificate = "MarbleCert";
  return !marble.tls.empty() || Mentions(marble.parameters.files, kCertificate) ||
         Mentions(marble.parameters.env, kCertificate);
}

void AdviseOnMarbles(Checker& c) {
  std::size_t unlimited = 0;
  std::string_view first;
  for (const auto& [name, marble] : c.manifest().marbles) {
    if (c.Damaged("Marbles", name)) continue;
    if (!marble.allowed_names && UsesMarbleCertificate(marble)) {
      c.Warn({"Marbles", name}, "manifest.advice.allowed_names",
             "marbles of type " + Shown(name) +
                 " use their certificate for TLS and may ask for any name in it; restrict it with `AllowedNames`, for "
                 "instance [\"" +
                 Shown(name) + "\", \"*." + Shown(name) + ".svc.cluster.local\"]");
    }
    if (marble.certificate_validity_days == 0 && ++unlimited == 1) first = name;
  }
  if (unlimited > 0) {
    c.Warn({"Marbles"}, "manifest.advice.certificate_validity",
           "certificates of " + std::to_string(unlimited) + " marble type(s), for instance " + Shown(first) +
               ", are valid for about 292 years; set `CertificateValidity`, for instance to 90 (days)");
  }
}

}  // namespace

void Advise(Checker& c) {
  const Manifest& m = c.manifest();
  std::set<std::string_view> used;
  for (const auto& [name, marble] : m.marbles) used.insert(marble.package);
  for (const auto& [name, package] : m.packages) {
    if (c.Damaged("Packages", name)) continue;
    if (!used.contains(name) && !m.marbles.empty() && !c.AnyDamagedIn("Marbles")) {
      c.Warn({"Packages", name}, "manifest.advice.unused_package", "no marble uses the package " + Shown(name));
    }
    AdviseOnPackage(c, name, package);
  }
  AdviseOnMarbles(c);
  std::set<std::string_view> roles;
  for (const auto& [name, user] : m.users) roles.insert(user.roles.begin(), user.roles.end());
  for (const auto& [name, role] : m.roles) {
    if (!roles.contains(name) && !c.Damaged("Roles", name) && !c.AnyDamagedIn("Users")) {
      c.Warn({"Roles", name}, "manifest.advice.unused_role", "no user has the role " + Shown(name));
    }
  }
  AdviseOnPastedSecrets(c);
  AdviseOnTokens(c);
}

}  // namespace steelie::manifest
