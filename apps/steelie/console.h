#pragma once

#include <string_view>

#include "client/json_text.h"
#include "secret/wipe.h"

namespace steelie::cli {

/// Standard output and standard error of a command. What could steer a terminal is made visible (base/visible.h). In
/// JSON mode standard output holds one JSON object, nothing else.
class Console {
 public:
  explicit Console(const bool& json) : json_(json) {}

  bool json() const { return json_; }
  /// A line of progress or result; not in JSON mode.
  void Line(std::string_view text) const;
  /// Text without an end of line; not in JSON mode.
  void Text(std::string_view text) const;
  /// Text without an end of line for other programs: byte for byte, except on a terminal; not in JSON mode.
  void Data(std::string_view text) const;
  /// A line for the user's attention: on standard output, in JSON mode on standard error.
  void Warning(std::string_view text) const;
  /// The result in JSON mode; nothing otherwise.
  void Json(const client::JsonObject& object) const;
  void JsonRaw(std::string_view json) const;

 private:
  const bool& json_;
};

/// `Error: <text>` on standard error, one line, line breaks replaced.
void PrintError(std::string_view text);

/// Whether everything reached standard output.
bool FlushOutput();

}  // namespace steelie::cli
