#include "crypto/hash.h"

#include "crypto/openssl_util.h"

namespace steelie {
namespace {

// Fetching an algorithm by name is slow in OpenSSL 3.0, so it is done once.
const EVP_MD* FetchedSha256() {
  static const EVP_MD* const kMd = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  return kMd;
}

EVP_MD_CTX* Context(void* context) { return static_cast<EVP_MD_CTX*>(context); }

}  // namespace

Sha256Stream::Sha256Stream() : context_(EVP_MD_CTX_new()) {
  openssl::CheckOk(EVP_DigestInit_ex2(Context(context_), FetchedSha256(), nullptr), "SHA-256");
}

Sha256Stream::~Sha256Stream() { EVP_MD_CTX_free(Context(context_)); }

void Sha256Stream::Update(ByteView data) {
  openssl::CheckOk(EVP_DigestUpdate(Context(context_), data.data(), data.size()), "SHA-256");
}

Sha256Digest Sha256Stream::Finish() {
  Sha256Digest digest{};
  openssl::CheckOk(EVP_DigestFinal_ex(Context(context_), digest.data(), nullptr), "SHA-256");
  return digest;
}

Sha256Digest Sha256(ByteView data) { return Sha256({data}); }

Sha256Digest Sha256(std::initializer_list<ByteView> parts) {
  Sha256Stream stream;
  for (const ByteView part : parts) stream.Update(part);
  return stream.Finish();
}

Sha384Digest Sha384(ByteView data) {
  static const EVP_MD* const kMd = EVP_MD_fetch(nullptr, "SHA2-384", nullptr);
  Sha384Digest digest{};
  openssl::CheckOk(EVP_Digest(data.data(), data.size(), digest.data(), nullptr, kMd, nullptr), "SHA-384");
  return digest;
}

}  // namespace steelie
