#include "secret/wipe.h"

#include <cstring>

namespace steelie {

void Wipe(void* data, std::size_t size) {
  if (size > 0) ::explicit_bzero(data, size);
}

}  // namespace steelie
