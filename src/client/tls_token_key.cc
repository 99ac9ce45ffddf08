// OpenSSL 3.0 takes keys of another maker through its older method tables, which it marks as deprecated in favour of
// providers.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "client/tls_token_key.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include <algorithm>

#include "base/file.h"
#include "crypto/openssl_util.h"

namespace steelie::client {
namespace {

constexpr std::size_t kMaxFile = std::size_t{1} << 20U;
constexpr std::size_t kMaxSignature = 4096;

/// What an OpenSSL key that stands for one in a token carries.
struct TokenKey {
  std::shared_ptr<Token> token;
  Token::Handle handle = 0;
};

void FreeTokenKey(void*, void* data, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<TokenKey*>(data); }

int RsaIndex() {
  static const int index = RSA_get_ex_new_index(0, nullptr, nullptr, nullptr, FreeTokenKey);
  return index;
}
int EcIndex() {
  static const int index = EC_KEY_get_ex_new_index(0, nullptr, nullptr, nullptr, FreeTokenKey);
  return index;
}

Result<Bytes> SignWith(const void* data, Token::Operation operation, ByteView input) {
  const auto* key = static_cast<const TokenKey*>(data);
  if (key == nullptr) return Error(Code::kInternal, "client.pkcs11.sign", "the key belongs to no token");
  return key->token->Sign(key->handle, operation, input);
}

// PKCS#1 v1.5 padding is the token's; for PSS OpenSSL has padded already.
int RsaPrivateEncrypt(int size, const unsigned char* from, unsigned char* to, RSA* rsa, int padding) {
  if (size < 0 || (padding != RSA_PKCS1_PADDING && padding != RSA_NO_PADDING)) return -1;
  const auto operation = padding == RSA_PKCS1_PADDING ? Token::Operation::kRsaPkcs1 : Token::Operation::kRsaRaw;
  const auto made =
      SignWith(RSA_get_ex_data(rsa, RsaIndex()), operation, ByteView(from, static_cast<std::size_t>(size)));
  if (!made || made->size() != static_cast<std::size_t>(RSA_size(rsa))) {
    ERR_raise_data(ERR_LIB_USER, ERR_R_OPERATION_FAIL, "%s", made ? "wrong size" : made.error().message().c_str());
    return -1;
  }
  std::ranges::copy(*made, to);
  return static_cast<int>(made->size());
}

// A token's signature is both numbers, each as long as the order of the curve.
ECDSA_SIG* EcSign(const unsigned char* digest, int size, const BIGNUM*, const BIGNUM*, EC_KEY* key) {
  // Tokens take no more of a digest than the curve has.
  const auto order = static_cast<std::size_t>((EC_GROUP_order_bits(EC_KEY_get0_group(key)) + 7) / 8);
  const std::size_t used = std::min(order, static_cast<std::size_t>(std::max(size, 0)));
  const auto made = SignWith(EC_KEY_get_ex_data(key, EcIndex()), Token::Operation::kEcdsa, ByteView(digest, used));
  // OpenSSL writes the result into a buffer for numbers of just this size.
  if (!made || made->size() != 2 * order) {
    ERR_raise_data(ERR_LIB_USER, ERR_R_OPERATION_FAIL, "%s", made ? "wrong size" : made.error().message().c_str());
    return nullptr;
  }
  const int half = static_cast<int>(made->size() / 2);
  ECDSA_SIG* signature = ECDSA_SIG_new();
  BIGNUM* r = BN_bin2bn(made->data(), half, nullptr);
  BIGNUM* s = BN_bin2bn(made->data() + half, half, nullptr);
  openssl::CheckOk(signature != nullptr && r != nullptr && s != nullptr && ECDSA_SIG_set0(signature, r, s) == 1 ? 1 : 0,
                   "ECDSA signature");
  return signature;
}

const RSA_METHOD* RsaMethod() {
  static const RSA_METHOD* const method = [] {
    RSA_METHOD* made = RSA_meth_dup(RSA_PKCS1_OpenSSL());
    openssl::CheckOk(made != nullptr ? RSA_meth_set_priv_enc(made, RsaPrivateEncrypt) : 0, "RSA method");
    return made;
  }();
  return method;
}

const EC_KEY_METHOD* EcMethod() {
  static const EC_KEY_METHOD* const method = [] {
    EC_KEY_METHOD* made = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
    openssl::CheckOk(made != nullptr ? 1 : 0, "EC method");
    int (*sign)(int, const unsigned char*, int, unsigned char*, unsigned int*, const BIGNUM*, const BIGNUM*, EC_KEY*) =
        nullptr;
    EC_KEY_METHOD_get_sign(made, &sign, nullptr, nullptr);
    EC_KEY_METHOD_set_sign(made, sign, nullptr, EcSign);
    return made;
  }();
  return method;
}

using RsaPtr = std::unique_ptr<RSA, openssl::Deleter<RSA_free>>;
using EcPtr = std::unique_ptr<EC_KEY, openssl::Deleter<EC_KEY_free>>;

bool AssignRsa(EVP_PKEY* out, const PublicKey& key, std::unique_ptr<TokenKey> token_key) {
  const RsaPtr original(EVP_PKEY_get1_RSA(key.native()));
  RsaPtr rsa(original ? RSAPublicKey_dup(original.get()) : nullptr);
  if (!rsa || RSA_set_method(rsa.get(), RsaMethod()) != 1) return false;
  if (RSA_set_ex_data(rsa.get(), RsaIndex(), token_key.get()) != 1) return false;
  (void)token_key.release();
  if (EVP_PKEY_assign(out, EVP_PKEY_RSA, rsa.get()) != 1) return false;
  (void)rsa.release();
  return true;
}

bool AssignEc(EVP_PKEY* out, const PublicKey& key, std::unique_ptr<TokenKey> token_key) {
  const EcPtr original(EVP_PKEY_get1_EC_KEY(key.native()));
  EcPtr ec(original ? EC_KEY_dup(original.get()) : nullptr);
  if (!ec || EC_KEY_set_method(ec.get(), EcMethod()) != 1) return false;
  if (EC_KEY_set_ex_data(ec.get(), EcIndex(), token_key.get()) != 1) return false;
  (void)token_key.release();
  if (EVP_PKEY_assign(out, EVP_PKEY_EC, ec.get()) != 1) return false;
  (void)ec.release();
  return true;
}

using SharedKey = std::shared_ptr<EVP_PKEY>;

Result<SharedKey> Wrap(const PublicKey& public_key, std::shared_ptr<Token> token, Token::Handle handle) {
  ERR_clear_error();
  SharedKey key(EVP_PKEY_new(), EVP_PKEY_free);
  auto token_key = std::make_unique<TokenKey>(std::move(token), handle);
  const bool ec = public_key.kind() == KeyKind::kEcP256 || public_key.kind() == KeyKind::kEcP384 ||
                  public_key.kind() == KeyKind::kEcP521;
  const bool ok = key && (ec                                   ? AssignEc(key.get(), public_key, std::move(token_key))
                          : public_key.kind() == KeyKind::kRsa ? AssignRsa(key.get(), public_key, std::move(token_key))
                                                               : false);
  if (ok) return key;
  return openssl::QueueError(Code::kInvalidArgument, "client.pkcs11.key",
                             "a key of the type " + std::string(KeyKindName(public_key.kind())) +
                                 " in a token cannot be used: EC keys (P-256, P-384, P-521) and RSA keys can");
}

// Whether the token's key is that of the certificate, which the token's attributes need not say.
Status TryOut(EVP_PKEY* key, const PublicKey& public_key) {
  const bool rsa = public_key.kind() == KeyKind::kRsa;
  const auto scheme = rsa ? SignatureScheme::kRsaPkcs1Sha256 : SignatureScheme::kEcdsaSha256;
  const ByteView message = AsBytes("steelie: does this key belong to this certificate?");
  const openssl::MdCtxPtr context(EVP_MD_CTX_new());
  Bytes signature(kMaxSignature);
  std::size_t size = signature.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1) {
    return openssl::QueueError(Code::kInvalidArgument, "client.pkcs11.sign", "the token's key does not sign");
  }
  signature.resize(size);
  if (public_key.Verify(scheme, message, signature)) return Ok();
  return Error(Code::kInvalidArgument, "client.identity.mismatch",
               "the private key in the token does not belong to the certificate");
}

Result<std::vector<Certificate>> ReadChain(const TokenIdentityNames& names, Token& token) {
  if (!names.certificate_file.empty()) {
    STEELIE_TRY(const Bytes text,
                ReadFile(names.certificate_file, kMaxFile).WithContext("reading the client certificate"));
    return ParseCertificates(AsText(text)).WithContext(names.certificate_file.string());
  }
  STEELIE_TRY(const Bytes der, token.FindCertificate(names.certificate));
  const auto certificate = Certificate::FromDer(der);
  if (!certificate) {
    return Error(Code::kInvalidArgument, "client.pkcs11.certificate", "the token's certificate does not parse");
  }
  return std::vector<Certificate>{*certificate};
}

}  // namespace

Result<TlsIdentity> ReadTokenIdentity(const TokenIdentityNames& names) {
  STEELIE_TRY(const TokenConfig config, ReadTokenConfig(names.config));
  STEELIE_TRY(const std::shared_ptr<Token> token, Token::Open(config).WithContext(names.config.string()));
  STEELIE_TRY(const Token::Handle handle, token->FindPrivateKey(names.key));
  STEELIE_TRY(std::vector<Certificate> chain, ReadChain(names, *token));
  STEELIE_TRY(const PublicKey public_key, chain.front().SubjectPublicKey());
  STEELIE_TRY(SharedKey key, Wrap(public_key, token, handle));
  STEELIE_CHECK_OK(TryOut(key.get(), public_key));
  return TlsIdentity{std::move(chain), std::move(key)};
}

}  // namespace steelie::client
