#pragma once

#include <string>
#include <string_view>

namespace steelie::manifest {

// Certificates and public keys made for these tests with OpenSSL; their private keys were thrown away.

/// Self-signed, ECDSA P-256, CN=alice.
inline constexpr std::string_view kAlicePem =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBdjCCAR2gAwIBAgIUWxErRov3fuMZa840275ywiqbgJQwCgYIKoZIzj0EAwIw\n"
    "EDEOMAwGA1UEAwwFYWxpY2UwIBcNMjYxMTI0MjIzMzI2WhgPMjEyNjEwMzEyMjMz\n"
    "MjZaMBAxDjAMBgNVBAMMBWFsaWNlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n"
    "VjFptLXkKXdd/vxjRTVpRL7UoN4vr7Cied6HCGMQjKXMHTbJ8CGEBv9CGxjq6d4t\n"
    "ICXTPxDjP4EpDaQ+UUbZxaNTMFEwHQYDVR0OBBYEFIJBHE1ytQaV/eFlxndmYmOx\n"
    "XnHZMB8GA1UdIwQYMBaAFIJBHE1ytQaV/eFlxndmYmOxXnHZMA8GA1UdEwEB/wQF\n"
    "MAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgK68J0iKGmS6krrG4hD/zWVMGRjwuedh3\n"
    "Z2ZSMwvSgVICIEvO6ljQso3kUL7jbmDMpoBgMvK8/honEbi8YlQjNPlb\n"
    "-----END CERTIFICATE-----\n";

/// The same, CN=bob.
inline constexpr std::string_view kBobPem =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBdDCCARmgAwIBAgIUFEWmCdXnwSlILAPtIpoaPKiqLdwwCgYIKoZIzj0EAwIw\n"
    "DjEMMAoGA1UEAwwDYm9iMCAXDTI2MTEyNDIyMzMyNloYDzIxMjYxMDMxMjIzMzI2\n"
    "WjAOMQwwCgYDVQQDDANib2IwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATSpHxq\n"
    "9MUDYFv1Xdv2GwylecyC/8Bzb+g+DAeGye9c3lVY/X5J1X/Qc/UV4BjG6I5ob98D\n"
    "Ezi1k/hEaZ8AQzvlo1MwUTAdBgNVHQ4EFgQUEsmYo4qx2qvmIbLqoany4tYY4H8w\n"
    "HwYDVR0jBBgwFoAUEsmYo4qx2qvmIbLqoany4tYY4H8wDwYDVR0TAQH/BAUwAwEB\n"
    "/zAKBggqhkjOPQQDAgNJADBGAiEA4AfCpT0t6Fx373AUCiipmg++bDY4NPNHmTTm\n"
    "HL9tvDgCIQDvETNb3MlOUHSyjxoVvHFwWYJzT+gZHP3VLj8iStCX1g==\n"
    "-----END CERTIFICATE-----\n";

/// PKIX RSA key of 2048 bits.
inline constexpr std::string_view kRsaPem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAoIIwfAdPouHpgOoTRH3p\n"
    "nh5tz9eQeor/4WUxy+uFixdNdANHzF2cJr1L/VRIvvq0GXzESVKw2NrvN9vN8lCP\n"
    "XnClkU0/l6pxZcezP3dA/g6VYC3HNWOrH1Bfa0iD6HX24uULQpv2bCqZyQpkrQw9\n"
    "8GO0In7I3hm9CEahrhg62wuucUpMRw3Y13FwFXb2Qnka8SvHhQWuT2UKM8A7kw9a\n"
    "khgiXEw/0oUscIfQVeao5344Lh0cmnu5K7oGQNfE+NoXRxHQJZOoe5/w41DuxYrD\n"
    "wYaQbEtaj7y3Z8O9Q2EwYhfEMSi3vF/WaCjNg1YyQC8s2UxOtrrkaGhpD2S7m0/4\n"
    "aQIDAQAB\n"
    "-----END PUBLIC KEY-----\n";

/// PKIX RSA key of 1024 bits.
inline constexpr std::string_view kRsa1024Pem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDAqX/uBmOgRRq9Ycy0gmz6Onhy\n"
    "YY2iAnbTXFdpyEtY/DE4HJF+yLbJD6p68thG+3Pb1u2lskp44DQVfhYzMfDrp4U7\n"
    "7Y+o4Bkcwi8oxr7dwGBACeqHU1TFe8pT0mMJg4AVG1d4cXGTdFEZwuLJTZaAjaez\n"
    "HAsCET56Ol+O53WMSwIDAQAB\n"
    "-----END PUBLIC KEY-----\n";

/// PKCS#1 RSA key of 2048 bits.
inline constexpr std::string_view kRsaPkcs1Pem =
    "-----BEGIN RSA PUBLIC KEY-----\n"
    "MIIBCgKCAQEA4H++lZlAXN/YUaPlveEC/1bilgAh5dfpraRp+NIPNxQ7hrqfq40H\n"
    "51lbdLR7TFHntarMbCRRX5wtPflxYGXY6dXVe5C0nikjZMUvYiPadPNOhCeEYCJK\n"
    "gqLb+OhlOa0OGE3DamEiVLPKlIM5dfILFyZ5X4VK0G1loD1ANEQGXIqZ/Tto4f8n\n"
    "D49EhxzDUDp3Iq//RgVDvdg5CDOThJf5pc+4FrBeqYPjkyBmSM2V6L+CiN6tauAQ\n"
    "cJ9zkVHUxjwVPwN6opKZdbgi45W5qmY7bYEwteGVvbgA1JphG2t3sxBty4vPqXhO\n"
    "JIYVuKf7TorpfMgabZH+yU/20H3+wV8S3QIDAQAB\n"
    "-----END RSA PUBLIC KEY-----\n";

/// PKIX EC key.
inline constexpr std::string_view kEcPem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE/wy/8W6KlxCRdIIXZQBRnFsE1sY/\n"
    "/sAL+CU3zjInG0GAetPXm30dQT0ruu1UQLF34N5YcygPOpExucpJp/lptg==\n"
    "-----END PUBLIC KEY-----\n";

/// A PEM text as the inside of a JSON string.
inline std::string InJson(std::string_view pem) {
  std::string out;
  for (const char c : pem) {
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace steelie::manifest
