#include "base/system_error.h"

#include <cerrno>
#include <cstring>

namespace steelie {

Error SystemError(int error, std::string_view area, const std::string& what) {
  const auto reason = [&](const char* name) { return std::string(area) + "." + name; };
  const std::string message = what + ": " + std::strerror(error);
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return Error(Code::kResourceExhausted, reason("full"), message);
    case EACCES:
    case EPERM:
    case EROFS:
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case EMFILE:
    case ENFILE:
      return Error(Code::kUnavailable, reason("unreadable"), message);
    default:
      return Error(Code::kDataLoss, reason("io"), message);
  }
}

}  // namespace steelie
