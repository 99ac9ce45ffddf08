#include "client/manifest_file.h"
#include "commands.h"
#include "control/try_out.h"
#include "crypto/random.h"
#include "manifest/fingerprint.h"
#include "program.h"

namespace steelie::cli {
namespace {

struct Options {
  std::string manifest;
  bool strict = false;
  bool lenient = false;
};

std::string Severity(const manifest::Problem& problem, bool is_error) {
  if (is_error) return "error";
  return problem.reason.starts_with("manifest.advice.") ? "advice" : "warning";
}

std::string ToJson(const manifest::Problem& problem, const std::string& severity) {
  return client::JsonObject()
      .Add("severity", severity)
      .Add("line", std::uint64_t{problem.line})
      .Add("column", std::uint64_t{problem.column})
      .Add("reason", problem.reason)
      .Add("pointer", problem.pointer)
      .Add("message", problem.message)
      .Text();
}

Result<int> Run(const Program& program, const Options& options) {
  STEELIE_TRY(const client::ManifestFile file, client::ReadManifestFile(options.manifest));
  manifest::Outcome outcome = client::CheckManifestFile(file, {.lenient = options.lenient});
  if (outcome.errors.empty()) {
    // What a Coordinator does last: every placeholder is tried out.
    SystemRandom random;
    auto mistakes = control::TryOut(file.document, options.lenient, random, program.clock().Now());
    if (mistakes) {
      client::Relocate(file, *mistakes);
      outcome.errors = std::move(*mistakes);
    } else {
      outcome.errors.push_back({mistakes.error().reason(), "", 1, 1, mistakes.error().message()});
    }
  }
  std::vector<std::string> json;
  const auto report = [&](const manifest::Problem& problem, bool is_error) {
    const std::string severity = Severity(problem, is_error);
    json.push_back(ToJson(problem, severity));
    program.console().Line(options.manifest + ":" + std::to_string(problem.line) + ":" +
                           std::to_string(problem.column) + ": " + severity + ": " + problem.message + " (" +
                           problem.pointer + (problem.pointer.empty() ? "" : ", ") + problem.reason + ")");
  };
  for (const manifest::Problem& problem : outcome.errors) report(problem, true);
  for (const manifest::Problem& problem : outcome.warnings) report(problem, false);
  const bool ok = outcome.errors.empty() && !(options.strict && !outcome.warnings.empty());
  const std::string fingerprint = manifest::Fingerprint(file.document);
  if (ok) program.console().Line(options.manifest + ": OK, fingerprint " + fingerprint);
  program.console().Json(
      client::JsonObject().Add("ok", ok).Add("fingerprint", fingerprint).AddRaw("problems", client::JsonArray(json)));
  return ok ? 0 : 1;
}

}  // namespace

void AddManifestCheckCommand(CLI::App& parent, Program& program) {
  CLI::App& command = AddCommand(parent, "check", "Look for mistakes in a manifest, without a Coordinator");
  auto options = std::make_shared<Options>();
  AddArgument(command, "MANIFEST", options->manifest, "Manifest, JSON or YAML");
  AddFlag(command, "--strict", options->strict, "Fail on warnings and advice, too");
  AddFlag(command, "--lenient", options->lenient, "Only warn of unknown fields, as a lenient Coordinator does");
  program.Register(command, [&program, options] { return Run(program, *options); });
}

}  // namespace steelie::cli
