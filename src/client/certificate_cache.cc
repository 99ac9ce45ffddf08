#include "client/certificate_cache.h"

#include "base/file.h"
#include "client/tls_identity.h"

namespace steelie::client {
namespace {

constexpr std::size_t kMaxFile = std::size_t{1} << 20U;

}  // namespace

Result<CachedCertificates> ReadCertificateCache(const std::filesystem::path& path) {
  const Result<Bytes> text = ReadFile(path, kMaxFile);
  if (!text && text.error().code() == Code::kNotFound) {
    return Error(Code::kNotFound, "client.cache.missing",
                 "no certificate of a Coordinator is cached in " + path.string() +
                     ". Run 'steelie manifest set' or 'steelie manifest verify' first, or use --insecure");
  }
  if (!text) return text.error();
  const Result<std::vector<Certificate>> chain = ParseCertificates(AsText(*text));
  if (!chain || chain->size() < 2) {
    return Error(Code::kInvalidArgument, "client.cache.malformed",
                 path.string() + ": could not parse Coordinator root certificate from PEM data");
  }
  return CachedCertificates{(*chain)[0], (*chain)[1]};
}

Status WriteCertificateCache(const std::filesystem::path& path, const CachedCertificates& certificates) {
  if (path.has_parent_path()) STEELIE_CHECK_OK(CreateFolder(path.parent_path()));
  return ReplaceFile(path, AsBytes(ChainToPem(certificates))).WithContext("saving the Coordinator's certificates");
}

std::optional<std::filesystem::path> DefaultCachePath(const char* xdg_config_home, const char* home) {
  std::filesystem::path folder;
  if (xdg_config_home != nullptr && *xdg_config_home != '\0') {
    folder = xdg_config_home;
  } else if (home != nullptr && *home != '\0') {
    folder = std::filesystem::path(home) / ".config";
  } else {
    return std::nullopt;
  }
  return folder / "marblerun" / "coordinator-cert.pem";
}

std::string ChainToPem(const CachedCertificates& certificates) {
  return certificates.intermediate.ToPem() + certificates.root.ToPem();
}

}  // namespace steelie::client
