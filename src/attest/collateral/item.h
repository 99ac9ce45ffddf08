#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "attest/artefact.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/crl.h"
#include "crypto/x509.h"

namespace steelie::attest::dcap {
struct TcbInfo;
struct QeIdentity;
}  // namespace steelie::attest::dcap

namespace steelie::attest::collateral {

/// An artefact as a service answers, a file holds or evidence carries it. Hostile bytes.
struct Document {
  /// TCB info and QE identity: the JSON object with body and signature, byte for byte. Revocation lists: DER. PCK
  /// certificate, AMD chain: PEM. VCEK: DER.
  Bytes body;
  /// PEM, the signer first, the root last; empty if the kind needs none.
  Bytes issuer_chain;

  bool operator==(const Document&) const = default;
};

/// Within which instants a document may be used, chain included.
struct Validity {
  CertificateTime issued{};       // what the document itself says: issueDate, thisUpdate, notBefore
  CertificateTime valid_from{};   // the latest beginning of document and chain
  CertificateTime valid_until{};  // the earliest end
  /// tcbEvaluationDataNumber of TCB info and QE identity, else 0: never goes back.
  std::uint32_t evaluation_data_number = 0;

  bool operator==(const Validity&) const = default;
};

/// A document that parsed and whose signatures verify up to a pinned root. Made by Judge only; immutable, shared.
/// Dates are not judged: that is done with the instant of each verdict.
struct Item {
  Artefact artefact;
  Document document;
  Validity validity;
  // The one that the kind has.
  std::shared_ptr<const dcap::TcbInfo> tcb_info;
  std::shared_ptr<const dcap::QeIdentity> qe_identity;
  std::shared_ptr<const RevocationList> revocation_list;
  /// Issuers of the document, the signer first, the root last; of a PCK certificate, AMD chain or VCEK the certificates
  /// themselves, in the same order.
  std::vector<Certificate> certificates;
};

using ItemPtr = std::shared_ptr<const Item>;

/// Where verifiers look collateral up. Never waits, never fetches.
///
/// Thread-safe.
class Source {
 public:
  virtual ~Source() = default;

  /// Errors: kUnavailable `collateral.missing`, or why the last attempt to fetch it failed.
  virtual Result<ItemPtr> Find(const Artefact& artefact) const = 0;
};

/// Roots that all collateral must lead to. Copies of the vendors' published certificates are built in
/// (collateral/roots.h); tests and `--root` put others here.
struct Roots {
  Certificate intel;             // Intel SGX Root CA; compared by key, since it was issued more than once
  std::vector<Certificate> amd;  // ARKs by product: their common names are ARK-Milan, ARK-Genoa, ARK-Turin
};

/// Parses a document and verifies its signatures. Pure, takes no clock. The only way to an Item.
///
/// Errors: kInvalidArgument `collateral.malformed.<kind>`; kUnauthenticated `collateral.signature.<kind>`,
/// `collateral.chain.<kind>` (the chain does not lead to the root, or is not of the certificates that it should be),
/// `collateral.mismatch` (a well-signed document of something else than the artefact names). Kinds by ArtefactKindName.
Result<ItemPtr> Judge(const Artefact& artefact, Document document, const Roots& roots);

}  // namespace steelie::attest::collateral
