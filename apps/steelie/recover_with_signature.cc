#include "base/file.h"
#include "client/output_file.h"
#include "client/recovery.h"
#include "commands.h"
#include "crypto/pem.h"
#include "recovery_key.h"
#include "recovery_upload.h"

// Recovery with keys that never touch a machine with a network: what they have to do is done by the offline commands
// `encrypt-secret` and `sign-secret`, or by other tools.
namespace steelie::cli {
namespace {

constexpr std::size_t kMaxFile = std::size_t{64} << 10U;
constexpr const char* kEncrypted =
    "recovery key appears to be encrypted, but no \"--key\" or \"--pkcs11-config\" flag was set to load a private key "
    "for decryption";
constexpr const char* kUnsigned = "signing requires setting either \"--key\" or \"--pkcs11-config\"";

struct Options {
  std::string file;
  std::string address;
  std::string signature;
};

Result<int> Upload(const Program& program, const Options& options) {
  if (options.signature.empty()) {
    return Error(Code::kInvalidArgument, "cli.signature",
                 "the signature of the recovery secret is missing: give its file with --signature");
  }
  STEELIE_TRY(const SecretBuffer secret, ReadRecoverySecret(options.file));
  STEELIE_TRY(const Bytes signature, ReadFile(options.signature, kMaxFile).WithContext("reading the signature"));
  STEELIE_TRY(const Session session, ConnectVerified(program, options.address));
  return UploadRecovery(program, session, secret, signature);
}

struct PublicKeyOptions {
  std::string address;
  std::string output;
};

Result<int> FetchPublicKey(const Program& program, const PublicKeyOptions& options) {
  STEELIE_TRY(const Session session, ConnectVerified(program, options.address));
  STEELIE_TRY(const PublicKey key,
              session.client->GetRecoveryPublicKey().WithContext("retrieving the Coordinator's recovery public key"));
  const std::string pem = PemEncode("PUBLIC KEY", key.spki());
  client::JsonObject json;
  if (options.output.empty()) {
    program.console().Line(std::string_view(pem).substr(0, pem.size() - 1));
    json.Add("pem", pem);
  } else {
    STEELIE_CHECK_OK(client::WriteNewOutput(options.output, AsBytes(pem), client::OutputKind::kPrivate));
    program.console().Line("Public key written to: " + options.output);
    json.Add("pem", pem).Add("output", options.output);
  }
  program.console().Json(json);
  STEELIE_CHECK_OK(SaveQuote(program, session));
  return 0;
}

struct OfflineOptions {
  std::string file;
  std::string output;
  std::string coordinator_key;
  std::shared_ptr<RecoveryKeyFlags> key;
};

Status RequireOutput(const OfflineOptions& options) {
  if (!options.output.empty()) return Ok();
  return Error(Code::kInvalidArgument, "cli.output", "name the file for the result with --output");
}

Result<int> Finish(const Program& program, const OfflineOptions& options, const char* what, ByteView result) {
  STEELIE_CHECK_OK(client::WriteNewOutput(options.output, result, client::OutputKind::kPrivate));
  program.console().Line(std::string(what) + " written to: " + options.output);
  program.console().Json(client::JsonObject().Add("output", options.output));
  return 0;
}

Result<PublicKey> ReadCoordinatorKey(const std::string& file) {
  if (file.empty()) {
    return Error(Code::kInvalidArgument, "cli.coordinator_key",
                 "name the Coordinator's public key with --coordinator-pub-key: `recover-with-signature public-key` "
                 "saves it");
  }
  STEELIE_TRY(const Bytes text, ReadFile(file, kMaxFile).WithContext("reading the Coordinator's public key"));
  const std::vector<PemBlock> blocks = PemDecode(AsText(text));
  if (blocks.empty() || blocks[0].label != "PUBLIC KEY") {
    return Error(Code::kInvalidArgument, "cli.coordinator_key", file + " holds no PEM block of type PUBLIC KEY");
  }
  return PublicKey::FromSpki(blocks[0].bytes).WithContext(file);
}

Result<int> EncryptSecret(const Program& program, const OfflineOptions& options) {
  STEELIE_CHECK_OK(RequireOutput(options));
  STEELIE_TRY(const PublicKey coordinator, ReadCoordinatorKey(options.coordinator_key));
  STEELIE_TRY(SecretBuffer secret, ReadRecoverySecret(options.file));
  if (!client::IsPlainRecoverySecret(secret)) {
    STEELIE_TRY(const auto key, LoadRecoveryKey(*options.key, kEncrypted));
    STEELIE_TRY(secret, client::DecryptRecovery(secret, *key).WithContext(options.file));
  }
  STEELIE_TRY(const Bytes encrypted, coordinator.RsaOaepEncrypt(secret));
  return Finish(program, options, "Encrypted secret", encrypted);
}

Result<int> SignSecret(const Program& program, const OfflineOptions& options) {
  STEELIE_CHECK_OK(RequireOutput(options));
  STEELIE_TRY(const auto key, LoadRecoveryKey(*options.key, kUnsigned));
  STEELIE_TRY(const SecretBuffer secret, ReadRecoverySecret(options.file));
  const Result<client::RecoveryUpload> upload = client::PrepareRecovery(secret, *key);
  if (!upload) return Error(upload.error()).WithContext(options.file);
  return Finish(program, options, "Signature", upload->signature);
}

void AddOffline(CLI::App& parent, Program& program, const char* name, const char* description, bool encrypts,
                Result<int> (*function)(const Program&, const OfflineOptions&)) {
  CLI::App& command = AddCommand(parent, name, description);
  auto options = std::make_shared<OfflineOptions>();
  AddArgument(command, "FILE", options->file, "Recovery secret, binary, encrypted or plain");
  AddFileOption(command, "-o,--output", options->output, "New file for the result");
  if (encrypts) {
    AddFileOption(command, "--coordinator-pub-key", options->coordinator_key, "PEM file that `public-key` saved");
  }
  options->key = AddRecoveryKeyFlags(command);
  program.Register(command, [&program, options, function] { return function(program, *options); });
}

}  // namespace

void AddRecoverWithSignatureCommand(CLI::App& parent, Program& program) {
  CLI::App& command = AddCommand(parent, "recover-with-signature",
                                 "Give a Coordinator a recovery secret that was signed on another machine");
  auto options = std::make_shared<Options>();
  AddOptionalArgument(command, "FILE", options->file, "Recovery secret, plain or encrypted to the Coordinator");
  AddOptionalArgument(command, "ADDRESS", options->address, "Client API of the Coordinator, HOST:PORT");
  AddFileOption(command, "-s,--signature", options->signature, "File with the signature of the plain secret");
  program.Register(command, [&program, options] { return Upload(program, *options); });

  CLI::App& fetch = AddCommand(command, "public-key", "Get the key that the Coordinator takes secrets under");
  auto fetch_options = std::make_shared<PublicKeyOptions>();
  AddAddress(fetch, fetch_options->address);
  AddFileOption(fetch, "-o,--output", fetch_options->output, "New file for the key");
  program.Register(fetch, [&program, fetch_options] { return FetchPublicKey(program, *fetch_options); });

  AddOffline(command, program, "encrypt-secret", "Encrypt a recovery secret to the Coordinator, without a network",
             true, EncryptSecret);
  AddOffline(command, program, "sign-secret", "Sign a recovery secret, without a network", false, SignSecret);
}

}  // namespace steelie::cli
