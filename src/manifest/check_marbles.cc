#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "manifest/checker.h"

namespace steelie::manifest {
namespace {

bool HasSgxFields(const Package& p) {
  return p.debug || !p.unique_id.empty() || !p.signer_id.empty() || p.product_id || p.security_version ||
         !p.accepted_tcb_statuses.empty() || !p.accepted_advisories.empty();
}

// Rules 4 and 5, for a package that a marble uses. In debug mode they only warn.
void CheckSgx(Checker& c, const std::string& name, const Package& p) {
  const auto report = [&](Checker::Tokens pointer, std::string_view reason, std::string message) {
    if (p.debug) {
      c.Warn(pointer, reason, std::move(message) + " (tolerated because it is a debug package)");
    } else {
      c.Error(pointer, reason, std::move(message));
    }
  };
  if (!p.unique_id.empty()) {
    if (p.signer_id.empty() && !p.product_id && !p.security_version) return;
    return report({"Packages", name, "UniqueID"}, "manifest.package.overspecified",
                  "manifest specifies both UniqueID *and* SignerID/ProductID/SecurityVersion in package " +
                      Shown(name) + "; keep UniqueID for exactly one build, or the other three for a line of builds");
  }
  const std::string_view missing = p.signer_id.empty()   ? "SignerID"
                                   : !p.product_id       ? "ProductID"
                                   : !p.security_version ? "SecurityVersion"
                                                         : "";
  if (missing.empty()) return;
  report({"Packages", name, missing}, "manifest.package.incomplete",
         "manifest misses value for " + std::string(missing) + " in package " + Shown(name) +
             "; give SignerID, ProductID and SecurityVersion, or only UniqueID");
}

void CheckSim(Checker& c, const std::string& name, const Package& p) {
  if (HasSgxFields(p)) {
    c.Error({"Packages", name, "Sim"}, "manifest.package.mixed",
            "the package " + Shown(name) +
                " has both SGX fields and `Sim`; a package is for one platform, make two of it (the fields `Debug` and "
                "`SecurityVersion` of a simulated package belong into `Sim`)");
  }
  const SimPackage& sim = *p.sim;
  if (sim.measurement || (sim.signer_id && sim.product_id && sim.security_version)) return;
  std::string message =
      "the simulated package " + Shown(name) + " needs `Measurement`, or `SignerID`, `ProductID` and `SecurityVersion`";
  if (sim.debug) {
    c.Warn({"Packages", name, "Sim"}, "manifest.package.sim_incomplete",
           std::move(message) + " (tolerated because it is a debug package)");
  } else {
    c.Error({"Packages", name, "Sim"}, "manifest.package.sim_incomplete", std::move(message));
  }
}

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
    if (c.Damaged("Packages", name)) continue;
    if (package.sim) {
      CheckSim(c, name, package);
    } else if (used.contains(name)) {
      CheckSgx(c, name, package);
    }
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
