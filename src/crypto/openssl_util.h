#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "base/error.h"

// For crypto/ and TLS glue only: ownership of OpenSSL objects and its error queue.
namespace steelie::openssl {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* p) const {
    Free(p);
  }
};

using PkeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using PkeyCtxPtr = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;
using MdCtxPtr = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using CipherCtxPtr = std::unique_ptr<EVP_CIPHER_CTX, Deleter<EVP_CIPHER_CTX_free>>;
using X509Ptr = std::unique_ptr<X509, Deleter<X509_free>>;
using X509ReqPtr = std::unique_ptr<X509_REQ, Deleter<X509_REQ_free>>;

/// Takes everything from this thread's error queue: the reasons, joined. Leaves the queue empty.
std::string DrainErrors();

/// An Error whose message ends in what the error queue says.
Error QueueError(Code code, std::string reason, const std::string& what);

/// Ends the process: an operation failed that cannot fail unless memory or the library is broken.
void CheckOk(int result, const char* what);

}  // namespace steelie::openssl
