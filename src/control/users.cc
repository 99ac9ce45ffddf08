#include "control/coordinator_impl.h"

namespace steelie::control {

Result<const KnownUser*> Authenticate(const State& view, const Caller& caller) {
  const KnownUser* user = nullptr;
  if (caller.leaf && view.deployment) user = view.deployment->FindUser(caller.leaf->Fingerprint());
  if (user == nullptr) {
    return Error(Code::kUnauthenticated, "user.unauthorized",
                 "unauthorized user: client certificate did not match any MarbleRun users");
  }
  return user;
}

bool Authorised(const KnownUser& user, manifest::Action action, const std::vector<std::string>& names) {
  return user.permissions.Allows(action, names);
}

Error RefuseUser(const Coordinator::Impl& impl, const KnownUser& user, std::string operation,
                 const std::string& message) {
  if (const auto left_out = impl.refusals.Take(std::chrono::steady_clock::now())) {
    std::vector<LogField> fields = {{"user", user.name}, {"operation", operation}};
    if (*left_out > 0) fields.emplace_back("left_out", *left_out);
    impl.deps.logger.Info("A user was refused", std::move(fields));
  }
  impl.journal->Record(UserRefused{user.name, std::move(operation)});
  return Error(Code::kPermissionDenied, "user.forbidden", "user " + user.name + " is not allowed to " + message);
}

Status Coordinator::RequireUser(const Caller& caller) const {
  STEELIE_CHECK_OK(Authenticate(*impl_->View(), caller));
  return Ok();
}

}  // namespace steelie::control
