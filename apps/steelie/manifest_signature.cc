#include "client/manifest_file.h"
#include "commands.h"
#include "manifest/fingerprint.h"
#include "program.h"

namespace steelie::cli {

void AddManifestSignatureCommand(CLI::App& parent, Program& program) {
  CLI::App& command = AddCommand(parent, "signature", "Print the fingerprint of a manifest");
  auto path = std::make_shared<std::string>();
  AddArgument(command, "MANIFEST", *path, "Manifest, JSON or YAML");
  program.Register(command, [&program, path]() -> Result<int> {
    STEELIE_TRY(const client::ManifestFile file, client::ReadManifestFile(*path));
    const std::string fingerprint = manifest::Fingerprint(file.document);
    program.console().Line(fingerprint);
    program.console().Json(client::JsonObject().Add("fingerprint", fingerprint));
    return 0;
  });
}

}  // namespace steelie::cli
