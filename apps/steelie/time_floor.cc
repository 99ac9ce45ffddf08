#include <charconv>
#include <chrono>

#include "base/clock.h"
#include "base/unix_time.h"
#include "commands.h"
#include "session.h"

namespace steelie::cli {
namespace {

struct Options {
  std::string address;
  std::string to;
};

std::string Text(std::uint64_t seconds) { return FormatUnixSeconds(seconds) + " (" + std::to_string(seconds) + ")"; }

void Print(const Program& program, const client::TimeFloor& floor) {
  program.console().Line("Floor of time:      " + Text(floor.floor));
  program.console().Line("Lowest possible:    " + Text(floor.lowest));
  program.console().Line("Coordinator's time: " + Text(floor.clock));
  program.console().Json(
      client::JsonObject().Add("floor", floor.floor).Add("lowest", floor.lowest).Add("clock", floor.clock));
}

// Without an option it is this machine's time: the Coordinator's clock is what went wrong.
Result<std::uint64_t> Target(const std::string& text) {
  if (text.empty()) {
    const auto now = std::chrono::floor<std::chrono::seconds>(SystemClock().Now()).time_since_epoch().count();
    return static_cast<std::uint64_t>(now);
  }
  std::uint64_t seconds = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (failed != std::errc() || end != text.data() + text.size()) {
    return Error(Code::kInvalidArgument, "cli.time", "--to must be a time in Unix seconds, such as 1767323045");
  }
  return seconds;
}

Result<int> Show(const Program& program, const Options& options) {
  STEELIE_TRY(const Session session, ConnectCached(program, options.address));
  STEELIE_TRY(const client::TimeFloor floor,
              session.client->GetTimeFloor().WithContext("retrieving the floor of time"));
  Print(program, floor);
  return 0;
}

Result<int> Lower(const Program& program, const Options& options, const UserFlags& flags) {
  STEELIE_TRY(const std::uint64_t to, Target(options.to));
  STEELIE_TRY(client::TlsIdentity user, LoadUser(program, flags));
  STEELIE_TRY(const Session session, ConnectCached(program, options.address, std::move(user)));
  STEELIE_TRY(const client::TimeFloor floor,
              session.client->LowerTimeFloor(to).WithContext("lowering the floor of time"));
  Print(program, floor);
  return 0;
}

}  // namespace

void AddTimeFloorCommand(CLI::App& parent, Program& program) {
  CLI::App& command =
      AddCommand(parent, "time-floor", "Show or lower the time below which a Coordinator never decides");

  CLI::App& show = AddCommand(command, "show", "Show the floor of time");
  auto show_options = std::make_shared<Options>();
  AddAddress(show, show_options->address);
  program.Register(show, [&program, show_options] { return Show(program, *show_options); });

  CLI::App& lower = AddCommand(command, "lower", "Lower the floor of time after a clock had run ahead");
  auto lower_options = std::make_shared<Options>();
  AddAddress(lower, lower_options->address);
  AddOption(lower, "--to", lower_options->to, "Time in Unix seconds; by default this machine's time");
  const std::shared_ptr<UserFlags> flags = AddUserFlags(lower);
  program.Register(lower, [&program, lower_options, flags] { return Lower(program, *lower_options, *flags); });
}

}  // namespace steelie::cli
