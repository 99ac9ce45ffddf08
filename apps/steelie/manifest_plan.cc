#include <nlohmann/json.hpp>

#include "client/manifest_file.h"
#include "client/plan_report.h"
#include "commands.h"
#include "control/plan_json.h"
#include "session.h"

namespace steelie::cli {
namespace {

// What `--strict` answers when there is something to look at; 1 is for failures.
constexpr int kLookAtThis = 2;

struct Options {
  std::string before;
  std::string after;
  std::string address;
  bool strict = false;
  bool lenient = false;
};

Result<int> Print(const Program& program, const Options& options, const std::string& json, bool offline) {
  STEELIE_TRY(const client::PlanReport plan, client::ReadPlan(json, offline));
  program.console().Text(plan.text);
  program.console().JsonRaw(json);
  return options.strict && (plan.loosens || plan.locks_out || plan.refused != 0) ? kLookAtThis : 0;
}

Result<int> RunDiff(const Program& program, const Options& options) {
  STEELIE_TRY(const client::ManifestFile before, client::ReadManifestFile(options.before));
  STEELIE_TRY(const client::ManifestFile after, client::ReadManifestFile(options.after));
  STEELIE_TRY(const control::UpdatePlan plan, control::PlanOffline(before.document, after.document, options.lenient));
  return Print(program, options,
               control::PlanToJson(plan).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), true);
}

Result<int> RunPlan(const Program& program, const Options& options, const UserFlags& flags) {
  STEELIE_TRY(const client::ManifestFile file, client::ReadManifestFile(options.after));
  STEELIE_TRY(client::TlsIdentity user, LoadUser(program, flags));
  STEELIE_TRY(const Session session, ConnectCached(program, options.address, std::move(user)));
  STEELIE_TRY(const std::string plan, session.client->PlanUpdate(file.document).WithContext("planning the update"));
  return Print(program, options, plan, false);
}

}  // namespace

void AddManifestPlanCommands(CLI::App& parent, Program& program) {
  CLI::App& diff = AddCommand(parent, "diff", "Say what an update from one manifest to another changes");
  auto options = std::make_shared<Options>();
  AddArgument(diff, "OLD", options->before, "Manifest in force, JSON or YAML");
  AddArgument(diff, "NEW", options->after, "Manifest of the update, or an update of packages");
  AddFlag(diff, "--strict", options->strict,
          "Exit with 2 if something is admitted or allowed that was not before, or taken from everybody");
  AddFlag(diff, "--lenient", options->lenient, "Only warn of unknown fields, as a lenient Coordinator does");
  program.Register(diff, [&program, options] { return RunDiff(program, *options); });

  CLI::App& plan = AddCommand(parent, "plan", "Rehearse an update on a Coordinator and its recorded marbles");
  auto planned = std::make_shared<Options>();
  AddArgument(plan, "NEW", planned->after, "Manifest of the update, or an update of packages");
  AddAddress(plan, planned->address);
  AddFlag(
      plan, "--strict", planned->strict,
      "Exit with 2 if something is admitted or allowed that was not before, or taken from everybody, or a marble would "
      "be refused");
  const std::shared_ptr<UserFlags> flags = AddUserFlags(plan);
  program.Register(plan, [&program, planned, flags] { return RunPlan(program, *planned, *flags); });
}

}  // namespace steelie::cli
