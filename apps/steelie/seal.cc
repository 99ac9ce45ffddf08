#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <CLI/CLI.hpp>

#include "base/file.h"
#include "commands.h"
#include "program.h"
#include "secret/harden.h"
#include "secret/wipe.h"
#include "steelie/seal.h"

namespace steelie::cli {
namespace {

struct SealFlags {
  std::string key_env;
  std::string key_file;
  std::string associated_data;
  std::string input;
  std::string output;
};

Failure FileFailure(const Error& error) { return {std::string(kSealFile), error.message()}; }

// Key material from where the flags say. Hexadecimal digits may be followed by one line end, as editors leave it.
Outcome<SecretBytes> ReadKey(const SealFlags& flags) {
  if (!flags.key_env.empty()) {
    const char* value = std::getenv(flags.key_env.c_str());
    if (value == nullptr) return Failure{std::string(kSealKey), "the variable " + flags.key_env + " is not set"};
    return SecretBytes(KeyText(value));
  }
  constexpr std::size_t kMaxKeyFile = 4096;
  auto content = ReadFile(flags.key_file, kMaxKeyFile);
  if (!content) return FileFailure(content.error());
  ByteView key = *content;
  const bool hex_line = key.size() == 65 && key.back() == '\n' &&
                        std::ranges::all_of(key.first(64), [](std::uint8_t c) { return std::isxdigit(c) != 0; });
  if (hex_line) key = key.first(64);
  SecretBytes out(key);
  Wipe(content->data(), content->size());
  return out;
}

Outcome<Done> SealOne(const SealFlags& flags) {
  const auto key = ReadKey(flags);
  if (!key) return key.failure();
  auto plaintext = ReadFile(flags.input, kSealMax);
  if (!plaintext) return FileFailure(plaintext.error());
  auto done = SealFile(flags.output, key->bytes(), *plaintext, AsBytes(flags.associated_data));
  Wipe(plaintext->data(), plaintext->size());
  return done;
}

Outcome<Done> UnsealOne(const SealFlags& flags) {
  const auto key = ReadKey(flags);
  if (!key) return key.failure();
  const auto plaintext = UnsealFile(flags.input, key->bytes(), AsBytes(flags.associated_data));
  if (!plaintext) return plaintext.failure();
  const auto written = ReplaceFile(flags.output, plaintext->bytes());
  if (!written) return FileFailure(written.error());
  return Done{};
}

void AddOne(CLI::App& app, Program& program, const char* name, const char* help,
            Outcome<Done> (*work)(const SealFlags&)) {
  const auto flags = std::make_shared<SealFlags>();
  CLI::App* command = app.add_subcommand(name, help);
  auto* keys = command->add_option_group("key", "where the key comes from");
  keys->add_option("--key-env", flags->key_env, "environment variable with the key");
  keys->add_option("--key-file", flags->key_file, "file with the key")->type_name("FILE");
  keys->require_option(1);
  command->add_option("--associated-data", flags->associated_data,
                      "text that is authenticated but not stored; the same for both commands");
  command->add_option("IN", flags->input, "file to read")->required();
  command->add_option("OUT", flags->output, "file to write (mode 0600)")->required();
  program.Register(*command, [&program, name, flags, work]() -> Result<int> {
    const auto done = work(*flags);
    if (!done) return Error(Code::kInvalidArgument, done.failure().reason, done.failure().message);
    program.console().Json(
        client::JsonObject().Add("done", name).Add("input", flags->input).Add("output", flags->output));
    return 0;
  });
}

}  // namespace

void AddSealCommands(CLI::App& app, Program& program) {
  AddOne(app, program, "seal", "Encrypt a file with a key from the Coordinator", SealOne);
  AddOne(app, program, "unseal", "Decrypt a file that `steelie seal` or the library sealed", UnsealOne);
}

}  // namespace steelie::cli
