#include <algorithm>

#include "attest/claims_codec.h"
#include "attest/envelope.h"
#include "control/coordinator_impl.h"
#include "control/marble_data.h"
#include "crypto/pem.h"
#include "pki/leaf.h"
#include "policy/decide.h"

namespace steelie::control {
namespace {

// How far the clock may lag behind the newest event before activations stop: adjustments by a time service are smaller.
constexpr std::chrono::minutes kClockSlack{2};
// An update that comes into force during an activation makes it start again; more often than this nobody updates.
constexpr int kMaxAttempts = 4;

struct Target {
  const CompiledMarble* marble = nullptr;
  std::string package;
};

Result<Target> FindTarget(const State& view, std::string_view marble_type) {
  const CompiledMarble* marble = view.deployment->FindMarble(marble_type);
  if (marble == nullptr) {
    return Error(Code::kPermissionDenied, "activate.unknown_type",
                 "unknown marble type requested: the manifest defines no marble of this type");
  }
  return Target{marble, marble->definition->package};
}

Status CheckBudget(const State& view, std::string_view marble_type, const manifest::Marble& marble) {
  if (marble.max_activations == 0 || view.activations.Get(marble_type) < marble.max_activations) return Ok();
  return Error(Code::kPermissionDenied, "activate.limit",
               "reached max activations count for marble type: " + std::to_string(marble.max_activations) + " of " +
                   std::to_string(marble.max_activations) + " are used up");
}

Status CheckClock(const State& view, Instant now, Instant build_time) {
  const Instant floor = std::max(view.last_event - kClockSlack, build_time);
  if (now >= floor) return Ok();
  return Error(Code::kFailedPrecondition, "time.behind_floor",
               "the clock of the Coordinator's host is behind: it shows " + FormatMillis(now) +
                   ", but it was at least " + FormatMillis(floor) + " already. Set the clock right");
}

Result<Uuid> ParseUuid(std::string_view text) {
  STEELIE_TRY(const Uuid uuid, Uuid::Parse(text));
  if (uuid.IsNil()) {
    return Error(Code::kInvalidArgument, "uuid.nil", "the nil UUID cannot be used: let the marble make a random one");
  }
  return uuid;
}

Result<SecretBuffer> Render(const CompiledValue& value, std::string_view what, const MarbleData& data) {
  if (const auto* fixed = std::get_if<Bytes>(&value.content)) return SecretBuffer(fixed->begin(), fixed->end());
  auto output = std::get<gotemplate::Template>(value.content).Execute(data);
  const std::string context = std::string(what) + " `" + value.name + "`";
  // The data's own failure explains a template error better than the template can.
  if (data.error()) return Error(Code::kInternal, data.error()->reason(), context + ": " + data.error()->message());
  if (!output) return Error(Code::kInternal, output.error().reason(), context + ": " + output.error().message());
  return std::move(*output);
}

void SetEnv(std::vector<ActivationResponse::Value>& env, std::string_view name, SecretBuffer content) {
  const auto same = std::ranges::find(env, name, &ActivationResponse::Value::name);
  if (same != env.end()) {
    same->content = std::move(content);
  } else {
    env.push_back({std::string(name), std::move(content)});
  }
}

SecretBuffer TextBuffer(std::string_view text) { return SecretBuffer(text.begin(), text.end()); }

void AddPredefined(const State& view, const MarbleCredentials& credentials,
                   std::vector<ActivationResponse::Value>& env) {
  SetEnv(env, "MARBLE_PREDEFINED_ROOT_CA", TextBuffer(view.authority->marble_root_pem()));
  SetEnv(env, "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN",
         TextBuffer(PemEncode("CERTIFICATE", credentials.certificate) + view.authority->intermediate_pem()));
  SetEnv(env, "MARBLE_PREDEFINED_PRIVATE_KEY",
         credentials.private_key.Reveal([](ByteView der) { return PemEncodeSecret("PRIVATE KEY", der); }));
  SetEnv(env, "MARBLE_PREDEFINED_COORDINATOR_ROOT_CA", TextBuffer(view.authority->root_pem()));
}

// Key, certificate and rendered parameters: everything that an activation hands out.
Result<ActivationResponse> BuildResponse(const State& view, const CompiledMarble& marble, std::string_view type,
                                         const Uuid& uuid, const CertificateRequest& csr, KeyKind curve, Random& random,
                                         Instant now) {
  STEELIE_TRY(const PrivateKey key, PrivateKey::Generate(curve));
  STEELIE_TRY(Bytes certificate,
              pki::IssueMarbleCertificate(*view.authority, csr, uuid, type, key.public_key(), random.Take<16>(),
                                          marble.definition->certificate_validity_days, now));
  const MarbleCredentials credentials{std::move(certificate), key.ToPkcs8(), key.public_key().spki()};
  const MarbleData data(view, type, *marble.definition, uuid, credentials, random, now);
  ActivationResponse response;
  for (const CompiledValue& value : marble.files) {
    STEELIE_TRY(SecretBuffer content, Render(value, "file", data));
    response.files.push_back({value.name, std::move(content)});
  }
  for (const CompiledValue& value : marble.env) {
    STEELIE_TRY(SecretBuffer content, Render(value, "environment variable", data));
    response.env.push_back({value.name, std::move(content)});
  }
  AddPredefined(view, credentials, response.env);
  if (auto ttls = TtlsConfig(view, *marble.definition, data, credentials)) {
    SetEnv(response.env, "MARBLE_TTLS_CONFIG", std::move(*ttls));
  }
  if (data.error()) return Error(Code::kInternal, data.error()->reason(), data.error()->message());
  response.argv = marble.definition->parameters.argv;
  return response;
}

Error Internal(const Error& cause, std::string_view context) {
  return Error(Code::kInternal, cause.reason(), std::string(context) + ": " + cause.message());
}

}  // namespace

Result<attest::Claims> Attest(const Coordinator::Dependencies& deps, bool simulation, const State& view,
                              const ActivationRequest& request, const Certificate& leaf,
                              const std::string& package_name, Instant now) {
  const auto package = view.packages->find(package_name);
  if (package == view.packages->end()) {
    return Error(Code::kPermissionDenied, "activate.unknown_package", "the marble's package is not defined");
  }
  attest::Claims claims;
  if (!request.evidence.empty()) {
    if (attest::Recognise(request.evidence) != attest::Container::kEnvelope) {
      return Error(Code::kPermissionDenied, "attest.unsupported",
                   "invalid quote: this Coordinator does not know this kind of evidence");
    }
    auto verified = deps.verifier.Verify(request.evidence, now);
    if (!verified) {
      return Error(Code::kPermissionDenied, verified.error().reason(), "invalid quote: " + verified.error().message());
    }
    claims = std::move(*verified);
  }
  const policy::Decision decision =
      policy::Decide(claims, package->second, package_name, {simulation, attest::BindingTo(leaf.der())});
  if (!decision.allowed) {
    return Error(Code::kPermissionDenied, decision.reason(), "invalid quote: " + decision.Summary());
  }
  return claims;
}

Result<ActivationResponse> Coordinator::Activate(const ActivationRequest& request, const Caller& caller) {
  impl_->deps.observer.ActivationAttempted(request.marble_type, request.uuid);
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    const auto view = impl_->View();
    if (view->phase != Phase::kAcceptingMarbles) {
      return Error(Code::kFailedPrecondition, "state.wrong",
                   "cannot accept marbles in current state: " + std::string(kWrongState));
    }
    if (!caller.leaf) {
      return Error(Code::kUnauthenticated, "activate.no_certificate", "couldn't get marble TLS certificate");
    }
    STEELIE_CHECK_OK(CheckClock(*view, impl_->deps.clock.Now(), impl_->options.build_time));
    const Instant now = impl_->DecisionTime(*view);
    STEELIE_TRY(const Target target, FindTarget(*view, request.marble_type));
    const manifest::Marble& definition = *target.marble->definition;
    STEELIE_TRY(const attest::Claims claims,
                Attest(impl_->deps, impl_->options.simulation, *view, request, *caller.leaf, target.package, now));
    STEELIE_CHECK_OK(CheckBudget(*view, request.marble_type, definition));
    STEELIE_TRY(const Uuid uuid, ParseUuid(request.uuid));
    const auto csr = CertificateRequest::ParseAndVerify(request.csr);
    if (!csr) return Internal(csr.error(), "failed to parse CSR");
    STEELIE_CHECK_OK(CheckAllowedNames(definition, *csr));
    STEELIE_TRY(ActivationResponse response, BuildResponse(*view, *target.marble, request.marble_type, uuid, *csr,
                                                           impl_->options.curve, impl_->deps.random, now));

    Activated event;
    event.marble_type = request.marble_type;
    event.uuid = uuid;
    event.counted = definition.max_activations > 0;
    event.evidence_kind = static_cast<std::uint8_t>(claims.kind);
    event.evidence = Sha256(request.evidence);
    if (claims.kind != attest::EvidenceKind::kNone) event.claims = attest::EncodeClaims(claims);
    if (!event.counted) {
      // An update that came into force meanwhile may have taken the right to these secrets away.
      const auto latest = impl_->View();
      if (latest->deployment != view->deployment || latest->packages != view->packages) continue;
      impl_->journal->Record(std::move(event));
    } else {
      // The limit is enforced where the order is fixed; what was read above may be outdated by now.
      const auto decide = [&](const State& state) -> Result<std::vector<EventBody>> {
        if (state.deployment != view->deployment || state.packages != view->packages) {
          return Error(Code::kAborted, "activate.changed", "the manifest changed during the activation");
        }
        STEELIE_CHECK_OK(CheckBudget(state, request.marble_type, definition));
        return Just(event);
      };
      if (const auto committed = impl_->journal->Commit(decide); !committed) {
        if (committed.error().reason() == "activate.changed") continue;
        if (committed.error().reason() == "activate.limit") return committed.error();
        const Error failed = Internal(committed.error(), "committing the activation");
        // Nothing was written: the marble may try again.
        const bool full = committed.error().code() == Code::kResourceExhausted;
        return full ? Error(Code::kUnavailable, failed.reason(), failed.message()) : failed;
      }
    }
    impl_->deps.observer.ActivationSucceeded(request.marble_type, request.uuid, request.evidence, now);
    impl_->deps.logger.Info("Successfully activated new Marble",
                            {{"MarbleType", request.marble_type}, {"UUID", uuid.ToString()}});
    return response;
  }
  return Error(Code::kAborted, "activate.changed", "the manifest kept changing during the activation: try again");
}

}  // namespace steelie::control
