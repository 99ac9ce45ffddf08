#include "client/tls_identity.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/file.h"
#include "crypto/openssl_util.h"
#include "crypto/pem.h"

namespace steelie::client {
namespace {

constexpr std::size_t kMaxFile = std::size_t{1} << 20U;

struct KeyLabel {
  std::string_view label;
  int type;  // of OpenSSL; EVP_PKEY_NONE for PKCS#8
};
constexpr KeyLabel kKeyLabels[] = {
    {"PRIVATE KEY", EVP_PKEY_NONE}, {"EC PRIVATE KEY", EVP_PKEY_EC}, {"RSA PRIVATE KEY", EVP_PKEY_RSA}};

Error Malformed(std::string_view label) {
  openssl::DrainErrors();
  return Error(Code::kInvalidArgument, "client.key.malformed",
               "the block \"" + std::string(label) + "\" holds no valid private key");
}

Result<PrivateKey> FromTraditional(int type, const PemBlock& block) {
  const std::uint8_t* at = block.bytes.data();
  const openssl::PkeyPtr key(d2i_PrivateKey(type, nullptr, &at, static_cast<long>(block.bytes.size())));
  if (!key || at != block.bytes.data() + block.bytes.size()) return Malformed(block.label);
  PKCS8_PRIV_KEY_INFO* info = EVP_PKEY2PKCS8(key.get());
  if (info == nullptr) return Malformed(block.label);
  std::uint8_t* der = nullptr;
  const int size = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
  PKCS8_PRIV_KEY_INFO_free(info);
  if (size <= 0) return Malformed(block.label);
  Result<PrivateKey> out = PrivateKey::FromPkcs8(ByteView(der, static_cast<std::size_t>(size)));
  OPENSSL_clear_free(der, static_cast<std::size_t>(size));
  return out;
}

bool IsEncrypted(std::string_view pem, std::string_view label) {
  // RFC 1421 header of the traditional formats.
  return label == "ENCRYPTED PRIVATE KEY" || pem.find("Proc-Type: 4,ENCRYPTED") != std::string_view::npos;
}

}  // namespace

Result<PrivateKey> ParsePrivateKey(std::string_view pem) {
  for (const PemBlock& block : PemDecode(pem)) {
    if (block.label.find("PRIVATE KEY") == std::string::npos) continue;
    if (IsEncrypted(pem, block.label)) {
      return Error(Code::kInvalidArgument, "client.key.encrypted",
                   "the private key is encrypted; give it decrypted (openssl pkey)");
    }
    for (const KeyLabel& known : kKeyLabels) {
      if (block.label != known.label) continue;
      if (known.type != EVP_PKEY_NONE) return FromTraditional(known.type, block);
      Result<PrivateKey> key = PrivateKey::FromPkcs8(block.bytes);
      if (!key) return Malformed(block.label);
      return key;
    }
    return Error(Code::kInvalidArgument, "client.key.malformed",
                 "a private key of the unsupported type \"" + block.label.substr(0, 40) + "\"");
  }
  return Error(Code::kInvalidArgument, "client.key.none",
               "no PEM private key (PRIVATE KEY, EC PRIVATE KEY or RSA PRIVATE KEY)");
}

Result<PrivateKey> ReadPrivateKey(const std::filesystem::path& path) {
  STEELIE_TRY(Bytes text, ReadFile(path, kMaxFile).WithContext("reading the private key"));
  Result<PrivateKey> key = ParsePrivateKey(AsText(text));
  Wipe(text.data(), text.size());
  return std::move(key).WithContext(path.string());
}

Result<std::vector<Certificate>> ParseCertificates(std::string_view pem) {
  std::vector<Certificate> out;
  for (const PemBlock& block : PemDecode(pem)) {
    if (block.label != "CERTIFICATE") continue;
    const Result<Certificate> certificate = Certificate::FromDer(block.bytes);
    if (!certificate) {
      return Error(Code::kInvalidArgument, "client.certificate",
                   "PEM certificate " + std::to_string(out.size() + 1) + " does not parse");
    }
    out.push_back(*certificate);
  }
  if (out.empty()) return Error(Code::kInvalidArgument, "client.certificate", "no PEM certificate");
  return out;
}

Result<TlsIdentity> ReadTlsIdentity(const std::filesystem::path& certificate, const std::filesystem::path& key) {
  STEELIE_TRY(const Bytes text, ReadFile(certificate, kMaxFile).WithContext("reading the client certificate"));
  STEELIE_TRY(std::vector<Certificate> chain, ParseCertificates(AsText(text)).WithContext(certificate.string()));
  STEELIE_TRY(PrivateKey private_key, ReadPrivateKey(key));
  STEELIE_TRY(const PublicKey public_key, chain.front().SubjectPublicKey().WithContext(certificate.string()));
  if (public_key.spki() != private_key.public_key().spki()) {
    return Error(Code::kInvalidArgument, "client.identity.mismatch",
                 "the private key " + key.string() + " does not belong to the certificate " + certificate.string());
  }
  EVP_PKEY_up_ref(private_key.native());
  return TlsIdentity{std::move(chain), {private_key.native(), EVP_PKEY_free}};
}

}  // namespace steelie::client
