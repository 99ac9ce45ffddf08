#include "session.h"

#include <array>
#include <chrono>
#include <cstdio>

#include "base/file.h"
#include "client/certificate_cache.h"
#include "client/output_file.h"
#include "client/tls_token_key.h"

namespace steelie::cli {
namespace {

constexpr std::size_t kMaxConfig = std::size_t{1} << 20U;
constexpr const char* kDefaultConfig = "era-config.json";

Session NewSession(const Program& program, const client::Address& address, std::optional<Certificate> root,
                   std::optional<client::TlsIdentity> identity) {
  Session out;
  out.transport = std::make_unique<client::HttpsClient>(
      address, client::HttpsClient::Options{std::move(root), std::move(identity),
                                            std::chrono::seconds(program.options().timeout_seconds)});
  out.client = std::make_unique<client::CoordinatorClient>(*out.transport);
  return out;
}

Result<client::CoordinatorDescription> LoadDescription(const Program& program) {
  std::string path = program.options().era_config;
  if (path.empty()) {
    path = kDefaultConfig;
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
      return Error(Code::kInvalidArgument, "cli.no_description",
                   "nothing says what a genuine Coordinator is: give its properties with --era-config or in " + path +
                       " (on the simulated platform: 'steelie package-info PROGRAM --json' prints them), or skip "
                       "the verification with --insecure");
    }
    program.console().Line("Reusing existing config file");
  }
  STEELIE_TRY(const Bytes text, ReadFile(path, kMaxConfig).WithContext("reading era config file"));
  return client::CoordinatorDescription::Parse(AsText(text)).WithContext("reading era config file: " + path);
}

Result<client::VerifyOptions> LoadVerifyOptions(const Program& program) {
  client::VerifyOptions out;
  out.nonce = ToBytes(std::string_view(program.options().nonce));
  out.now = program.clock().Now();
  out.insecure = program.options().insecure;
  if (out.insecure) {
    program.console().Warning("Warning: skipping quote verification");
    return out;
  }
  STEELIE_TRY(out.expected, LoadDescription(program));
  for (const std::string& warning : out.expected.warnings) program.console().Warning(warning);
  if (program.options().sim_platform.empty()) return out;
  const std::filesystem::path vendor = std::filesystem::path(program.options().sim_platform) / "vendor.crt";
  STEELIE_TRY(const Bytes text, ReadFile(vendor, kMaxConfig).WithContext("reading the simulated platform's root"));
  STEELIE_TRY(out.sim_vendor_root, Certificate::FromPem(AsText(text)).WithContext(vendor.string()));
  return out;
}

Result<std::filesystem::path> CachePath(const Program& program) {
  if (!program.options().certificate_cache.empty()) return std::filesystem::path(program.options().certificate_cache);
  return Error(Code::kInvalidArgument, "cli.no_cache",
               "neither HOME nor XDG_CONFIG_HOME is set: name the certificate cache with --coordinator-cert");
}

std::string Day(CertificateTime time) {
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(time)};
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text.data();
}

void WarnOfLifetime(const Program& program, const std::string& file, const Certificate& certificate) {
  const auto now = std::chrono::floor<std::chrono::seconds>(program.clock().Now());
  std::string what;
  if (certificate.NotAfter() < now) what = "expired on " + Day(certificate.NotAfter());
  if (certificate.NotBefore() > now) what = "is not valid before " + Day(certificate.NotBefore());
  if (what.empty()) return;
  program.console().Warning("Warning: the client certificate " + file + " " + what +
                            ". A Coordinator accepts it, as it compares certificates with those of the manifest, but "
                            "you may want a new one");
}

}  // namespace

Result<Session> ConnectVerified(const Program& program, const std::string& address_text,
                                std::optional<client::TlsIdentity> identity) {
  STEELIE_TRY(const client::Address address, client::ParseAddress(address_text));
  STEELIE_TRY(const client::VerifyOptions options, LoadVerifyOptions(program));
  // Nobody is trusted yet: evidence carries its own proof.
  const Session first = NewSession(program, address, std::nullopt, std::nullopt);
  STEELIE_TRY(const client::QuoteAnswer answer,
              first.client->GetQuote(options.nonce).WithContext("retrieving Coordinator quote"));
  STEELIE_TRY(client::VerifiedCoordinator coordinator,
              client::VerifyCoordinator(answer, options).WithContext("verifying Coordinator quote"));
  for (const std::string& warning : coordinator.warnings) program.console().Warning(warning);
  Session out = NewSession(program, address, coordinator.root, std::move(identity));
  out.coordinator = std::move(coordinator);
  return out;
}

Result<Session> ConnectCached(const Program& program, const std::string& address_text,
                              std::optional<client::TlsIdentity> identity) {
  STEELIE_TRY(const client::Address address, client::ParseAddress(address_text));
  if (program.options().insecure) return NewSession(program, address, std::nullopt, std::move(identity));
  STEELIE_TRY(const std::filesystem::path path, CachePath(program));
  STEELIE_TRY(const client::CachedCertificates cached, client::ReadCertificateCache(path));
  return NewSession(program, address, cached.root, std::move(identity));
}

void ReportVerified(const Program& program, const Session& session, const std::string& next) {
  const bool verified = session.coordinator && session.coordinator->claims;
  program.console().Line((verified ? "Successfully verified Coordinator, now " : "Coordinator not verified, now ") +
                         next);
}

Status SaveCertificates(const Program& program, const Session& session) {
  STEELIE_TRY(const std::filesystem::path path, CachePath(program));
  return client::WriteCertificateCache(path, {session.coordinator->intermediate, session.coordinator->root});
}

Status SaveQuote(const Program& program, const Session& session) {
  const std::string& path = program.options().save_quote;
  if (path.empty()) return Ok();
  if (session.coordinator->quote.empty()) {
    program.console().Warning("Warning: the Coordinator has no evidence to save in " + path);
    return Ok();
  }
  return client::WriteOutput(path, session.coordinator->quote, client::OutputKind::kPrivate);
}

std::string RecoverySecretsMap(const client::RecoverySecrets& secrets) {
  client::JsonObject map;
  for (const auto& [name, value] : secrets) map.Add(name, value);
  return map.Text();
}

std::string RecoverySecretsJson(const client::RecoverySecrets& secrets) {
  return client::JsonObject().AddRaw("RecoverySecrets", RecoverySecretsMap(secrets)).Text();
}

Status OutputRecoverySecrets(const Program& program, const client::RecoverySecrets& secrets, const std::string& file) {
  if (secrets.empty()) return Ok();
  const std::string json = RecoverySecretsJson(secrets);
  if (file.empty()) {
    program.console().Line(json);
    return Ok();
  }
  const Status saved = client::WriteOutput(file, AsBytes(json), client::OutputKind::kPrivate);
  if (saved) {
    program.console().Line("Recovery data saved to: " + file);
    return Ok();
  }
  // They are shown once and never again: rather on the screen than lost.
  program.console().Warning("Warning: the recovery data could not be saved: " + saved.error().message());
  for (const auto& [name, value] : secrets) program.console().Line("\"" + name + "\": \"" + value + "\"");
  return saved;
}

std::shared_ptr<UserFlags> AddUserFlags(CLI::App& command) {
  auto flags = std::make_shared<UserFlags>();
  AddFileOption(command, "-c,--cert", flags->certificate, "PEM certificate of the user");
  AddFileOption(command, "-k,--key", flags->key, "PEM private key of the user");
  AddFileOption(command, "--pkcs11-config", flags->pkcs11_config,
                "PKCS#11 configuration (JSON): the token that has the user's key");
  AddOption(command, "--pkcs11-key-id", flags->pkcs11_key_id, "PKCS#11 key id");
  AddOption(command, "--pkcs11-key-label", flags->pkcs11_key_label, "PKCS#11 key label");
  AddOption(command, "--pkcs11-cert-id", flags->pkcs11_cert_id, "PKCS#11 certificate id");
  AddOption(command, "--pkcs11-cert-label", flags->pkcs11_cert_label, "PKCS#11 certificate label");
  return flags;
}

Result<client::TlsIdentity> LoadUser(const Program& program, const UserFlags& flags) {
  const auto bad = [](const char* why) { return Error(Code::kInvalidArgument, "cli.user", why); };
  const client::TokenObjectName token_key{flags.pkcs11_key_id, flags.pkcs11_key_label};
  const client::TokenObjectName token_certificate{flags.pkcs11_cert_id, flags.pkcs11_cert_label};
  if (!flags.pkcs11_config.empty()) {
    if (!flags.key.empty()) return bad("--pkcs11-config and --key exclude each other");
    if (token_key.empty()) return bad("which key of the token? Give --pkcs11-key-id or --pkcs11-key-label");
    if (token_certificate.empty() == flags.certificate.empty()) {
      return bad(
          "the certificate is either in the token, named by --pkcs11-cert-id or --pkcs11-cert-label, or in the file "
          "of --cert");
    }
    STEELIE_TRY(client::TlsIdentity user,
                client::ReadTokenIdentity({flags.pkcs11_config, token_key, token_certificate, flags.certificate}));
    WarnOfLifetime(program, flags.certificate.empty() ? "the token's certificate" : flags.certificate,
                   user.chain.front());
    return user;
  }
  if (!token_key.empty() || !token_certificate.empty()) return bad("the flags --pkcs11-... need --pkcs11-config");
  if (flags.certificate.empty() && flags.key.empty()) {
    return bad("this command acts for a user: give the user's certificate and private key with --cert and --key");
  }
  if (flags.certificate.empty() || flags.key.empty()) return bad("--cert and --key must be given together");
  STEELIE_TRY(client::TlsIdentity user, client::ReadTlsIdentity(flags.certificate, flags.key));
  WarnOfLifetime(program, flags.certificate, user.chain.front());
  return user;
}

}  // namespace steelie::cli
