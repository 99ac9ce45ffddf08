#include "control/plan.h"

#include "control/coordinator_impl.h"
#include "control/try_out.h"
#include "manifest/fingerprint.h"
#include "manifest/parse.h"
#include "manifest/update.h"

namespace steelie::control {
namespace {

using PackageMap = manifest::NameMap<manifest::Package>;

Error NotAllowed(const KnownUser& user) {
  return Error(Code::kPermissionDenied, "user.forbidden",
               "user " + user.name + " is not allowed to make this update, and so not to plan it");
}

Error Refused(std::string text, const std::vector<manifest::Problem>& problems) {
  for (const manifest::Problem& problem : problems) text += (text.ends_with(": ") ? "" : "\n") + problem.ToString();
  return Error(Code::kInvalidArgument, problems.front().reason, text);
}

void AddImpacts(NameMap<std::vector<std::string>> affected, UpdatePlan& plan) {
  for (auto& [type, because] : affected) plan.types.push_back({.type = type, .because = std::move(because)});
}

void AddReissued(const manifest::Manifest& next, UpdatePlan& plan) {
  for (const auto& [name, fate] : plan.diff.secrets) {
    const auto definition = next.secrets.find(name);
    const bool certificate = definition != next.secrets.end() && manifest::IsCertificate(definition->second.type);
    if (certificate && fate == manifest::SecretFate::kRegenerated) plan.reissued.push_back(name);
  }
}

Result<UpdatePlan> PlanPackages(const Coordinator::Impl& impl, const State& view, const KnownUser& user,
                                const manifest::Manifest& update) {
  if (!Authorised(user, manifest::Action::kUpdateSecurityVersion, manifest::PackageNames(update)) &&
      !Authorised(user, manifest::Action::kUpdateManifest, {})) {
    impl.journal->Record(UserRefused{user.name, "plan update"});
    return NotAllowed(user);
  }
  STEELIE_TRY(const NameMap<std::uint64_t> versions, manifest::CheckPackageUpdate(update, *view.packages));
  UpdatePlan plan;
  plan.diff = manifest::ComparePackageUpdate(view.deployment->manifest(), *view.packages, versions);
  PackageMap packages = *view.packages;
  for (const auto& [name, version] : versions) manifest::SetSecurityVersion(packages.at(name), version);
  AddImpacts(AffectedTypes(*view.deployment, *view.deployment, plan.diff), plan);
  AddReissued(view.deployment->manifest(), plan);
  Rehearse(view, *view.deployment, packages, impl.options.simulation, plan);
  return plan;
}

Result<UpdatePlan> PlanAll(const Coordinator::Impl& impl, const State& view, const KnownUser& user,
                           const Bytes& manifest) {
  if (!Authorised(user, manifest::Action::kUpdateManifest, {})) {
    impl.journal->Record(UserRefused{user.name, "plan update"});
    return NotAllowed(user);
  }
  const bool lenient = impl.options.lenient_manifest;
  STEELIE_TRY(const std::shared_ptr<const Deployment> next, Deployment::Compile(manifest, lenient));
  STEELIE_CHECK_OK(CheckSealMode(*view.deployment, *next));
  STEELIE_TRY(const std::vector<manifest::Problem> mistakes,
              TryOut(manifest, lenient, impl.deps.random, impl.DecisionTime(view)));
  if (!mistakes.empty()) return Refused("the update could not be applied: ", mistakes);
  UpdatePlan plan;
  plan.diff = manifest::Compare(view.deployment->manifest(), *view.packages, next->manifest());
  plan.eligible = UpdatersOf(*view.deployment);
  const std::uint64_t threshold = view.deployment->manifest().config.update_threshold;
  plan.needed = threshold == 0 ? plan.eligible.size() : threshold;
  AddImpacts(AffectedTypes(*view.deployment, *next, plan.diff), plan);
  AddReissued(next->manifest(), plan);
  Rehearse(view, *next, next->manifest().packages, impl.options.simulation, plan);
  return plan;
}

}  // namespace

Result<UpdatePlan> Coordinator::PlanUpdate(const Caller& caller, const Bytes& manifest) const {
  const auto view = impl_->View();
  STEELIE_TRY(const KnownUser* user, Authenticate(*view, caller));
  STEELIE_CHECK_OK(RequirePhase(*view, Phase::kAcceptingMarbles));
  const auto outcome = manifest::Parse(manifest, {.lenient = impl_->options.lenient_manifest});
  if (!outcome.errors.empty()) {
    return Refused("unmarshaling update manifest: ", outcome.errors);
  }
  auto plan = manifest::IsPackageOnly(*outcome.manifest) ? PlanPackages(*impl_, *view, *user, *outcome.manifest)
                                                         : PlanAll(*impl_, *view, *user, manifest);
  if (plan) plan->fingerprint = manifest::Fingerprint(manifest);
  return plan;
}

}  // namespace steelie::control
