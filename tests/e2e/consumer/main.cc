// Joins a deployment as a marble and keeps a file sealed: consumer SIM_FOLDER COORDINATOR_ROOT_PEM SEALED_FILE

#include <steelie/marble.h>
#include <steelie/outcome.h>
#include <steelie/seal.h>
#include <steelie/secret_bytes.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace {

int Fail(const steelie::Failure& failure) {
  std::fprintf(stderr, "%s: %s\n", failure.reason.c_str(), failure.message.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  steelie::ActivateOptions options;
  options.simulation.folder = argv[1];
  std::ifstream root(argv[2]);
  options.coordinator_root = std::string(std::istreambuf_iterator<char>(root), {});
  const auto joined = steelie::ActivateAndApply(options);
  if (!joined) return Fail(joined.failure());
  std::printf("uuid=%s\n", joined->uuid.c_str());
  const steelie::SecretBytes* greeting = joined->Variable("GREETING");
  std::printf("greeting=%s\n", greeting != nullptr ? std::string(greeting->text()).c_str() : "(none)");

  // `$$seal_key` in the manifest; the variable was set by ActivateAndApply.
  const auto key = steelie::KeyText(std::getenv("SEAL_KEY"));
  const auto before = steelie::UnsealFile(argv[3], key);
  if (before) {
    std::printf("state=%s\n", std::string(before->text()).c_str());
  } else if (before.failure().reason != steelie::kSealFile) {
    return Fail(before.failure());
  }
  const auto sealed = steelie::SealFile(argv[3], key, steelie::KeyText("started once"));
  return sealed ? 0 : Fail(sealed.failure());
}
