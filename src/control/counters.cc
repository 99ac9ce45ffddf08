#include "control/coordinator_impl.h"
#include "crypto/x509.h"
#include "pki/leaf.h"

namespace steelie::control {
namespace {

constexpr std::size_t kMaxName = 4096;
// All of them are in memory and in every snapshot, forever.
constexpr std::uint64_t kMaxPerMarble = 1'000;
constexpr std::uint64_t kMaxTotal = 100'000;
constexpr std::uint64_t kMaxTotalIdBytes = std::uint64_t{64} << 20U;

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

// Counters that exist go on in any case.
Status RequireRoomForCounter(const State& state, const std::string& id) {
  if (state.counters.Get(id) > 0) return Ok();
  if (state.counters_of.Get(MarbleOfCounter(id)) >= kMaxPerMarble) {
    return Error(Code::kFailedPrecondition, "counter.too_many",
                 "this marble has " + std::to_string(kMaxPerMarble) +
                     " monotonic counters, more are not possible: use the ones it has");
  }
  if (state.counter_totals.count >= kMaxTotal || state.counter_totals.id_bytes + id.size() > kMaxTotalIdBytes) {
    return Error(Code::kFailedPrecondition, "counter.too_many_total",
                 "all marbles together have " + std::to_string(state.counter_totals.count) +
                     " monotonic counters, at most " + std::to_string(kMaxTotal) + " with " +
                     std::to_string(kMaxTotalIdBytes) + " bytes of names are possible: use fewer, or shorter names");
  }
  return Ok();
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
    STEELIE_CHECK_OK(RequireRoomForCounter(state, id));
    return Just(CounterSet{id, value});
  };
  STEELIE_CHECK_OK(impl_->journal->Commit(decide));
  return before;
}

}  // namespace steelie::control
