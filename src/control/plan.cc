#include "control/plan.h"

#include "control/coordinator_impl.h"
#include "control/try_out.h"
#include "manifest/fingerprint.h"
#include "manifest/parse.h"
#include "manifest/update.h"

namespace steelie::control {
namespace {

using PackageMap = manifest::NameMap<manifest::Package>;

Error NotAllowed(const Coordinator::Impl& impl, const KnownUser& user) {
  return RefuseUser(impl, user, "plan update", "make this update, and so not to plan it");
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

UpdatePlan ComparePackages(const Deployment& deployment, const PackageMap& in_force,
                           const NameMap<std::uint64_t>& versions) {
  UpdatePlan plan;
  plan.diff = manifest::ComparePackageUpdate(deployment.manifest(), in_force, versions);
  AddImpacts(AffectedTypes(deployment, deployment, plan.diff), plan);
  AddReissued(deployment.manifest(), plan);
  return plan;
}

UpdatePlan CompareAll(const Deployment& deployment, const PackageMap& in_force, const Deployment& next) {
  UpdatePlan plan;
  plan.diff = manifest::Compare(deployment.manifest(), in_force, next.manifest());
  plan.eligible = UpdatersOf(deployment);
  const std::uint64_t threshold = deployment.manifest().config.update_threshold;
  plan.needed = threshold == 0 ? plan.eligible.size() : threshold;
  AddImpacts(AffectedTypes(deployment, next, plan.diff), plan);
  AddReissued(next.manifest(), plan);
  return plan;
}

Result<UpdatePlan> PlanPackages(const Coordinator::Impl& impl, const State& view, const KnownUser& user,
                                const manifest::Manifest& update) {
  if (!Authorised(user, manifest::Action::kUpdateSecurityVersion, manifest::PackageNames(update)) &&
      !Authorised(user, manifest::Action::kUpdateManifest, {})) {
    return NotAllowed(impl, user);
  }
  STEELIE_TRY(const NameMap<std::uint64_t> versions, manifest::CheckPackageUpdate(update, *view.packages));
  UpdatePlan plan = ComparePackages(*view.deployment, *view.packages, versions);
  PackageMap packages = *view.packages;
  for (const auto& [name, version] : versions) manifest::RaiseSecurityVersion(packages.at(name), version);
  Rehearse(view, *view.deployment, packages, impl.options.simulation, plan);
  return plan;
}

Result<UpdatePlan> PlanAll(const Coordinator::Impl& impl, const State& view, const KnownUser& user,
                           const Bytes& manifest) {
  if (!Authorised(user, manifest::Action::kUpdateManifest, {})) {
    return NotAllowed(impl, user);
  }
  const bool lenient = impl.options.lenient_manifest;
  STEELIE_TRY(const std::shared_ptr<const Deployment> next, Deployment::Compile(manifest, lenient));
  STEELIE_CHECK_OK(CheckSealMode(*view.deployment, *next));
  STEELIE_TRY(const std::vector<manifest::Problem> mistakes,
              TryOut(manifest, lenient, impl.deps.random, impl.DecisionTime(view)));
  if (!mistakes.empty()) return Refused("the update could not be applied: ", mistakes);
  UpdatePlan plan = CompareAll(*view.deployment, *view.packages, *next);
  Rehearse(view, *next, next->manifest().packages, impl.options.simulation, plan);
  return plan;
}

}  // namespace

Result<UpdatePlan> PlanOffline(const Bytes& before, const Bytes& after, bool lenient) {
  auto deployment = Deployment::Compile(before, lenient);
  if (!deployment) return std::move(deployment).error().WithContext("OLD");
  const PackageMap& in_force = (*deployment)->manifest().packages;
  const auto outcome = manifest::Parse(after, {.lenient = lenient});
  if (!outcome.errors.empty()) return Refused("NEW: ", outcome.errors);
  Result<UpdatePlan> plan = UpdatePlan();
  if (manifest::IsPackageOnly(*outcome.manifest)) {
    auto versions = manifest::CheckPackageUpdate(*outcome.manifest, in_force);
    if (!versions) return std::move(versions).error().WithContext("NEW");
    plan = ComparePackages(**deployment, in_force, *versions);
  } else {
    auto next = Deployment::Compile(after, lenient);
    if (!next) return std::move(next).error().WithContext("NEW");
    plan = CompareAll(**deployment, in_force, **next);
  }
  plan->fingerprint = manifest::Fingerprint(after);
  return plan;
}

Result<UpdatePlan> Coordinator::PlanUpdate(const Caller& caller, const Bytes& manifest) const {
  STEELIE_CHECK_OK(Authenticate(*impl_->View(), caller));
  // Activations without a limit are recorded a moment after they happened; a plan knows them all.
  impl_->journal->Flush();
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
