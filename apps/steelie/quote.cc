#include "attest/envelope.h"
#include "client/output_file.h"
#include "client/tls_identity.h"
#include "commands.h"
#include "session.h"

namespace steelie::cli {
namespace {

struct Options {
  std::string address;
  std::string output;
};

std::string ContainerName(ByteView quote) {
  switch (attest::Recognise(quote)) {
    case attest::Container::kEmpty:
      return "none";
    case attest::Container::kOpenEnclave:
    case attest::Container::kSgxQuote:
      return "sgx";
    case attest::Container::kTdxQuote:
      return "tdx";
    case attest::Container::kEnvelope:
      break;
    case attest::Container::kUnknown:
      return "unknown";
  }
  const Result<attest::Envelope> envelope = attest::DecodeEnvelope(quote);
  if (!envelope) return "malformed";
  return envelope->kind == attest::Envelope::kSim   ? "sim"
         : envelope->kind == attest::Envelope::kSnp ? "snp"
                                                    : "unknown";
}

Result<int> Show(const Program& program, const Options& options) {
  STEELIE_TRY(const client::Address address, client::ParseAddress(options.address));
  client::HttpsClient transport(address,
                                {std::nullopt, std::nullopt, std::chrono::seconds(program.options().timeout_seconds)});
  STEELIE_TRY(const client::QuoteAnswer answer, client::CoordinatorClient(transport)
                                                    .GetQuote(AsBytes(program.options().nonce))
                                                    .WithContext("retrieving Coordinator quote"));
  const std::string kind = ContainerName(answer.quote);
  const Console& console = program.console();
  console.Warning("Warning: nothing of this was verified");
  console.Line("Evidence:    " + kind + ", " + std::to_string(answer.quote.size()) + " bytes, SHA-256 " +
               HexEncode(Sha256(answer.quote)));
  std::vector<std::string> certificates;
  const Result<std::vector<Certificate>> chain = client::ParseCertificates(answer.certificates);
  if (!chain) return chain.error();
  for (const Certificate& certificate : *chain) {
    certificates.push_back(HexEncode(certificate.Fingerprint()));
    console.Line("Certificate: " + certificate.SubjectCommonName() + ", SHA-256 " + certificates.back());
  }
  if (!options.output.empty()) {
    STEELIE_CHECK_OK(client::WriteOutput(options.output, answer.quote, client::OutputKind::kPrivate));
    console.Line("Quote written to: " + options.output);
  }
  console.Json(client::JsonObject()
                   .Add("kind", kind)
                   .Add("quote", Base64Encode(answer.quote))
                   .Add("certificates", answer.certificates)
                   .Add("certificateSHA256", certificates));
  return 0;
}

Result<int> Verify(const Program& program, const Options& options) {
  STEELIE_TRY(const Session session, ConnectVerified(program, options.address));
  const client::VerifiedCoordinator& coordinator = *session.coordinator;
  if (!options.output.empty()) {
    STEELIE_CHECK_OK(client::WriteOutput(options.output, coordinator.quote, client::OutputKind::kPrivate));
  }
  STEELIE_CHECK_OK(SaveQuote(program, session));
  const std::string root = HexEncode(coordinator.root.Fingerprint());
  client::JsonObject json;
  json.Add("verified", coordinator.claims.has_value()).Add("rootSHA256", root);
  const Console& console = program.console();
  console.Line(coordinator.claims ? "OK" : "Not verified");
  console.Line("Root certificate: SHA-256 " + root);
  if (coordinator.claims) {
    const attest::Claims& claims = *coordinator.claims;
    const std::string kind(attest::EvidenceKindName(claims.kind));
    console.Line("Evidence:         " + kind);
    console.Line("Measurement:      " + HexEncode(claims.measurement));
    console.Line("SignerID:         " + HexEncode(claims.signer));
    console.Line("ProductID:        " + std::to_string(claims.product_id));
    console.Line("SecurityVersion:  " + std::to_string(claims.security_version));
    console.Line(std::string("Debug:            ") + (claims.debug ? "true" : "false"));
    json.Add("kind", kind)
        .Add("measurement", HexEncode(claims.measurement))
        .Add("signerID", HexEncode(claims.signer))
        .Add("productID", claims.product_id)
        .Add("securityVersion", claims.security_version)
        .Add("debug", claims.debug);
  }
  console.Json(json);
  return 0;
}

void Add(CLI::App& parent, Program& program, const char* name, const char* description,
         Result<int> (*function)(const Program&, const Options&)) {
  CLI::App& command = AddCommand(parent, name, description);
  auto options = std::make_shared<Options>();
  AddAddress(command, options->address);
  AddFileOption(command, "-o,--output", options->output, "File for the evidence as sent");
  program.Register(command, [&program, options, function] { return function(program, *options); });
}

}  // namespace

void AddQuoteCommand(CLI::App& parent, Program& program) {
  CLI::App& command = AddCommand(parent, "quote", "Show or verify the evidence of a Coordinator");
  Add(command, program, "show", "Show the evidence without verifying it", Show);
  Add(command, program, "verify", "Verify the evidence and show what it says", Verify);
}

}  // namespace steelie::cli
