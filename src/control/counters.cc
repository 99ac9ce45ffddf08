#include "control/coordinator_impl.h"
#include "crypto/x509.h"
#include "pki/leaf.h"

namespace steelie::control {
namespace {

constexpr std::size_t kMaxName = 4096;

struct MarbleIdentity {
  std::string type;
  Uuid uuid;
};

Error Unauthorised(const std::string& why) {
  return Error(Code::kUnauthenticated, "marble.unauthorized", "unauthorized marble: " + why);
}

// Only the leaf counts, and only under the marble root in force: certificates from before an update are refused.
Result<MarbleIdentity> IdentifyMarble(const State& view, const Caller& caller, Instant now) {
  if (view.phase != Phase::kAcceptingMarbles) return Unauthorised(kWrongState);
  if (!caller.leaf) return Unauthorised("client certificate did not match any Marble");
  const Certificate& leaf = *caller.leaf;
  const CertificateTime second = std::chrono::floor<std::chrono::seconds>(now);
  if (leaf.IssuerDer() != view.authority->marble_root().SubjectDer() ||
      !leaf.SignedBy(view.authority->intermediate_key().public_key())) {
    return Unauthorised("the client certificate is not signed by the current marble root");
  }
  if (second < leaf.NotBefore() || second > leaf.NotAfter()) {
    return Unauthorised("the client certificate is not valid now");
  }
  const auto type = leaf.Extension(pki::kMarbleTypeOid);
  if (!type) return Unauthorised("MarbleType extension not found in certificate");
  const auto uuid = Uuid::Parse(leaf.SubjectCommonName());
  if (!uuid) return Unauthorised("the client certificate's common name is no UUID");
  return MarbleIdentity{ToText(*type), *uuid};
}

// Injective: the parts are encoded so that none can run into the next.
std::string CounterId(const MarbleIdentity& marble, const std::string& name) {
  return Base64Encode(AsBytes(marble.type)) + ":" + Base64Encode(marble.uuid.bytes()) + ":" +
         Base64Encode(AsBytes(name));
}

}  // namespace

Status Coordinator::RequireFeature(manifest::FeatureGate gate) const {
  const auto view = impl_->View();
  if (view->deployment && view->deployment->HasGate(gate)) return Ok();
  const std::string name = gate == manifest::FeatureGate::kMonotonicCounter ? "MonotonicCounter" : "SignQuoteEndpoint";
  return Error(Code::kPermissionDenied, "feature.disabled", name + " feature is not enabled in the manifest");
}

Status Coordinator::RequireMarble(const Caller& caller) const {
  const auto view = impl_->View();
  STEELIE_CHECK_OK(IdentifyMarble(*view, caller, impl_->DecisionTime(*view)));
  return Ok();
}

Result<std::uint64_t> Coordinator::SetCounter(const Caller& caller, const std::string& name, std::uint64_t value) {
  STEELIE_CHECK_OK(RequireFeature(manifest::FeatureGate::kMonotonicCounter));
  const auto view = impl_->View();
  STEELIE_TRY(const MarbleIdentity marble, IdentifyMarble(*view, caller, impl_->DecisionTime(*view)));
  if (name.size() > kMaxName) {
    return Error(Code::kInvalidArgument, "counter.name",
                 "the counter's name is longer than " + std::to_string(kMaxName) + " bytes");
  }
  const std::string id = CounterId(marble, name);
  std::uint64_t before = 0;
  const auto decide = [&](const State& state) -> Result<std::vector<EventBody>> {
    if (state.authority != view->authority) {
      return Error(Code::kAborted, "state.changed", "the deployment changed in the meantime: try again");
    }
    before = state.counters.Get(id);
    if (value <= before) return std::vector<EventBody>();
    return Just(CounterSet{id, value});
  };
  STEELIE_CHECK_OK(impl_->journal->Commit(decide));
  return before;
}

}  // namespace steelie::control
