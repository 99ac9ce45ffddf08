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

Status Coordinator::RequireUser(const Caller& caller) const {
  STEELIE_CHECK_OK(Authenticate(*impl_->View(), caller));
  return Ok();
}

}  // namespace steelie::control
