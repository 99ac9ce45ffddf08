#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "control/testing/coordinator_test.h"

namespace steelie::control::testing {

using nlohmann::json;

/// A Coordinator whose manifest has users.
class UsersTest : public CoordinatorTest {
 protected:
  void SetUp() override {
    Start();
    for (const char* name : {"alice", "bob", "carol", "dave"}) users_[name] = MakeMarble().caller;
  }

  /// A manifest as JSON in which alice, bob and carol may update; `change` adapts it.
  std::string Make(const std::function<void(json&)>& change = nullptr) {
    json m = json::parse(Manifest(
        R"("m":{"Package":"app","Parameters":{"Env":{"S":"{{ hex .Secrets.shared }}","P":"{{ hex .Previous.Secrets.shared }}",)"
        R"("O":"{{ hex .Secrets.own }}","Q":"{{ hex .Previous.Secrets.own }}"}}},"limited":{"Package":"app","MaxActivations":2})",
        R"("shared":{"Type":"symmetric-key","Size":128,"Shared":true},"own":{"Type":"symmetric-key","Size":128},)"
        R"("p":{"Type":"plain","UserDefined":true})"));
    for (const auto& [name, caller] : users_) m["Users"][name]["Certificate"] = caller.leaf->ToPem();
    for (const char* name : {"alice", "bob", "carol"}) m["Users"][name]["Roles"] = {"updater"};
    m["Roles"]["updater"] = {{"ResourceType", "Manifest"}, {"Actions", {"UpdateManifest"}}};
    m["Roles"]["writer"] = {{"ResourceType", "Secrets"}, {"ResourceNames", {"p"}}, {"Actions", {"WriteSecret"}}};
    m["Users"]["dave"]["Roles"] = {"writer"};
    if (change) change(m);
    return m.dump();
  }
  Result<UpdateResult> Submit(const char* user, const std::string& manifest) {
    return coordinator_->SubmitUpdate(users_[user], ToBytes(manifest));
  }
  Result<UpdateResult> Acknowledge(const char* user, const std::string& manifest) {
    return coordinator_->AcknowledgeUpdate(users_[user], ToBytes(manifest));
  }

  std::map<std::string, Caller> users_;
};

}  // namespace steelie::control::testing
