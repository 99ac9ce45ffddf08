#include <array>
#include <bit>
#include <limits>

#include "gotemplate/fields.h"
#include "gotemplate/format.h"
#include "gotemplate/time_text.h"

// Methods that Go's types have. Those that a template can use sensibly are here; others are unknown fields.

namespace steelie::gotemplate {
namespace {

using MethodResult = std::optional<Result<Value>>;

struct Call {
  Store& store;
  const Value& receiver;
  std::string_view name;
  std::span<const Value> arguments;
};

Error WrongArguments(const Call& call) {
  return ExecutionError("wrong arguments for method \"" + std::string(call.name) + "\"");
}

// The result if the arguments are as many and of the types given.
template <typename Make>
MethodResult With(const Call& call, std::initializer_list<Type> types, Make make) {
  if (call.arguments.size() != types.size()) return WrongArguments(call);
  std::size_t i = 0;
  for (const Type type : types) {
    if (call.arguments[i++].type != type) return WrongArguments(call);
  }
  return Result<Value>(make());
}

Result<Value> Text(const Call& call, std::string text) {
  STEELIE_CHECK_OK(call.store.Charge(text.size()));
  return Value::String(call.store.KeepText(std::move(text)));
}

struct Exact {
  std::int64_t seconds;
  std::int64_t nanoseconds;
};

Exact Of(const Value& time) { return {time.integer, static_cast<std::int64_t>(time.size)}; }

int Compare(const Value& a, const Value& b) {
  const Exact x = Of(a);
  const Exact y = Of(b);
  if (x.seconds != y.seconds) return x.seconds < y.seconds ? -1 : 1;
  return x.nanoseconds == y.nanoseconds ? 0 : x.nanoseconds < y.nanoseconds ? -1 : 1;
}

constexpr std::int64_t kNano = 1'000'000'000;

// Wraps around like Go's 64-bit arithmetic.
std::int64_t Scaled(const Value& time, std::int64_t per_second) {
  const Exact t = Of(time);
  const auto product = static_cast<std::uint64_t>(t.seconds) * static_cast<std::uint64_t>(per_second);
  return static_cast<std::int64_t>(product + static_cast<std::uint64_t>(t.nanoseconds / (kNano / per_second)));
}

Value Difference(const Value& a, const Value& b) {
  // Durations end at about 292 years; beyond, the result sticks to the limit.
  const std::int64_t seconds = a.integer - b.integer;
  constexpr std::int64_t kLimit = std::numeric_limits<std::int64_t>::max() / kNano;
  if (seconds > kLimit - 1) return Value::Int(std::numeric_limits<std::int64_t>::max(), Type::kDuration);
  if (seconds < -kLimit + 1) return Value::Int(std::numeric_limits<std::int64_t>::min(), Type::kDuration);
  return Value::Int(seconds * kNano + Of(a).nanoseconds - Of(b).nanoseconds, Type::kDuration);
}

Value Sum(const Value& time, std::int64_t duration) {
  std::int64_t nanoseconds = Of(time).nanoseconds + duration % kNano;
  std::int64_t seconds = time.integer + duration / kNano;
  if (nanoseconds < 0) {
    nanoseconds += kNano;
    --seconds;
  }
  return Value::Time(seconds + nanoseconds / kNano, static_cast<std::size_t>(nanoseconds % kNano));
}

MethodResult AddDate(const Call& call) {
  if (call.arguments.size() != 3) return WrongArguments(call);
  for (const Value& v : call.arguments) {
    constexpr std::int64_t kLimit = 10'000'000;
    if (v.type != Type::kInt || v.integer > kLimit || v.integer < -kLimit) return WrongArguments(call);
  }
  const CalendarTime t = ToCalendar(call.receiver.integer);
  const std::int64_t midnight = FromDate(t.year + call.arguments[0].integer, t.month + call.arguments[1].integer,
                                         t.day + call.arguments[2].integer);
  return Value::Time(midnight + t.hour * 3'600 + t.minute * 60 + t.second, call.receiver.size);
}

MethodResult TimeMethod(const Call& call) {
  const Value& time = call.receiver;
  const CalendarTime t = ToCalendar(time.integer);
  struct Niladic {
    std::string_view name;
    Value value;
  };
  const std::array<Niladic, 17> niladic = {{
      {"Year", Value::Int(t.year)},
      {"Month", Value::Int(t.month, Type::kMonth)},
      {"Day", Value::Int(t.day)},
      {"Hour", Value::Int(t.hour)},
      {"Minute", Value::Int(t.minute)},
      {"Second", Value::Int(t.second)},
      {"Nanosecond", Value::Int(static_cast<std::int64_t>(time.size))},
      {"Weekday", Value::Int(t.weekday, Type::kWeekday)},
      {"YearDay", Value::Int(t.year_day)},
      {"Unix", Value::Int(time.integer, Type::kInt64)},
      {"UnixMilli", Value::Int(Scaled(time, 1'000), Type::kInt64)},
      {"UnixMicro", Value::Int(Scaled(time, 1'000'000), Type::kInt64)},
      {"UnixNano", Value::Int(Scaled(time, kNano), Type::kInt64)},
      {"IsZero", Value::Bool(time.integer == FromDate(1, 1, 1) && time.size == 0)},
      {"IsDST", Value::Bool(false)},
      {"UTC", time},
      {"Local", time},
  }};
  for (const Niladic& method : niladic) {
    if (method.name == call.name) return With(call, {}, [&] { return method.value; });
  }
  const std::span<const Value> args = call.arguments;
  if (call.name == "String") return With(call, {}, [&] { return Text(call, *OwnText(time)); });
  if (call.name == "Format") {
    return With(call, {Type::kString}, [&]() -> Result<Value> {
      STEELIE_CHECK_OK(call.store.Spend(args[0].size / 4));
      return Text(call, TimeText(time, args[0].text()));
    });
  }
  if (call.name == "Before") return With(call, {Type::kTime}, [&] { return Value::Bool(Compare(time, args[0]) < 0); });
  if (call.name == "After") return With(call, {Type::kTime}, [&] { return Value::Bool(Compare(time, args[0]) > 0); });
  if (call.name == "Equal") return With(call, {Type::kTime}, [&] { return Value::Bool(Compare(time, args[0]) == 0); });
  if (call.name == "Compare") return With(call, {Type::kTime}, [&] { return Value::Int(Compare(time, args[0])); });
  if (call.name == "Sub") return With(call, {Type::kTime}, [&] { return Difference(time, args[0]); });
  if (call.name == "AddDate") return AddDate(call);
  if (call.name == "Add") {
    // A constant takes the type that is asked for.
    if (args.size() != 1 || (args[0].type != Type::kInt && args[0].type != Type::kDuration))
      return WrongArguments(call);
    return Sum(time, args[0].integer);
  }
  return std::nullopt;
}

MethodResult DurationMethod(const Call& call) {
  const std::int64_t d = call.receiver.integer;
  if (call.name == "String") return With(call, {}, [&] { return Text(call, DurationText(d)); });
  if (call.name == "Hours") return With(call, {}, [&] { return Value::Float(static_cast<double>(d) / 3.6e12); });
  if (call.name == "Minutes") return With(call, {}, [&] { return Value::Float(static_cast<double>(d) / 6e10); });
  if (call.name == "Seconds") return With(call, {}, [&] { return Value::Float(static_cast<double>(d) / 1e9); });
  if (call.name == "Milliseconds") return With(call, {}, [&] { return Value::Int(d / 1'000'000, Type::kInt64); });
  if (call.name == "Microseconds") return With(call, {}, [&] { return Value::Int(d / 1'000, Type::kInt64); });
  if (call.name == "Nanoseconds") return With(call, {}, [&] { return Value::Int(d, Type::kInt64); });
  return std::nullopt;
}

ByteView WithoutZeros(ByteView bytes) {
  while (!bytes.empty() && bytes[0] == 0) bytes = bytes.subspan(1);
  return bytes;
}

MethodResult BigIntMethod(const Call& call) {
  constexpr std::size_t kMaxBytes = 256;
  const Value& number = call.receiver;
  const bool nil = IsNil(number);
  const auto digits = [&](unsigned base) {
    if (nil) return std::string("<nil>");
    return (number.flag ? "-" : "") + DigitsOf(number.bytes(), base);
  };
  if (number.size > kMaxBytes) return std::nullopt;
  if (call.name == "String") return With(call, {}, [&] { return Text(call, digits(10)); });
  if (call.name == "Text") {
    if (call.arguments.size() != 1 || call.arguments[0].type != Type::kInt) return WrongArguments(call);
    const std::int64_t base = call.arguments[0].integer;
    if (base < 2 || base > 36) return WrongArguments(call);
    return Text(call, digits(static_cast<unsigned>(base)));
  }
  if (nil) return std::nullopt;
  if (call.name == "BitLen") {
    return With(call, {}, [&] {
      const ByteView bytes = WithoutZeros(number.bytes());
      const auto whole = static_cast<std::int64_t>(bytes.size()) * 8;
      return Value::Int(bytes.empty() ? 0 : whole - std::countl_zero(bytes[0]));
    });
  }
  if (call.name == "Bytes") {
    return With(call, {}, [&] { return Value::ByteList(Type::kBytes, WithoutZeros(number.bytes())); });
  }
  return std::nullopt;
}

MethodResult IpMethod(const Call& call) {
  ByteView ip = call.receiver.bytes();
  static constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const bool mapped = ip.size() == 16 && PublicEqual(ip.first(12), kMapped);
  if (mapped) ip = ip.subspan(12);
  static constexpr std::array<std::uint8_t, 16> kLoopback6 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  if (call.name == "IsLoopback") {
    return With(call, {}, [&] { return Value::Bool(ip.size() == 4 ? ip[0] == 127 : PublicEqual(ip, kLoopback6)); });
  }
  if (call.name == "IsPrivate") {
    return With(call, {}, [&] {
      if (ip.size() == 16) return Value::Bool((ip[0] & 0xfeU) == 0xfc);
      return Value::Bool(ip.size() == 4 &&
                         (ip[0] == 10 || (ip[0] == 172 && (ip[1] & 0xf0U) == 16) || (ip[0] == 192 && ip[1] == 168)));
    });
  }
  if (call.name == "IsUnspecified") {
    return With(call, {}, [&] {
      bool zero = !ip.empty();
      for (const std::uint8_t byte : ip) zero = zero && byte == 0;
      return Value::Bool(zero);
    });
  }
  return std::nullopt;
}

bool SameDefinition(const SecretValue& a, const SecretValue& b) {
  return a.type == b.type && a.size == b.size && a.shared == b.shared && a.user_defined == b.user_defined &&
         a.valid_for == b.valid_for;
}

MethodResult SecretMethod(const Call& call) {
  if (call.name != "Equal" && call.name != "EqualDefinition") return std::nullopt;
  return With(call, {Type::kSecret}, [&] {
    const SecretValue& a = call.receiver.secret();
    const SecretValue& b = call.arguments[0].secret();
    bool equal = SameDefinition(a, b);
    // Both secrets belong to the author of the template; how long the comparison takes tells him nothing new.
    if (call.name == "Equal") {
      equal = equal && PublicEqual(a.cert, b.cert) && PublicEqual(a.private_half, b.private_half) &&
              PublicEqual(a.public_half, b.public_half);
    }
    return Value::Bool(equal);
  });
}

}  // namespace

MethodResult CallMethod(Store& store, const Value& receiver, std::string_view name, std::span<const Value> arguments) {
  const Call call{store, receiver, name, arguments};
  switch (receiver.type) {
    case Type::kSecret:
      return SecretMethod(call);
    case Type::kTime:
      return TimeMethod(call);
    case Type::kDuration:
      return DurationMethod(call);
    case Type::kBigInt:
      return BigIntMethod(call);
    default:
      break;
  }
  if (receiver.type == Type::kIp) {
    if (auto result = IpMethod(call)) return result;
  }
  // Whatever has a text form of its own has it as a method, too.
  if (name == "String") {
    if (auto text = OwnText(receiver)) return With(call, {}, [&] { return Text(call, std::move(*text)); });
  }
  return std::nullopt;
}

}  // namespace steelie::gotemplate
