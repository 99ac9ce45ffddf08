#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace steelie::manifest {

/// Where a reader stands in a document: a JSON pointer as a chain of stack objects, so that it costs nothing until a
/// problem is reported. A path must not outlive its parent.
class Path {
 public:
  Path() = default;
  Path(const Path& parent, std::string_view name) : parent_(&parent), name_(name) {}
  Path(const Path& parent, std::size_t index) : parent_(&parent), index_(index), is_index_(true) {}
  Path(const Path&) = delete;
  Path& operator=(const Path&) = delete;

  std::string Pointer() const;
  /// The last token.
  std::string Name() const { return is_index_ ? std::to_string(index_) : std::string(name_); }
  std::string_view ParentName() const { return parent_ != nullptr ? parent_->name_ : std::string_view(); }

 private:
  const Path* parent_ = nullptr;
  std::string_view name_;
  std::size_t index_ = 0;
  bool is_index_ = false;
};

}  // namespace steelie::manifest
