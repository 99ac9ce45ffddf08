#include "manifest/sections.h"

namespace steelie::manifest {
namespace {

// Reads a text front to back; after the first failure everything is 0.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  // A number of exactly `digits` digits within [low, high].
  int Number(std::size_t digits, int low, int high) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (text_.empty() || text_.front() < '0' || text_.front() > '9') return Fail();
      value = value * 10 + (text_.front() - '0');
      text_.remove_prefix(1);
    }
    return value < low || value > high ? Fail() : value;
  }

  bool Skip(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  void Expect(char c) {
    if (!Skip(c)) Fail();
  }
  // At least one digit of a fraction of a second. Certificates carry whole seconds.
  void Fraction() {
    std::size_t digits = 0;
    for (; !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; text_.remove_prefix(1)) ++digits;
    if (digits == 0) Fail();
  }

  bool AtEnd() const { return ok_ && text_.empty(); }

 private:
  int Fail() {
    ok_ = false;
    text_ = {};
    return 0;
  }

  std::string_view text_;
  bool ok_ = true;
};

}  // namespace

std::optional<std::chrono::sys_seconds> ParseRfc3339(std::string_view text) {
  using std::chrono::day;
  using std::chrono::month;
  using std::chrono::year;
  Scanner in(text);
  const int y = in.Number(4, 0, 9999);
  in.Expect('-');
  const int mo = in.Number(2, 1, 12);
  in.Expect('-');
  const int d = in.Number(2, 1, 31);
  in.Expect('T');
  const int h = in.Number(2, 0, 23);
  in.Expect(':');
  const int mi = in.Number(2, 0, 59);
  in.Expect(':');
  const int s = in.Number(2, 0, 59);
  if (in.Skip('.')) in.Fraction();
  std::chrono::minutes offset{0};
  if (!in.Skip('Z')) {
    const bool behind = in.Skip('-');
    if (!behind) in.Expect('+');
    offset = std::chrono::hours(in.Number(2, 0, 23));
    in.Expect(':');
    offset += std::chrono::minutes(in.Number(2, 0, 59));
    if (behind) offset = -offset;
  }
  const std::chrono::year_month_day date(year(y), month(static_cast<unsigned>(mo)), day(static_cast<unsigned>(d)));
  if (!in.AtEnd() || !date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(h) + std::chrono::minutes(mi) + std::chrono::seconds(s) -
         offset;
}

}  // namespace steelie::manifest
