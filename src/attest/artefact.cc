#include "attest/artefact.h"

#include <array>

namespace steelie::attest {
namespace {

constexpr std::array<std::string_view, 10> kNames = {
    "sgx-tcb-info",   "tdx-tcb-info",    "sgx-qe-identity", "tdx-qe-identity", "pck-crl",
    "intel-root-crl", "pck-certificate", "amd-chain",       "amd-crl",         "vcek",
};

}  // namespace

std::string_view ArtefactKindName(Artefact::Kind kind) { return kNames.at(static_cast<std::size_t>(kind)); }

std::string ArtefactName(const Artefact& artefact) {
  std::string out(ArtefactKindName(artefact.kind));
  return artefact.key.empty() ? out : out + ":" + artefact.key;
}

}  // namespace steelie::attest
