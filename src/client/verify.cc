#include "client/verify.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>

#include "attest/envelope.h"
#include "attest/sim/sim.h"
#include "client/json.h"
#include "client/tls_identity.h"
#include "manifest/field_name.h"

namespace steelie::client {
namespace {

using nlohmann::json;

Error Bad(const std::string& why) { return Error(Code::kInvalidArgument, "client.description", why); }

Result<std::optional<Bytes>> HexMember(const json& object, std::string_view name) {
  STEELIE_TRY(const std::string text, TextMember(object, name));
  if (text.empty()) return std::optional<Bytes>();
  Result<Bytes> bytes = HexDecode(text);
  if (!bytes || bytes->size() != 32) return Bad(std::string(name) + " is not 64 hex digits");
  return std::optional(std::move(*bytes));
}

Result<ExpectedProgram> ParseProgram(const json& object, std::string_view measurement_name) {
  ExpectedProgram out;
  STEELIE_TRY(out.measurement, HexMember(object, measurement_name));
  STEELIE_TRY(out.signer, HexMember(object, "SignerID"));
  STEELIE_TRY(out.product_id, NumberMember(object, "ProductID"));
  STEELIE_TRY(out.security_version, NumberMember(object, "SecurityVersion"));
  STEELIE_TRY(out.debug, BoolMember(object, "Debug"));
  return out;
}

// The last three are the reference's, for callers of its library.
constexpr std::array<std::string_view, 10> kMembers{
    "UniqueID",           "SignerID", "ProductID", "SecurityVersion",     "Debug",
    "InsecureSkipVerify", "Sim",      "Nonce",     "AcceptedTCBStatuses", "AcceptedAdvisories"};
constexpr std::array<std::string_view, 5> kSimMembers{"Measurement", "SignerID", "ProductID", "SecurityVersion",
                                                      "Debug"};

// A misspelt property would not be checked, without a word.
std::vector<std::string> UnknownMembers(const json& object, std::span<const std::string_view> known) {
  constexpr std::size_t kMost = 10;
  std::vector<std::string> out;
  for (auto it = object.begin(); it != object.end() && out.size() < kMost; ++it) {
    const std::string& name = it.key();
    if (std::ranges::any_of(known, [&](std::string_view k) { return manifest::SameField(name, k); })) continue;
    out.push_back("unknown member \"" + name.substr(0, 64) + "\"" + manifest::SuggestName(name, known));
  }
  return out;
}

Result<CoordinatorDescription> ParseDescription(const json& object) {
  CoordinatorDescription out;
  for (const std::string& unknown : UnknownMembers(object, kMembers)) {
    out.warnings.push_back("Warning: ignored in the config: " + unknown);
  }
  STEELIE_TRY(out.sgx, ParseProgram(object, "UniqueID"));
  STEELIE_TRY(out.insecure_skip_verify, BoolMember(object, "InsecureSkipVerify"));
  const json* sim = FindMember(object, "Sim");
  if (sim == nullptr || sim->is_null()) return out;
  if (!sim->is_object()) return Bad("Sim is not an object");
  if (const auto unknown = UnknownMembers(*sim, kSimMembers); !unknown.empty()) return Bad("Sim: " + unknown.front());
  STEELIE_TRY(out.sim, ParseProgram(*sim, "Measurement").WithContext("Sim"));
  return out;
}

constexpr const char* kRebuilt =
    ". If the Coordinator was built anew and you trust it, write the config again: 'steelie package-info PROGRAM "
    "--json'";

Error Mismatch(const std::string& what, const std::string& expected, const std::string& seen, const char* hint = "") {
  return Error(Code::kUnauthenticated, "client.verify.mismatch",
               what + ": expected " + expected + ", the evidence has " + seen + hint);
}

Error TooLittle(const std::string& what) { return Error(Code::kInvalidArgument, "client.verify.description", what); }

Status CheckComplete(const ExpectedProgram& expected) {
  if (expected.measurement) return Ok();
  if (expected.security_version == 0) return TooLittle("missing SecurityVersion in config");
  if (expected.product_id == 0) return TooLittle("missing ProductID in config");
  return Ok();
}

Status CheckProperties(const ExpectedProgram& expected, const attest::Claims& claims, const std::string& id_name) {
  if (claims.security_version < expected.security_version) {
    return Mismatch("invalid SecurityVersion", "at least " + std::to_string(expected.security_version),
                    std::to_string(claims.security_version));
  }
  if (expected.product_id != 0 && claims.product_id != expected.product_id) {
    return Mismatch("invalid ProductID", std::to_string(expected.product_id), std::to_string(claims.product_id));
  }
  if (claims.debug && !expected.debug) {
    return Error(Code::kUnauthenticated, "client.verify.mismatch", "debug enclave not allowed");
  }
  if (expected.measurement && !PublicEqual(*expected.measurement, claims.measurement)) {
    return Mismatch("invalid " + id_name, HexEncode(*expected.measurement), HexEncode(claims.measurement), kRebuilt);
  }
  if (expected.signer && !PublicEqual(*expected.signer, claims.signer)) {
    return Mismatch("invalid SignerID", HexEncode(*expected.signer), HexEncode(claims.signer));
  }
  return Ok();
}

Result<attest::Claims> VerifyEvidence(const QuoteAnswer& answer, const VerifyOptions& options) {
  switch (attest::Recognise(answer.quote)) {
    case attest::Container::kEmpty:
      return Error(Code::kUnauthenticated, "client.verify.no_evidence",
                   "the Coordinator has no evidence: it runs without a TEE. Use --insecure if that is what you want");
    case attest::Container::kEnvelope:
      if (!options.sim_vendor_root) {
        return Error(Code::kUnauthenticated, "client.verify.no_vendor",
                     "the evidence is simulated: name the simulated platform to trust with --sim-platform");
      }
      if (!options.expected.sim) return TooLittle("the evidence is simulated, but the config has no section Sim");
      return attest::sim::SimVerifier(options.sim_vendor_root).Verify(answer.quote, options.now);
    case attest::Container::kOpenEnclave:
    case attest::Container::kSgxQuote:
    case attest::Container::kTdxQuote:
    case attest::Container::kUnknown:
      break;
  }
  return Error(Code::kUnimplemented, "client.verify.unsupported",
               "this build verifies simulated evidence only, not the quote of this Coordinator. --insecure skips the "
               "verification");
}

Result<VerifiedCoordinator> ReadChain(const QuoteAnswer& answer) {
  const Result<std::vector<Certificate>> chain = ParseCertificates(answer.certificates);
  const auto bad = [](const std::string& why) {
    return Error(Code::kUnauthenticated, "client.verify.certificates", "the Coordinator's certificates: " + why);
  };
  if (!chain) return bad(chain.error().message());
  if (chain->size() != 2) return bad("expected intermediate and root, got " + std::to_string(chain->size()));
  const Result<PublicKey> root_key = (*chain)[1].SubjectPublicKey();
  if (!root_key) return bad("the root certificate has an unsupported key");
  if (!(*chain)[0].SignedBy(*root_key)) return bad("the intermediate certificate is not issued by the root");
  return VerifiedCoordinator{(*chain)[0], (*chain)[1], answer.quote, std::nullopt, {}};
}

}  // namespace

Result<CoordinatorDescription> CoordinatorDescription::Parse(std::string_view text) {
  const Result<json> object = ParseJson(text);
  if (!object || !object->is_object()) return Bad("it is not a JSON object");
  Result<CoordinatorDescription> out = ParseDescription(*object);
  if (!out) return Bad(out.error().message());
  return out;
}

Result<VerifiedCoordinator> VerifyCoordinator(const QuoteAnswer& answer, const VerifyOptions& options) {
  STEELIE_TRY(VerifiedCoordinator out, ReadChain(answer));
  if (options.insecure) return out;
  if (options.expected.insecure_skip_verify) {
    out.warnings.emplace_back("Warning: the config switches quote verification off (InsecureSkipVerify)");
    return out;
  }
  STEELIE_TRY(const attest::Claims claims, VerifyEvidence(answer, options));
  const attest::ReportData binding = attest::BindingTo(out.root.der(), options.nonce);
  if (!PublicEqual(ByteView(binding).first(32), ByteView(claims.report_data).first(32))) {
    return Error(Code::kUnauthenticated, "client.verify.binding",
                 "report data does not match the certificate's hash" +
                     std::string(options.nonce.empty() ? "" : " (root certificate and nonce)"));
  }
  const bool simulated = claims.kind == attest::EvidenceKind::kSim;
  const ExpectedProgram& expected = simulated ? *options.expected.sim : options.expected.sgx;
  STEELIE_CHECK_OK(CheckComplete(expected));
  STEELIE_CHECK_OK(CheckProperties(expected, claims, simulated ? "Measurement" : "UniqueID"));
  if (!expected.measurement && !expected.signer) {
    out.warnings.emplace_back(
        "Warning: the config names neither the program nor its signer: any program on the platform passes");
  }
  if (simulated) out.warnings.emplace_back("Warning: the evidence is simulated; no hardware stands behind it");
  out.claims = claims;
  return out;
}

}  // namespace steelie::client
