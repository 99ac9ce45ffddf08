#include "commands.h"
#include "session.h"

namespace steelie::cli {

void AddStatusCommand(CLI::App& parent, Program& program) {
  CLI::App& command = AddCommand(parent, "status", "Show the state of a Coordinator");
  auto address = std::make_shared<std::string>();
  AddAddress(command, *address);
  program.Register(command, [&program, address]() -> Result<int> {
    STEELIE_TRY(const Session session, ConnectCached(program, *address));
    STEELIE_TRY(const client::CoordinatorStatus status, session.client->GetStatus().WithContext("retrieving status"));
    program.console().Line(std::to_string(status.code) + ": " + status.message);
    program.console().Json(client::JsonObject().Add("code", status.code).Add("message", status.message));
    return 0;
  });
}

}  // namespace steelie::cli
