#include "crypto/pem.h"
#include "crypto/x509.h"

// Everything that is read of a certificate somebody sent.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const steelie::ByteView input(data, size);
  (void)steelie::PemDecode(steelie::AsText(input));
  const auto cert = steelie::Certificate::FromDer(input);
  if (!cert) return 0;
  (void)cert->Subject();
  (void)cert->IssuerCommonName();
  (void)cert->NotBefore();
  (void)cert->NotAfter();
  (void)cert->DnsNames();
  (void)cert->IpAddresses();
  (void)cert->SubjectKeyId();
  (void)cert->Extension("1.3.9903.2.1");
  if (const auto key = cert->SubjectPublicKey()) (void)cert->SignedBy(*key);
  return 0;
}
