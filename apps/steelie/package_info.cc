#include <filesystem>

#include "attest/sgx/sigstruct.h"
#include "base/file.h"
#include "commands.h"
#include "platform/sim.h"
#include "program.h"

namespace steelie::cli {
namespace {

namespace fs = std::filesystem;
using attest::sgx::SigStruct;

constexpr std::size_t kMaxEnclave = std::size_t{2} << 30U;
constexpr std::size_t kMaxSignature = std::size_t{1} << 20U;
constexpr const char* kOcclumLibrary = "build/lib/libocclum-libos.signed.so";

Error Unknown(const std::string& why) {
  return Error(Code::kInvalidArgument, "package_info.unknown", "unable to determine enclave properties: " + why);
}

std::optional<SigStruct> FindInSection(ByteView file, std::string_view name) {
  const auto section = attest::sgx::FindElfSection(file, name);
  return section ? attest::sgx::FindSigStruct(*section) : std::nullopt;
}

Result<int> Print(const Program& program, const std::string& heading, const SigStruct& sig) {
  const std::string unique = HexEncode(sig.mr_enclave);
  const std::string signer = HexEncode(sig.mr_signer);
  const Console& console = program.console();
  console.Line(heading + ":");
  console.Line("UniqueID (MRENCLAVE)      : " + unique);
  console.Line("SignerID (MRSIGNER)       : " + signer);
  console.Line("ProductID (ISVPRODID)     : " + std::to_string(sig.product_id));
  console.Line("SecurityVersion (ISVSVN)  : " + std::to_string(sig.security_version));
  // The keys of a file for --era-config, which are those of a package in a manifest, too.
  console.Json(client::JsonObject()
                   .Add("SecurityVersion", std::uint64_t{sig.security_version})
                   .Add("ProductID", std::uint64_t{sig.product_id})
                   .Add("UniqueID", unique)
                   .Add("SignerID", signer));
  return 0;
}

Result<int> PrintSimulated(const Program& program, const std::string& path) {
  STEELIE_TRY(const Sha256Digest digest, platform::MeasureProgram(path));
  const std::string measurement = HexEncode(digest);
  program.console().Line("PackageProperties for '" + path + "' on the simulated platform:");
  program.console().Line("Measurement (SHA-256)     : " + measurement);
  program.console().Json(
      client::JsonObject().AddRaw("Sim", client::JsonObject().Add("Measurement", measurement).Text()));
  return 0;
}

// One file `*.sig` in the folder, and not more: which one would be meant?
Result<std::optional<fs::path>> GramineSignature(const fs::path& folder) {
  std::optional<fs::path> found;
  std::error_code failed;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    if (at->path().extension() != ".sig") continue;
    if (found) return Unknown("there are several .sig files in " + folder.string() + ": name one of them");
    found = at->path();
  }
  if (failed) return Error(Code::kUnavailable, "file.read", "cannot list " + folder.string() + ": " + failed.message());
  return found;
}

Result<int> RunFolder(const Program& program, const std::string& path) {
  STEELIE_TRY(const std::optional<fs::path> signature, GramineSignature(path));
  if (signature) {
    STEELIE_TRY(const Bytes bytes, ReadFile(*signature, kMaxSignature));
    const auto sig = attest::sgx::FindSigStruct(bytes);
    if (!sig) return Unknown(signature->string() + " holds no enclave signature");
    program.console().Line("Detected Gramine instance.");
    return Print(program, "PackageProperties for Gramine instance at '" + path + "'", *sig);
  }
  const fs::path library = fs::path(path) / kOcclumLibrary;
  std::error_code ignored;
  if (!fs::exists(library, ignored)) {
    return Unknown(path + " has neither a .sig file (Gramine) nor " + kOcclumLibrary + " (Occlum)");
  }
  STEELIE_TRY(const Bytes bytes, ReadFile(library, kMaxEnclave));
  const auto sig = FindInSection(bytes, ".note.sgxmeta");
  if (!sig) return Unknown(library.string() + " holds no enclave signature");
  program.console().Line("Detected Occlum image.");
  return Print(program, "PackageProperties for Occlum image at '" + path + "'", *sig);
}

Result<int> RunFile(const Program& program, const std::string& path) {
  const std::string heading = "PackageProperties for '" + path + "'";
  {
    STEELIE_TRY(const Bytes bytes, ReadFile(path, kMaxEnclave));
    for (const char* section : {".oeinfo", ".note.sgxmeta"}) {
      if (const auto sig = FindInSection(bytes, section)) return Print(program, heading, *sig);
      // Built as an enclave, but to be signed yet: its properties are not those of a program in simulation.
      if (attest::sgx::FindElfSection(bytes, section)) {
        return Unknown(path + " is an enclave without a signature: sign it first");
      }
    }
    if (fs::path(path).extension() == ".sig") {
      const auto sig = attest::sgx::FindSigStruct(bytes);
      if (!sig) return Unknown(path + " holds no enclave signature");
      return Print(program, heading, *sig);
    }
  }
  return PrintSimulated(program, path);
}

}  // namespace

void AddPackageInfoCommand(CLI::App& parent, Program& program) {
  CLI::App& command = AddCommand(parent, "package-info", "Print what a manifest's package may say of a program");
  auto path = std::make_shared<std::string>();
  AddArgument(command, "PATH", *path,
              "Signed enclave, .sig file, folder of a Gramine or Occlum instance, or a program for simulation");
  program.Register(command, [&program, path]() -> Result<int> {
    std::error_code ignored;
    return fs::is_directory(*path, ignored) ? RunFolder(program, *path) : RunFile(program, *path);
  });
}

}  // namespace steelie::cli
