#include "commands.h"
#include "crypto/library_version.h"
#include "program.h"

namespace steelie::cli {
namespace {

constexpr std::string_view kBuildDate = STEELIE_BUILD_DATE;

client::JsonObject ToJson() {
  client::JsonObject json;
  json.Add("version", STEELIE_VERSION).Add("commit", STEELIE_COMMIT);
  if (!kBuildDate.empty()) json.Add("buildDate", kBuildDate);
  return json.Add("openssl", OpenSslVersion());
}

}  // namespace

void PrintVersion(const Console& console) {
  console.Line("steelie " STEELIE_VERSION " (" STEELIE_COMMIT ")");
  if (!kBuildDate.empty()) console.Line("Built from the source of " + std::string(kBuildDate));
  console.Line("OpenSSL " + OpenSslVersion());
  console.Json(ToJson());
}

void AddVersionCommand(CLI::App& parent, Program& program) {
  CLI::App& command = AddCommand(parent, "version", "Print the version of this program");
  program.Register(command, [&program]() -> Result<int> {
    // Scripts know these two lines.
    program.console().Line("CLI Version: v" STEELIE_VERSION " ");
    program.console().Line("Commit: " STEELIE_COMMIT);
    program.console().Json(ToJson());
    return 0;
  });
}

}  // namespace steelie::cli
