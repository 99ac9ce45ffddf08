#include "attest/sim/sim.h"

#include <algorithm>

#include "attest/envelope.h"
#include "base/codec.h"

namespace steelie::attest::sim {
namespace {

// The signed bytes begin with this, so that a host key's signature never means anything else.
constexpr std::string_view kDomain = "steelie simulated evidence v1\n";

Bytes EncodeStatement(const Statement& s) {
  Writer out;
  out.Raw(AsBytes(kDomain));
  out.Raw(s.measurement);
  out.Raw(s.signer);
  out.U64(s.product_id);
  out.U64(s.security_version);
  out.Bool(s.debug);
  out.Raw(s.report_data);
  return std::move(out).Take();
}

template <std::size_t N>
void ReadArray(Reader& in, std::array<std::uint8_t, N>& out) {
  const ByteView bytes = in.Take(N);
  if (in.ok()) std::ranges::copy(bytes, out.begin());
}

Error Malformed(const std::string& why) {
  return Error(Code::kInvalidArgument, "attest.sim.malformed", "malformed simulated evidence: " + why);
}

Result<Statement> DecodeStatement(ByteView bytes) {
  Reader in(bytes);
  const ByteView domain = in.Take(kDomain.size());
  if (!in.ok() || !PublicEqual(domain, AsBytes(kDomain))) return Malformed("not a statement of version 1");
  Statement s;
  ReadArray(in, s.measurement);
  ReadArray(in, s.signer);
  s.product_id = in.U64();
  s.security_version = in.U64();
  s.debug = in.Bool();
  ReadArray(in, s.report_data);
  if (!in.AtEnd()) return Malformed("the statement is cut off or has trailing bytes");
  return s;
}

}  // namespace

Result<Bytes> Issue(const Statement& statement, const Host& host) {
  const Bytes signed_bytes = EncodeStatement(statement);
  STEELIE_TRY(Bytes signature, host.key.Sign(SignatureScheme::kEcdsaSha256, signed_bytes));
  return EncodeEnvelope({Envelope::kSim, {signed_bytes, std::move(signature), host.certificate}});
}

namespace {

constexpr std::string_view kDocument = "docs/formats/evidence.md, \"Simulated evidence\"";

// Appends the rule; an error that names it if it failed.
Status Require(Trace& trace, std::string_view rule, std::string expected, std::string seen, bool pass,
               std::string message) {
  if (trace.Add({std::string(rule), "", std::string(kDocument), std::move(expected), std::move(seen), pass})) {
    return Ok();
  }
  return Error(Code::kUnauthenticated, std::string(rule), std::move(message));
}

Status CheckHost(const Certificate& host, const std::optional<Certificate>& vendor_root, Instant now, Trace& trace) {
  STEELIE_CHECK_OK(
      Require(trace, "attest.sim.untrusted", "a simulated platform that is trusted here", vendor_root ? "one" : "none",
              vendor_root.has_value(),
              "simulated evidence is not trusted here: the Coordinator was started without a simulated platform"));
  STEELIE_TRY(const PublicKey root_key, vendor_root->SubjectPublicKey());
  const bool issued = host.IssuerDer() == vendor_root->SubjectDer() && host.SignedBy(root_key);
  STEELIE_CHECK_OK(Require(trace, "attest.sim.chain", "host certificate by the vendor root",
                           issued ? "by the vendor root" : "by somebody else", issued,
                           "the simulated host is not certified by this Coordinator's simulated platform"));
  // In seconds: a lifetime of 292 years does not fit into the nanoseconds of an Instant.
  const CertificateTime second = std::chrono::floor<std::chrono::seconds>(now);
  const bool valid = second >= host.NotBefore() && second <= host.NotAfter();
  return Require(trace, "attest.sim.chain", "host certificate valid at the time of the verdict",
                 valid ? "valid" : "not valid", valid, "the simulated host's certificate is not valid now");
}

}  // namespace

Result<Claims> SimVerifier::Verify(ByteView evidence, Instant now, Trace& trace) const {
  STEELIE_TRY(const Envelope envelope, DecodeEnvelope(evidence));
  if (envelope.kind != Envelope::kSim || envelope.parts.size() != 3) return Malformed("expected three parts of kind 1");
  STEELIE_TRY(const Statement statement, DecodeStatement(envelope.parts[0]));
  const Result<Certificate> host = Certificate::FromDer(envelope.parts[2]);
  if (!host) return Malformed("the host certificate does not parse");
  const Result<PublicKey> host_key = host->SubjectPublicKey();
  if (!host_key) return Malformed("the host certificate has an unsupported key");
  STEELIE_CHECK_OK(CheckHost(*host, vendor_root_, now, trace));
  const bool verifies = host_key->Verify(SignatureScheme::kEcdsaSha256, envelope.parts[0], envelope.parts[1]);
  STEELIE_CHECK_OK(Require(
      trace, "attest.sim.signature", "signature by the host's key", verifies ? "verifies" : "does not verify", verifies,
      "the signature of the simulated evidence does not verify: it was changed, or signed by another host"));
  Claims claims;
  claims.kind = EvidenceKind::kSim;
  claims.report_data = statement.report_data;
  claims.measurement = ToBytes(statement.measurement);
  claims.signer = ToBytes(statement.signer);
  claims.product_id = statement.product_id;
  claims.security_version = statement.security_version;
  claims.debug = statement.debug;
  return claims;
}

}  // namespace steelie::attest::sim
