#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "crypto/x509.h"

namespace steelie::client {

/// The certificates of the Coordinator that was verified last: PEM, intermediate first, root second. Shared with the
/// reference tool.
struct CachedCertificates {
  Certificate intermediate;
  Certificate root;
};

/// Errors: kNotFound `client.cache.missing` with the command that fills the cache; kInvalidArgument
/// `client.cache.malformed`.
Result<CachedCertificates> ReadCertificateCache(const std::filesystem::path& path);

/// Makes missing folders. Errors: kUnavailable.
Status WriteCertificateCache(const std::filesystem::path& path, const CachedCertificates& certificates);

/// `$XDG_CONFIG_HOME/marblerun/coordinator-cert.pem`, or below `$HOME/.config`; nothing if neither is set.
std::optional<std::filesystem::path> DefaultCachePath(const char* xdg_config_home, const char* home);

/// The chain as PEM, intermediate first.
std::string ChainToPem(const CachedCertificates& certificates);

}  // namespace steelie::client
