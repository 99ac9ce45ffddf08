#include "base/file.h"
#include "client/output_file.h"
#include "client/secret_value.h"
#include "commands.h"
#include "session.h"

namespace steelie::cli {
namespace {

constexpr std::size_t kMaxFile = std::size_t{1} << 20U;

struct Options {
  std::vector<std::string> arguments;
  std::string file;
  std::string address;
  std::string from_pem;
  std::string output;
};

Result<client::UserSecrets> LoadSecrets(const Options& options) {
  STEELIE_TRY(Bytes text, ReadFile(options.file, kMaxFile).WithContext("reading the secrets file"));
  if (options.from_pem.empty()) {
    Result<client::UserSecrets> secrets = client::ParseSecretFile(AsText(text)).WithContext(options.file);
    Wipe(text.data(), text.size());
    return secrets;
  }
  Result<client::UserSecret> secret = client::ParsePemSecret(AsText(text)).WithContext(options.file);
  Wipe(text.data(), text.size());
  if (!secret) return secret.error();
  client::UserSecrets out;
  out.emplace(options.from_pem, std::move(*secret));
  return out;
}

Result<int> Set(const Program& program, const Options& options, const UserFlags& flags) {
  STEELIE_TRY(const client::UserSecrets secrets, LoadSecrets(options));
  STEELIE_TRY(client::TlsIdentity user, LoadUser(program, flags));
  STEELIE_TRY(const Session session, ConnectCached(program, options.address, std::move(user)));
  STEELIE_CHECK_OK(session.client->SetSecrets(secrets).WithContext("setting secret"));
  program.console().Line("Secret successfully set");
  std::vector<std::string> names;
  for (const auto& entry : secrets) names.push_back(entry.first);
  program.console().Json(client::JsonObject().Add("set", names));
  return 0;
}

Result<int> Get(const Program& program, const Options& options, const UserFlags& flags) {
  std::vector<std::string> names = options.arguments;
  const std::string address = names.back();
  names.pop_back();
  STEELIE_TRY(client::TlsIdentity user, LoadUser(program, flags));
  STEELIE_TRY(const Session session, ConnectCached(program, address, std::move(user)));
  STEELIE_TRY(const client::SecretEntries secrets, session.client->GetSecrets(names).WithContext("getting secrets"));
  const SecretBuffer json = client::SecretsToJson(secrets);
  if (options.output.empty()) {
    program.console().Text(AsText(client::SecretsToText(secrets)));
    program.console().JsonRaw(AsText(json));
    return 0;
  }
  STEELIE_CHECK_OK(client::WriteOutput(options.output, json, client::OutputKind::kPrivate));
  program.console().Line("Saved secrets to: " + options.output);
  program.console().Json(client::JsonObject().Add("output", options.output));
  return 0;
}

}  // namespace

void AddSecretCommand(CLI::App& parent, Program& program) {
  CLI::App& command = AddCommand(parent, "secret", "Upload and read secrets as a user");
  const std::shared_ptr<UserFlags> flags = AddUserFlags(command);

  CLI::App& set = AddCommand(command, "set", "Upload values of user-defined secrets");
  auto set_options = std::make_shared<Options>();
  AddArgument(set, "FILE", set_options->file, "JSON file with the secrets, or PEM with --from-pem");
  AddAddress(set, set_options->address);
  AddOption(set, "--from-pem", set_options->from_pem, "Name of the secret that the PEM file holds");
  program.Register(set, [&program, set_options, flags] { return Set(program, *set_options, *flags); });

  CLI::App& get = AddCommand(command, "get", "Read secrets");
  auto get_options = std::make_shared<Options>();
  AddArguments(get, "NAME... ADDRESS", get_options->arguments, 2,
               "Names of the secrets, then HOST:PORT of the Coordinator");
  AddFileOption(get, "-o,--output", get_options->output, "File for the secrets as JSON instead of standard output");
  program.Register(get, [&program, get_options, flags] { return Get(program, *get_options, *flags); });
}

}  // namespace steelie::cli
