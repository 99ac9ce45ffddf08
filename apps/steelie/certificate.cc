#include "client/certificate_cache.h"
#include "client/output_file.h"
#include "commands.h"
#include "session.h"

namespace steelie::cli {
namespace {

enum class Part { kRoot, kIntermediate, kChain };

struct Options {
  std::string address;
  std::string output;
};

Status CompareWithCache(const Program& program, const Session& session) {
  if (program.options().insecure) return Ok();
  STEELIE_TRY(const client::CachedCertificates cached,
              client::ReadCertificateCache(program.options().certificate_cache));
  if (cached.root.der() == session.coordinator->root.der()) return Ok();
  const Result<client::CoordinatorStatus> status = session.client->GetStatus();
  if (status && status->code == client::kStateRecovery) {
    return Error(Code::kUnauthenticated, "cli.root_changed",
                 "root certificate of Coordinator changed. The Coordinator is in recovery and has a temporary one: "
                 "'steelie recover' gives it a recovery secret");
  }
  return Error(Code::kUnauthenticated, "cli.root_changed",
               "root certificate of Coordinator changed. Run 'steelie manifest verify' to verify the instance and "
               "update the local cache");
}

Result<int> Run(const Program& program, const Options& options, Part part) {
  if (options.output.empty()) {
    return Error(Code::kInvalidArgument, "cli.output", "output flag must not be empty");
  }
  STEELIE_TRY(const Session session, ConnectVerified(program, options.address));
  STEELIE_CHECK_OK(CompareWithCache(program, session));
  const client::VerifiedCoordinator& coordinator = *session.coordinator;
  const std::string root = coordinator.root.ToPem();
  const std::string intermediate = coordinator.intermediate.ToPem();
  const std::string pem = part == Part::kRoot ? root : part == Part::kIntermediate ? intermediate : intermediate + root;
  STEELIE_CHECK_OK(client::WriteOutput(options.output, AsBytes(pem), client::OutputKind::kPrivate));
  const char* const what = part == Part::kRoot           ? "Root certificate"
                           : part == Part::kIntermediate ? "Intermediate certificate"
                                                         : "Certificate chain";
  program.console().Line(std::string(what) + " written to " + options.output);
  program.console().Json(client::JsonObject().Add("output", options.output).Add("pem", pem));
  STEELIE_CHECK_OK(SaveQuote(program, session));
  return 0;
}

void Add(CLI::App& parent, Program& program, const char* name, const char* description, const char* output, Part part) {
  CLI::App& command = AddCommand(parent, name, description);
  auto options = std::make_shared<Options>();
  options->output = output;
  AddAddress(command, options->address);
  AddFileOption(command, "-o,--output", options->output, "File for the certificate");
  program.Register(command, [&program, options, part] { return Run(program, *options, part); });
}

}  // namespace

void AddCertificateCommand(CLI::App& parent, Program& program) {
  CLI::App& command = AddCommand(parent, "certificate", "Verify a Coordinator and save its certificates");
  Add(command, program, "root", "Save the root certificate", "marblerunRootCA.crt", Part::kRoot);
  Add(command, program, "intermediate", "Save the intermediate certificate", "marblerunIntermediateCA.crt",
      Part::kIntermediate);
  Add(command, program, "chain", "Save intermediate and root certificate", "marblerunChainCA.crt", Part::kChain);
}

}  // namespace steelie::cli
