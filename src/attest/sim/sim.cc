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

Result<Claims> SimVerifier::Verify(ByteView evidence, Instant now) const {
  STEELIE_TRY(const Envelope envelope, DecodeEnvelope(evidence));
  if (envelope.kind != Envelope::kSim || envelope.parts.size() != 3) return Malformed("expected three parts of kind 1");
  STEELIE_TRY(const Statement statement, DecodeStatement(envelope.parts[0]));
  const Result<Certificate> host = Certificate::FromDer(envelope.parts[2]);
  if (!host) return Malformed("the host certificate does not parse");
  const Result<PublicKey> host_key = host->SubjectPublicKey();
  if (!host_key) return Malformed("the host certificate has an unsupported key");
  if (!vendor_root_) {
    return Error(Code::kUnauthenticated, "attest.sim.untrusted",
                 "simulated evidence is not trusted here: the Coordinator was started without a simulated platform");
  }
  STEELIE_TRY(const PublicKey root_key, vendor_root_->SubjectPublicKey());
  if (host->IssuerDer() != vendor_root_->SubjectDer() || !host->SignedBy(root_key)) {
    return Error(Code::kUnauthenticated, "attest.sim.chain",
                 "the simulated host is not certified by this Coordinator's simulated platform");
  }
  // In seconds: a lifetime of 292 years does not fit into the nanoseconds of an Instant.
  const CertificateTime second = std::chrono::floor<std::chrono::seconds>(now);
  if (second < host->NotBefore() || second > host->NotAfter()) {
    return Error(Code::kUnauthenticated, "attest.sim.chain", "the simulated host's certificate is not valid now");
  }
  if (!host_key->Verify(SignatureScheme::kEcdsaSha256, envelope.parts[0], envelope.parts[1])) {
    return Error(Code::kUnauthenticated, "attest.sim.signature",
                 "the signature of the simulated evidence does not verify: it was changed, or signed by another host");
  }
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
