#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "manifest/checker.h"

namespace steelie::manifest {
namespace {

void CheckMarble(Checker& c, const std::string& name, const Marble& marble, std::set<std::string_view>& used) {
  const Manifest& m = c.manifest();
  const auto package = m.packages.find(marble.package);
  if (package == m.packages.end()) {
    if (m.packages.empty()) return;  // the cause is reported
    c.Error({"Marbles", name, "Package"}, "manifest.package.unknown",
            "manifest does not contain marble package " + Shown(marble.package) + ", which marble " + Shown(name) +
                " uses" + c.Suggest(marble.package, m.packages));
  } else {
    used.insert(package->first);
  }
  for (std::size_t i = 0; i < marble.tls.size(); ++i) {
    if (m.tls.contains(marble.tls[i])) continue;
    c.Error({"Marbles", name, "TLS", std::to_string(i)}, "manifest.marble.tls_tag",
            "manifest does not contain the TLS tag " + Shown(marble.tls[i]) + ", which marble " + Shown(name) +
                " uses" + c.Suggest(marble.tls[i], m.tls));
  }
  if (marble.certificate_validity_days > kLongestValidityDays) {
    c.Error({"Marbles", name, "CertificateValidity"}, "manifest.marble.certificate_validity",
            "`CertificateValidity` of marble " + Shown(name) + " is " +
                std::to_string(marble.certificate_validity_days) + " days; at most " +
                std::to_string(kLongestValidityDays) + " are possible, leave it out for no practical limit");
  }
}

}  // namespace

void CheckMarbles(Checker& c) {
  const Manifest& m = c.manifest();
  if (m.packages.empty()) {
    c.Error({"Packages"}, "manifest.package.none", "manifest contains no packages; at least one is needed");
  }
  if (m.marbles.empty()) {
    c.Error({"Marbles"}, "manifest.marble.none", "manifest contains no marbles; at least one is needed");
  }
  std::set<std::string_view> used;
  for (const auto& [name, marble] : m.marbles) {
    if (!c.Damaged("Marbles", name)) CheckMarble(c, name, marble, used);
  }
  for (const auto& [name, package] : m.packages) {
    if (!c.Damaged("Packages", name)) CheckPackage(c, name, package, used.contains(name));
  }
}

void CheckTls(Checker& c) {
  const Manifest& m = c.manifest();
  for (const auto& [tag, entries] : m.tls) {
    if (c.Damaged("TLS", tag)) continue;
    for (std::size_t i = 0; i < entries.incoming.size(); ++i) {
      const TlsEntry& entry = entries.incoming[i];
      const std::string index = std::to_string(i);
      const std::string where = "Incoming entry " + index + " of TLS tag " + Shown(tag);
      if (entry.port.empty()) {
        c.Error({"TLS", tag, "Incoming", index, "Port"}, "manifest.tls.incoming_port", where + " has no `Port`");
      }
      if (entry.cert.empty()) {
        if (!entry.disable_client_auth) continue;
        c.Error({"TLS", tag, "Incoming", index, "DisableClientAuth"}, "manifest.tls.cert_missing",
                where + " has `DisableClientAuth` but no `Cert`; name the secret to serve with, or remove it");
        continue;
      }
      if (!m.secrets.contains(entry.cert)) {
        c.Error({"TLS", tag, "Incoming", index, "Cert"}, "manifest.tls.cert_unknown",
                where + " names the secret " + Shown(entry.cert) + ", which is not defined" +
                    c.Suggest(entry.cert, m.secrets));
      }
      if (!entry.disable_client_auth) {
        c.Error({"TLS", tag, "Incoming", index, "Cert"}, "manifest.tls.client_auth",
                where + " has `Cert`, which needs `DisableClientAuth` to be true");
      }
    }
    for (std::size_t i = 0; i < entries.outgoing.size(); ++i) {
      const TlsEntry& entry = entries.outgoing[i];
      const std::string index = std::to_string(i);
      const std::string where = "Outgoing entry " + index + " of TLS tag " + Shown(tag);
      if (entry.addr.empty()) {
        c.Error({"TLS", tag, "Outgoing", index, "Addr"}, "manifest.tls.outgoing_addr", where + " has no `Addr`");
      }
      if (entry.port.empty()) {
        c.Error({"TLS", tag, "Outgoing", index, "Port"}, "manifest.tls.outgoing_port", where + " has no `Port`");
      }
    }
  }
}

}  // namespace steelie::manifest
