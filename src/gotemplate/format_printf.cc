#include "gotemplate/format.h"
#include "gotemplate/unicode.h"

// Go's format strings: %[flags][width][.precision]verb, with explicit argument numbers in brackets.

namespace steelie::gotemplate {
namespace {

constexpr std::size_t kTooLarge = 1'000'000;

struct ParsedNumber {
  std::size_t value = 0;
  bool present = false;
  std::size_t next = 0;
};

// A number at `at`; one that is far too large takes the rest of the format with it.
ParsedNumber TakeNumber(std::string_view format, std::size_t at, std::size_t end) {
  ParsedNumber out;
  for (out.next = at; out.next < end && format[out.next] >= '0' && format[out.next] <= '9'; ++out.next) {
    if (out.value > kTooLarge) return {0, false, end};
    out.value = out.value * 10 + static_cast<std::size_t>(format[out.next] - '0');
    out.present = true;
  }
  return out;
}

}  // namespace

struct Printer::FormatState {
  std::string_view format;
  std::span<const Value> values;
  std::size_t at = 0;
  std::size_t argument = 0;
  bool reordered = false;
  bool good_number = true;
  bool after_number = false;

  bool done() const { return at >= format.size(); }
  bool TakeIf(char c) {
    if (done() || format[at] != c) return false;
    ++at;
    return true;
  }
  // An operand as a width or precision; nothing if it is no integer of sensible size.
  std::optional<std::int64_t> TakeInteger() {
    if (argument >= values.size()) return std::nullopt;
    const Value& value = values[argument++];
    if (value.kind() != Kind::kInt && value.kind() != Kind::kUint) return std::nullopt;
    constexpr auto kLimit = static_cast<std::int64_t>(kTooLarge);
    if (value.integer > kLimit || value.integer < -kLimit) return std::nullopt;
    return value.integer;
  }
};

void Printer::TakeFlags(FormatState* state) {
  flags_ = Flags{};
  for (; !state->done(); ++state->at) {
    switch (state->format[state->at]) {
      case '#':
        flags_.sharp = true;
        break;
      case '0':
        flags_.zero = true;
        break;
      case '+':
        flags_.plus = true;
        break;
      case '-':
        flags_.minus = true;
        break;
      case ' ':
        flags_.space = true;
        break;
      default:
        return;
    }
  }
}

void Printer::TakeArgumentNumber(FormatState* state) {
  state->after_number = false;
  if (state->done() || state->format[state->at] != '[') return;
  state->reordered = true;
  const std::size_t close = state->format.find(']', state->at);
  if (state->format.size() - state->at < 3 || close == std::string_view::npos) {
    state->good_number = false;
    ++state->at;
    return;
  }
  const ParsedNumber number = TakeNumber(state->format, state->at + 1, close);
  state->at = close + 1;
  const bool well_formed = number.present && number.next == close;
  state->after_number = well_formed;
  if (well_formed && number.value >= 1 && number.value <= state->values.size()) {
    state->argument = number.value - 1;
  } else {
    state->good_number = false;
  }
}

void Printer::TakeWidth(FormatState* state) {
  if (state->TakeIf('*')) {
    const auto width = state->TakeInteger();
    flags_.has_width = width.has_value();
    if (!width) Write("%!(BADWIDTH)");
    if (width && *width < 0) {
      flags_.minus = true;
      flags_.zero = false;
    }
    flags_.width = static_cast<std::size_t>(width ? (*width < 0 ? -*width : *width) : 0);
    state->after_number = false;
    return;
  }
  const ParsedNumber width = TakeNumber(state->format, state->at, state->format.size());
  flags_.width = width.value;
  flags_.has_width = width.present;
  state->at = width.next;
  if (state->after_number && width.present) state->good_number = false;
}

void Printer::TakePrecision(FormatState* state) {
  // A point at the end of the format is taken for the verb.
  if (state->at + 1 >= state->format.size() || !state->TakeIf('.')) return;
  if (state->after_number) state->good_number = false;
  TakeArgumentNumber(state);
  if (state->TakeIf('*')) {
    const auto precision = state->TakeInteger();
    flags_.has_precision = precision && *precision >= 0;
    flags_.precision = flags_.has_precision ? static_cast<std::size_t>(*precision) : 0;
    if (!flags_.has_precision) Write("%!(BADPREC)");
    state->after_number = false;
    return;
  }
  const ParsedNumber precision = TakeNumber(state->format, state->at, state->format.size());
  flags_.precision = precision.present ? precision.value : 0;
  flags_.has_precision = true;
  state->at = precision.next;
}

void Printer::WriteBad(char32_t verb, std::string_view what) {
  Write("%!");
  Write(EncodeRune(verb).view());
  Write(what);
}

// One verb with what stands before it. False at the end of the format.
bool Printer::PrintOne(FormatState* state) {
  state->good_number = true;
  const std::size_t percent = std::min(state->format.find('%', state->at), state->format.size());
  Write(state->format.substr(state->at, percent - state->at));
  state->at = percent + 1;
  if (percent >= state->format.size()) return false;
  TakeFlags(state);
  state->after_number = false;
  TakeArgumentNumber(state);
  TakeWidth(state);
  TakePrecision(state);
  if (!state->after_number) TakeArgumentNumber(state);
  if (state->done()) {
    Write("%!(NOVERB)");
    return false;
  }
  const Rune verb = DecodeRune(state->format.substr(state->at));
  state->at += verb.size;
  if (verb.value == '%') {
    WriteByte('%');
  } else if (!state->good_number) {
    WriteBad(verb.value, "(BADINDEX)");
  } else if (state->argument >= state->values.size()) {
    WriteBad(verb.value, "(MISSING)");
  } else {
    if (verb.value == 'v' || verb.value == 'w') {
      flags_.sharp_v = std::exchange(flags_.sharp, false);
      flags_.plus_v = std::exchange(flags_.plus, false);
    }
    PrintArgument(state->values[state->argument++], verb.value);
  }
  return true;
}

void Printer::WriteExtra(std::span<const Value> values) {
  flags_ = Flags{};
  Write("%!(EXTRA ");
  for (std::size_t i = 0; i < values.size() && !error_; ++i) {
    if (i > 0) Write(", ");
    if (!values[i].valid()) {
      Write("<nil>");
      continue;
    }
    PrintArgument(values[i], 'T');
    WriteByte('=');
    PrintArgument(values[i], 'v');
  }
  WriteByte(')');
}

void Printer::PrintFormatted(std::string_view format, std::span<const Value> values) {
  // Parsing the format is work even if nothing comes out of it.
  if (const Status spent = store_.Spend(format.size() / 16); !spent) {
    error_ = spent.error();
    return;
  }
  FormatState state;
  state.format = format;
  state.values = values;
  while (!error_ && PrintOne(&state)) {
  }
  if (!state.reordered && state.argument < values.size()) WriteExtra(values.subspan(state.argument));
}

}  // namespace steelie::gotemplate
