#pragma once

#include <string>

namespace steelie {

/// Version of the OpenSSL library in use, such as `3.0.17`: not necessarily the one of the build.
std::string OpenSslVersion();

}  // namespace steelie
