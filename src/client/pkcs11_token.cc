#include "client/pkcs11_token.h"

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <vector>

#include "base/mutex.h"

namespace steelie::client {
namespace {

constexpr std::size_t kMaxSlots = 1024;
constexpr std::size_t kMaxCertificate = std::size_t{1} << 20U;
constexpr std::size_t kMaxSignature = 4096;

Error Bad(const char* reason, const std::string& why) {
  return Error(Code::kInvalidArgument, std::string("client.pkcs11.") + reason, why);
}

std::string Hex(CK_RV code) {
  return "PKCS#11 error 0x" + HexEncode(Bytes{static_cast<std::uint8_t>(code >> 8U), static_cast<std::uint8_t>(code)});
}

// Fields of a token are padded with blanks.
std::string Field(const unsigned char* text, std::size_t size) {
  std::string out(text, text + size);
  out.erase(out.find_last_not_of(std::string(" \0", 2)) + 1);
  return out;
}

std::string Described(const TokenConfig& config) {
  if (!config.serial.empty()) return "the serial number \"" + config.serial + "\"";
  if (!config.label.empty()) return "the label \"" + config.label + "\"";
  return "the slot " + std::to_string(*config.slot);
}

std::string Described(const TokenObjectName& name) {
  return "for id \"" + name.id + "\" and label \"" + name.label + "\"";
}

Error LoginError(CK_RV code) {
  switch (code) {
    case CKR_PIN_INCORRECT:
    case CKR_PIN_INVALID:
    case CKR_PIN_LEN_RANGE:
      return Bad("pin", "the token refuses the PIN of the PKCS#11 configuration. Too many attempts lock it");
    case CKR_PIN_LOCKED:
      return Bad("pin", "the token's PIN is locked after too many attempts");
    default:
      return Bad("token", "logging in to the token failed: " + Hex(code));
  }
}

// `begun`: whether the token had accepted key and mechanism.
Error DecryptionError(CK_RV code, bool begun) {
  switch (code) {
    case CKR_ARGUMENTS_BAD:
    case CKR_MECHANISM_INVALID:
    case CKR_MECHANISM_PARAM_INVALID:
      return Error(Code::kInvalidArgument, kTokenMechanism, "the token cannot decrypt in this way: " + Hex(code));
    case CKR_KEY_FUNCTION_NOT_PERMITTED:
      return Bad("decrypt", "the token's key may not decrypt (CKA_DECRYPT)");
    case CKR_ENCRYPTED_DATA_INVALID:
    case CKR_ENCRYPTED_DATA_LEN_RANGE:
    case CKR_DATA_INVALID:
    case CKR_DATA_LEN_RANGE:
    case CKR_FUNCTION_FAILED:
    case CKR_GENERAL_ERROR:
      if (begun) return Error(Code::kInvalidArgument, kTokenCiphertext, Hex(code));
      [[fallthrough]];
    default:
      return Bad("decrypt", "the token does not decrypt: " + Hex(code));
  }
}

}  // namespace

struct Token::Impl {
  CK_FUNCTION_LIST* f = nullptr;
  CK_SESSION_HANDLE session = 0;
  bool initialised = false;
  bool open = false;
  Mutex mutex;

  ~Impl() {
    if (open) f->C_CloseSession(session);
    if (initialised) f->C_Finalize(nullptr);
    // The library stays loaded: some leave threads and handlers behind.
  }

  Status Load(const std::string& path) {
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      const char* why = dlerror();
      return Bad("module", "the PKCS#11 library cannot be loaded: " + std::string(why != nullptr ? why : path));
    }
    const auto get = std::bit_cast<CK_C_GetFunctionList>(dlsym(library, "C_GetFunctionList"));
    if (get == nullptr || get(&f) != CKR_OK || f == nullptr) {
      return Bad("module", path + " is no PKCS#11 library: it has no C_GetFunctionList");
    }
    CK_C_INITIALIZE_ARGS arguments{};
    arguments.flags = CKF_OS_LOCKING_OK;
    const CK_RV code = f->C_Initialize(&arguments);
    if (code != CKR_OK && code != CKR_CRYPTOKI_ALREADY_INITIALIZED) {
      return Bad("module", "the PKCS#11 library " + path + " does not start: " + Hex(code));
    }
    initialised = code == CKR_OK;
    return Ok();
  }

  Result<CK_SLOT_ID> FindSlot(const TokenConfig& config) {
    CK_ULONG count = 0;
    CK_RV code = f->C_GetSlotList(CK_TRUE, nullptr, &count);
    std::vector<CK_SLOT_ID> slots(std::min<std::size_t>(count, kMaxSlots));
    count = slots.size();
    if (code == CKR_OK && count > 0) code = f->C_GetSlotList(CK_TRUE, slots.data(), &count);
    if (code != CKR_OK) return Bad("token", "the PKCS#11 library lists no slots: " + Hex(code));
    slots.resize(std::min<std::size_t>(count, slots.size()));
    std::optional<CK_SLOT_ID> found;
    for (const CK_SLOT_ID slot : slots) {
      CK_TOKEN_INFO info{};
      if (f->C_GetTokenInfo(slot, &info) != CKR_OK) continue;
      const bool fits = config.slot              ? slot == *config.slot
                        : !config.serial.empty() ? Field(info.serialNumber, sizeof info.serialNumber) == config.serial
                                                 : Field(info.label, sizeof info.label) == config.label;
      if (!fits) continue;
      if (found) return Bad("token", "several tokens have " + Described(config) + ": choose by `TokenSerial`");
      found = slot;
    }
    if (!found) return Bad("token", "no token has " + Described(config) + ". Is it plugged in?");
    return *found;
  }

  Status OpenSession(const TokenConfig& config) {
    STEELIE_TRY(const CK_SLOT_ID slot, FindSlot(config));
    if (const CK_RV code = f->C_OpenSession(slot, CKF_SERIAL_SESSION, nullptr, nullptr, &session); code != CKR_OK) {
      return Bad("token", "the token opens no session: " + Hex(code));
    }
    open = true;
    if (!config.login) return Ok();
    const CK_RV code = config.pin.Reveal([&](ByteView pin) {
      SecretBuffer copy(pin.begin(), pin.end());
      return f->C_Login(session, config.user_type, copy.data(), copy.size());
    });
    if (code != CKR_OK && code != CKR_USER_ALREADY_LOGGED_IN) return LoginError(code);
    return Ok();
  }

  // `kind` is how a message names the object.
  Result<CK_OBJECT_HANDLE> Find(CK_OBJECT_CLASS object_class, TokenObjectName name, const char* reason,
                                const char* kind) STEELIE_REQUIRES(mutex) {
    std::vector<CK_ATTRIBUTE> wanted = {{CKA_CLASS, &object_class, sizeof object_class}};
    if (!name.id.empty()) wanted.push_back({CKA_ID, name.id.data(), name.id.size()});
    if (!name.label.empty()) wanted.push_back({CKA_LABEL, name.label.data(), name.label.size()});
    CK_RV code = f->C_FindObjectsInit(session, wanted.data(), wanted.size());
    std::array<CK_OBJECT_HANDLE, 2> found{};
    CK_ULONG count = 0;
    if (code == CKR_OK) {
      code = f->C_FindObjects(session, found.data(), found.size(), &count);
      f->C_FindObjectsFinal(session);
    }
    if (code != CKR_OK) return Bad(reason, "searching the token failed: " + Hex(code));
    if (count == 0) return Bad(reason, std::string("no ") + kind + " found " + Described(name));
    if (count > 1)
      return Bad(reason, std::string("more than one ") + kind + " found " + Described(name) + ": give both");
    return found[0];
  }
};

Token::Token(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Token::~Token() = default;

Result<std::shared_ptr<Token>> Token::Open(const TokenConfig& config) {
  auto impl = std::make_unique<Impl>();
  STEELIE_CHECK_OK(impl->Load(config.module));
  STEELIE_CHECK_OK(impl->OpenSession(config));
  return std::shared_ptr<Token>(new Token(std::move(impl)));
}

Result<Token::Handle> Token::FindPrivateKey(const TokenObjectName& name) {
  MutexLock lock(impl_->mutex);
  return impl_->Find(CKO_PRIVATE_KEY, name, "key", "key pair");
}

Result<bool> Token::IsRsa(Handle key) {
  MutexLock lock(impl_->mutex);
  CK_KEY_TYPE type = 0;
  CK_ATTRIBUTE value{CKA_KEY_TYPE, &type, sizeof type};
  const CK_RV code = impl_->f->C_GetAttributeValue(impl_->session, key, &value, 1);
  if (code != CKR_OK || value.ulValueLen != sizeof type) {
    return Bad("key", "the token does not say of what type the key is: " + Hex(code));
  }
  return type == CKK_RSA;
}

Result<Bytes> Token::FindCertificate(const TokenObjectName& name) {
  MutexLock lock(impl_->mutex);
  STEELIE_TRY(const CK_OBJECT_HANDLE object, impl_->Find(CKO_CERTIFICATE, name, "certificate", "certificate"));
  CK_ATTRIBUTE value{CKA_VALUE, nullptr, 0};
  CK_RV code = impl_->f->C_GetAttributeValue(impl_->session, object, &value, 1);
  if (code != CKR_OK || value.ulValueLen == 0 || value.ulValueLen > kMaxCertificate) {
    return Bad("certificate", "the token does not give the certificate out: " + Hex(code));
  }
  Bytes der(value.ulValueLen);
  value.pValue = der.data();
  code = impl_->f->C_GetAttributeValue(impl_->session, object, &value, 1);
  if (code != CKR_OK || value.ulValueLen > der.size()) {
    return Bad("certificate", "the token does not give the certificate out: " + Hex(code));
  }
  der.resize(value.ulValueLen);
  return der;
}

Result<Bytes> Token::Sign(Handle key, Operation operation, ByteView input) {
  MutexLock lock(impl_->mutex);
  CK_MECHANISM mechanism{};
  mechanism.mechanism = operation == Operation::kEcdsa      ? CKM_ECDSA
                        : operation == Operation::kRsaPkcs1 ? CKM_RSA_PKCS
                                                            : CKM_RSA_X_509;
  SecretBuffer copy(input.begin(), input.end());  // may tell something about a secret
  Bytes out(kMaxSignature);
  CK_ULONG size = out.size();
  CK_RV code = impl_->f->C_SignInit(impl_->session, &mechanism, key);
  if (code == CKR_OK) code = impl_->f->C_Sign(impl_->session, copy.data(), copy.size(), out.data(), &size);
  if (code == CKR_KEY_FUNCTION_NOT_PERMITTED) return Bad("sign", "the token's key may not sign (CKA_SIGN)");
  if (code != CKR_OK || size > out.size()) return Bad("sign", "the token does not sign: " + Hex(code));
  out.resize(size);
  return out;
}

Result<SecretBuffer> Token::Decrypt(Handle key, Decryption decryption, ByteView ciphertext) {
  MutexLock lock(impl_->mutex);
  CK_RSA_PKCS_OAEP_PARAMS oaep{};
  oaep.hashAlg = CKM_SHA256;
  oaep.mgf = CKG_MGF1_SHA256;
  oaep.source = CKZ_DATA_SPECIFIED;
  CK_MECHANISM mechanism{CKM_RSA_X_509, nullptr, 0};
  if (decryption == Decryption::kRsaOaepSha256) mechanism = {CKM_RSA_PKCS_OAEP, &oaep, sizeof oaep};
  Bytes copy(ciphertext.begin(), ciphertext.end());
  SecretBuffer out(kMaxSignature);
  CK_ULONG size = out.size();
  CK_RV code = impl_->f->C_DecryptInit(impl_->session, &mechanism, key);
  const bool begun = code == CKR_OK;
  if (begun) code = impl_->f->C_Decrypt(impl_->session, copy.data(), copy.size(), out.data(), &size);
  if (code != CKR_OK) return DecryptionError(code, begun);
  if (size > out.size()) return Bad("decrypt", "the token says that it wrote more than there is room for");
  out.resize(size);
  return out;
}

}  // namespace steelie::client
