// A PKCS#11 library for tests, with tokens as there are none in software: SoftHSM knows RSA-OAEP with SHA-1 only. It
// has one RSA key, PKCS#8 in the file that FAKE_TOKEN_KEY names. The number of the slot says what the token in it can
// do.
#include "client/test/fake_token.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <p11-kit/pkcs11.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

using steelie::client::FakeToken;

namespace {

constexpr std::array<CK_SLOT_ID, 6> kSlots = {
    static_cast<CK_SLOT_ID>(FakeToken::kOaep),        static_cast<CK_SLOT_ID>(FakeToken::kRawOnly),
    static_cast<CK_SLOT_ID>(FakeToken::kRefusesLate), static_cast<CK_SLOT_ID>(FakeToken::kNeither),
    static_cast<CK_SLOT_ID>(FakeToken::kSignsOnly),   static_cast<CK_SLOT_ID>(FakeToken::kOverlongEc)};
constexpr CK_OBJECT_HANDLE kKey = 7;

FakeToken open_token{};
bool searching = false;
int padding = 0;

EVP_PKEY_CTX* Context() {
  const char* path = std::getenv("FAKE_TOKEN_KEY");
  std::FILE* file = path != nullptr ? std::fopen(path, "rb") : nullptr;
  EVP_PKEY* key = file != nullptr ? d2i_PrivateKey_fp(file, nullptr) : nullptr;
  if (file != nullptr) std::fclose(file);
  EVP_PKEY_CTX* context = key != nullptr ? EVP_PKEY_CTX_new(key, nullptr) : nullptr;
  EVP_PKEY_free(key);
  return context;
}

CK_RV Initialize(void*) { return CKR_OK; }
CK_RV Finalize(void*) { return CKR_OK; }

CK_RV GetSlotList(unsigned char, CK_SLOT_ID* out, CK_ULONG* count) {
  if (out != nullptr) std::ranges::copy(kSlots, out);
  *count = kSlots.size();
  return CKR_OK;
}

CK_RV GetTokenInfo(CK_SLOT_ID, CK_TOKEN_INFO* out) {
  std::memset(out, ' ', sizeof *out);
  return CKR_OK;
}

CK_RV OpenSession(CK_SLOT_ID slot, CK_FLAGS, void*, CK_NOTIFY, CK_SESSION_HANDLE* out) {
  open_token = static_cast<FakeToken>(slot);
  *out = 1;
  return CKR_OK;
}
CK_RV CloseSession(CK_SESSION_HANDLE) { return CKR_OK; }

CK_RV FindObjectsInit(CK_SESSION_HANDLE, CK_ATTRIBUTE*, CK_ULONG) {
  searching = true;
  return CKR_OK;
}
CK_RV FindObjects(CK_SESSION_HANDLE, CK_OBJECT_HANDLE* out, CK_ULONG, CK_ULONG* count) {
  *count = searching ? 1 : 0;
  *out = kKey;
  searching = false;
  return CKR_OK;
}
CK_RV FindObjectsFinal(CK_SESSION_HANDLE) { return CKR_OK; }

CK_RV GetAttributeValue(CK_SESSION_HANDLE, CK_OBJECT_HANDLE, CK_ATTRIBUTE* attribute, CK_ULONG) {
  if (attribute->type != CKA_KEY_TYPE) return CKR_ATTRIBUTE_TYPE_INVALID;
  const CK_KEY_TYPE type = CKK_RSA;
  std::memcpy(attribute->pValue, &type, sizeof type);
  return CKR_OK;
}

bool IsOaepSha256(const CK_MECHANISM& mechanism) {
  CK_RSA_PKCS_OAEP_PARAMS params{};
  if (mechanism.ulParameterLen != sizeof params) return false;
  std::memcpy(&params, mechanism.pParameter, sizeof params);
  return params.hashAlg == CKM_SHA256 && params.mgf == CKG_MGF1_SHA256 && params.source == CKZ_DATA_SPECIFIED &&
         params.ulSourceDataLen == 0;
}

CK_RV DecryptInit(CK_SESSION_HANDLE, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  if (key != kKey) return CKR_KEY_HANDLE_INVALID;
  if (open_token == FakeToken::kSignsOnly) return CKR_KEY_FUNCTION_NOT_PERMITTED;
  if (mechanism->mechanism == CKM_RSA_X_509 && open_token != FakeToken::kNeither && open_token != FakeToken::kOaep) {
    padding = RSA_NO_PADDING;
    return CKR_OK;
  }
  if (mechanism->mechanism != CKM_RSA_PKCS_OAEP || !IsOaepSha256(*mechanism)) return CKR_MECHANISM_INVALID;
  if (open_token == FakeToken::kRawOnly) return CKR_MECHANISM_PARAM_INVALID;
  if (open_token == FakeToken::kNeither) return CKR_MECHANISM_INVALID;
  padding = RSA_PKCS1_OAEP_PADDING;
  return CKR_OK;
}

CK_RV Decrypt(CK_SESSION_HANDLE, unsigned char* in, CK_ULONG in_size, unsigned char* out, CK_ULONG* out_size) {
  if (in == nullptr || in_size == 0) return CKR_ARGUMENTS_BAD;
  if (open_token == FakeToken::kRefusesLate && padding == RSA_PKCS1_OAEP_PADDING) return CKR_MECHANISM_PARAM_INVALID;
  EVP_PKEY_CTX* context = Context();
  bool ok =
      context != nullptr && EVP_PKEY_decrypt_init(context) == 1 && EVP_PKEY_CTX_set_rsa_padding(context, padding) == 1;
  if (ok && padding == RSA_PKCS1_OAEP_PADDING) {
    ok = EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1;
  }
  ok = ok && EVP_PKEY_decrypt(context, out, out_size, in, in_size) == 1;
  EVP_PKEY_CTX_free(context);
  return ok ? CKR_OK : CKR_FUNCTION_FAILED;
}

CK_RV SignInit(CK_SESSION_HANDLE, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE) {
  const CK_MECHANISM_TYPE known = open_token == FakeToken::kOverlongEc ? CKM_ECDSA : CKM_RSA_PKCS;
  return mechanism->mechanism == known ? CKR_OK : CKR_MECHANISM_INVALID;
}
CK_RV Sign(CK_SESSION_HANDLE, unsigned char* in, CK_ULONG in_size, unsigned char* out, CK_ULONG* out_size) {
  if (open_token == FakeToken::kOverlongEc) {
    constexpr CK_ULONG kTooLong = 134;  // for P-521, and the others are shorter
    std::memset(out, 0xff, kTooLong);
    *out_size = kTooLong;
    return CKR_OK;
  }
  EVP_PKEY_CTX* context = Context();
  const bool ok = context != nullptr && EVP_PKEY_sign_init(context) == 1 &&
                  EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
                  EVP_PKEY_sign(context, out, out_size, in, in_size) == 1;
  EVP_PKEY_CTX_free(context);
  return ok ? CKR_OK : CKR_FUNCTION_FAILED;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST** out) {
  static CK_FUNCTION_LIST list = [] {
    CK_FUNCTION_LIST made{};
    made.version = {2, 40};
    made.C_Initialize = Initialize;
    made.C_Finalize = Finalize;
    made.C_GetSlotList = GetSlotList;
    made.C_GetTokenInfo = GetTokenInfo;
    made.C_OpenSession = OpenSession;
    made.C_CloseSession = CloseSession;
    made.C_FindObjectsInit = FindObjectsInit;
    made.C_FindObjects = FindObjects;
    made.C_FindObjectsFinal = FindObjectsFinal;
    made.C_GetAttributeValue = GetAttributeValue;
    made.C_DecryptInit = DecryptInit;
    made.C_Decrypt = Decrypt;
    made.C_SignInit = SignInit;
    made.C_Sign = Sign;
    return made;
  }();
  *out = &list;
  return CKR_OK;
}
