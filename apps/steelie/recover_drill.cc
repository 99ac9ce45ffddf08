#include "base/file.h"
#include "base/unix_time.h"
#include "client/drill_proof.h"
#include "client/output_file.h"
#include "client/recovery.h"
#include "commands.h"
#include "recovery_key.h"
#include "seal/possession.h"
#include "session.h"

namespace steelie::cli {
namespace {

constexpr std::size_t kMaxFile = std::size_t{64} << 10U;

struct Options {
  std::string address;
  std::string share;
  std::string save_challenge, challenge;
  std::string save_proof, proof;
  std::shared_ptr<RecoveryKeyFlags> key;
};

Error Usage(const char* message) { return Error(Code::kInvalidArgument, "cli.drill", message); }

Status CheckUsage(const Options& o) {
  const bool both = !o.challenge.empty() && !o.save_proof.empty();
  if (!o.address.empty() && (!o.challenge.empty() || !o.save_proof.empty())) {
    return Usage("--challenge and --save-proof make a proof offline: leave ADDRESS out");
  }
  if (o.address.empty() && !both && (!o.challenge.empty() || !o.save_proof.empty())) {
    return Usage("a proof offline needs both --challenge FILE and --save-proof FILE");
  }
  if (o.address.empty() && !both) {
    return Usage(
        "name the Coordinator's ADDRESS; without one, --challenge FILE and --save-proof FILE make a proof offline");
  }
  if (!o.share.empty() && (!o.proof.empty() || !o.save_challenge.empty())) {
    return Usage("--share goes neither with --proof nor with --save-challenge");
  }
  if (!o.proof.empty() && !o.save_challenge.empty()) return Usage("--proof does not go with --save-challenge");
  if (o.address.empty() && o.share.empty()) return Usage("name the recovery secret with --share");
  if (o.key->given() && o.share.empty()) return Usage("--key and --pkcs11-... go with --share");
  return Ok();
}

Result<client::DrillProof> MakeProof(const Options& options, ByteView challenge) {
  STEELIE_TRY(const auto key,
              LoadRecoveryKey(*options.key,
                              "a drill proves that you have the recovery key: give it with --key or --pkcs11-config"));
  STEELIE_TRY(const SecretBuffer file, ReadRecoverySecret(options.share));
  STEELIE_TRY(const SecretBuffer secret, client::DecryptRecovery(file, *key).WithContext(options.share));
  const auto sign = [&key](ByteView message) { return key->Sign(message); };
  STEELIE_TRY(const seal::PossessionProof proof, seal::ProvePossession(secret, sign, challenge));
  return client::DrillProof{ToBytes(challenge), ToBytes(proof.key), proof.by_secret, proof.by_holder};
}

std::string Join(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

Result<int> Show(const Program& program, const Options& options, const client::DrillStatus& drill) {
  const Console& console = program.console();
  console.Line(std::to_string(drill.proven) + " of " + std::to_string(drill.holders) +
               " holders have proved it in the last " + std::to_string(drill.window / 3600) + " hours, " +
               std::to_string(drill.required) + " are needed: " + (drill.quorum ? "quorum reached" : "no quorum yet"));
  if (!options.save_challenge.empty()) {
    STEELIE_CHECK_OK(client::WriteNewOutput(options.save_challenge, drill.challenge, client::OutputKind::kPrivate));
    console.Line("Challenge written to: " + options.save_challenge + ", good until " +
                 FormatUnixSeconds(drill.good_until));
  }
  console.Json(client::JsonObject()
                   .Add("proven", drill.proven)
                   .Add("holders", drill.holders)
                   .Add("required", drill.required)
                   .Add("quorum", drill.quorum)
                   .Add("windowSeconds", drill.window)
                   .Add("challenge", Base64Encode(drill.challenge))
                   .Add("challengeGoodUntil", drill.good_until));
  return 0;
}

Result<int> Send(const Program& program, const Session& session, const client::DrillProof& proof) {
  STEELIE_TRY(const client::DrillAnswer answer,
              session.client->ProveRecovery(proof).WithContext("proving possession of the recovery secret"));
  const Console& console = program.console();
  console.Line("Recovery secret and key of " + answer.holder + ": proved.");
  console.Line(std::to_string(answer.proven.size()) + " of " +
               std::to_string(answer.proven.size() + answer.missing.size()) + " holders, " +
               std::to_string(answer.required) +
               " are needed: " + (answer.quorum ? "quorum reached" : "no quorum yet"));
  if (!answer.missing.empty()) console.Line("Not yet: " + Join(answer.missing));
  console.Json(client::JsonObject()
                   .Add("holder", answer.holder)
                   .Add("proven", answer.proven)
                   .Add("missing", answer.missing)
                   .Add("required", answer.required)
                   .Add("quorum", answer.quorum));
  return 0;
}

Result<int> Offline(const Program& program, const Options& options) {
  STEELIE_TRY(const Bytes challenge, ReadFile(options.challenge, kMaxFile).WithContext("reading the challenge"));
  STEELIE_TRY(const client::DrillProof proof, MakeProof(options, challenge));
  STEELIE_CHECK_OK(
      client::WriteNewOutput(options.save_proof, AsBytes(client::DrillProofText(proof)), client::OutputKind::kPrivate));
  program.console().Line("Proof written to: " + options.save_proof);
  program.console().Json(client::JsonObject().Add("output", options.save_proof));
  return 0;
}

Result<int> Run(const Program& program, const Options& options) {
  STEELIE_CHECK_OK(CheckUsage(options));
  if (options.address.empty()) return Offline(program, options);
  STEELIE_TRY(const Session session, ConnectVerified(program, options.address));
  if (!options.proof.empty()) {
    STEELIE_TRY(const Bytes text, ReadFile(options.proof, kMaxFile).WithContext("reading the proof"));
    STEELIE_TRY(const client::DrillProof proof, client::ParseDrillProof(AsText(text)).WithContext(options.proof));
    return Send(program, session, proof);
  }
  STEELIE_TRY(const client::DrillStatus drill,
              session.client->GetRecoveryDrill().WithContext("retrieving the recovery drill"));
  if (options.share.empty()) return Show(program, options, drill);
  STEELIE_TRY(const client::DrillProof proof, MakeProof(options, drill.challenge));
  return Send(program, session, proof);
}

}  // namespace

void AddRecoverDrillCommand(CLI::App& parent, Program& program) {
  CLI::App& command = AddCommand(parent, "drill", "Prove to a running Coordinator that you could recover it");
  auto options = std::make_shared<Options>();
  AddOptionalArgument(command, "ADDRESS", options->address, "Client API of the Coordinator, HOST:PORT");
  AddFileOption(command, "--share", options->share,
                "Recovery secret, binary, encrypted or plain; without it, the drill's state is shown");
  options->key = AddRecoveryKeyFlags(command);
  AddFileOption(command, "--save-challenge", options->save_challenge,
                "New file for the challenge, for a proof offline");
  AddFileOption(command, "--challenge", options->challenge, "Offline: file with the challenge");
  AddFileOption(command, "--save-proof", options->save_proof, "Offline: new file for the proof");
  AddFileOption(command, "--proof", options->proof, "File with a proof made offline");
  program.Register(command, [&program, options] { return Run(program, *options); });
}

}  // namespace steelie::cli
