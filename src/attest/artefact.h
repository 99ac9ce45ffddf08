#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace steelie::attest {

/// Identity of one piece of collateral: something that a vendor publishes and that a verdict depends on.
///
/// `key` is canonical, printable and injective per kind, so that it can stand in file names, logs and metrics:
///
/// | kind | key |
/// | --- | --- |
/// | kSgxTcbInfo, kTdxTcbInfo | FMSPC, 12 lower-case hex digits |
/// | kSgxQeIdentity, kTdxQeIdentity | empty |
/// | kPckCrl | `processor` or `platform` |
/// | kIntelRootCrl | empty |
/// | kPckCertificate | `<encrypted PPID hex, or ppid hex>-<CPUSVN hex>-<PCESVN hex>-<PCEID hex>`, lower case |
/// | kAmdChain | `Milan-vcek`, `Milan-vlek`, `Genoa-...`, `Turin-...`: ASK or ASVK, then ARK |
/// | kAmdCrl | `Milan-vcek`, ...: the list that the product's ARK signs |
/// | kVcek | `<product>-<chip id hex>-<fmc>-<boot loader>-<tee>-<snp>-<microcode>`, SVNs decimal, fmc `0` before Turin
/// |
struct Artefact {
  enum class Kind {
    kSgxTcbInfo,
    kTdxTcbInfo,
    kSgxQeIdentity,
    kTdxQeIdentity,
    kPckCrl,
    kIntelRootCrl,
    kPckCertificate,
    kAmdChain,
    kAmdCrl,
    kVcek,
  };

  Kind kind = Kind::kIntelRootCrl;
  std::string key;

  auto operator<=>(const Artefact&) const = default;
};

/// `sgx-tcb-info`, `tdx-tcb-info`, `sgx-qe-identity`, `tdx-qe-identity`, `pck-crl`, `intel-root-crl`,
/// `pck-certificate`, `amd-chain`, `amd-crl`, `vcek`.
std::string_view ArtefactKindName(Artefact::Kind kind);
/// `tdx-tcb-info:b0c06f000000`; just the kind if there is no key.
std::string ArtefactName(const Artefact& artefact);

}  // namespace steelie::attest
