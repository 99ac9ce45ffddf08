#include "control/dry_run.h"

#include "control/generate.h"

namespace steelie::control {
namespace {

using gotemplate::Generation;
using gotemplate::Reserved;
using gotemplate::SecretValue;

constexpr std::uint8_t kStandIn = 0x41;

// Stand-in values are the same for all marbles, so they are made once per dry run.
class DryRunData final : public gotemplate::Data {
 public:
  DryRunData(const Deployment& deployment, const pki::Authority& authority, const SecretMap& values, Random& random,
             Instant now)
      : deployment_(deployment), authority_(authority), values_(values), random_(random), now_(now) {
    ca_.cert = byte_;
    marble_cert_.cert = byte_;
    marble_cert_.public_half = byte_;
    marble_cert_.private_half = byte_;
    seal_key_.type = "symmetric-key";
    seal_key_.public_half = byte_;
    seal_key_.private_half = byte_;
  }

  const SecretValue& GetReserved(Reserved which) const override {
    if (which == Reserved::kSealKey) return seal_key_;
    return which == Reserved::kMarbleCert ? marble_cert_ : ca_;
  }

  const SecretValue* Find(Generation, std::string_view name) const override {
    if (const auto at = cache_.find(name); at != cache_.end()) return &at->second.value;
    const auto definition = deployment_.manifest().secrets.find(name);
    if (definition == deployment_.manifest().secrets.end()) return nullptr;
    auto stored = Value(name, definition->second);
    if (!stored) {
      if (!error_) error_ = stored.error().WithContext("secret `" + std::string(name) + "`");
      return nullptr;
    }
    SecretValue value = ViewOf(definition->second, **stored);
    return &cache_.emplace(std::string(name), Made{std::move(*stored), std::move(value)}).first->second.value;
  }

  std::vector<std::string> Names(Generation) const override {
    std::vector<std::string> names;
    for (const auto& [name, definition] : deployment_.manifest().secrets) names.push_back(name);
    return names;
  }

  /// Why a value could not be made since the last call.
  std::optional<Error> TakeError() { return std::exchange(error_, std::nullopt); }

 private:
  struct Made {
    std::shared_ptr<const StoredSecret> stored;
    SecretValue value;
  };

  Result<std::shared_ptr<const StoredSecret>> Value(std::string_view name, const manifest::Secret& definition) const {
    if (const auto at = values_.find(name); at != values_.end() && !at->second->empty()) return at->second;
    if (!definition.user_defined && manifest::IsCertificate(definition.type)) {
      const auto kind = std::make_pair(definition.type, definition.size);
      auto key = keys_.find(kind);
      if (key == keys_.end()) {
        STEELIE_TRY(PrivateKey made, GenerateSecretKey(definition));
        key = keys_.emplace(kind, std::move(made)).first;
      }
      return CertifySecret(definition, authority_, key->second, random_, now_);
    }
    auto stand_in = std::make_shared<StoredSecret>();
    if (definition.user_defined) stand_in->certificate = byte_;
    // A derived key is as long as it will be, so that taking a part of it works.
    const Bytes value(definition.user_defined ? 1 : std::max<std::size_t>(1, definition.size / 8), kStandIn);
    stand_in->private_half = SecretHalf(ByteView(value));
    stand_in->public_half = SecretHalf(ByteView(value));
    return std::shared_ptr<const StoredSecret>(std::move(stand_in));
  }

  const Deployment& deployment_;
  const pki::Authority& authority_;
  const SecretMap& values_;
  Random& random_;
  Instant now_;
  Bytes byte_{kStandIn};
  SecretValue ca_, marble_cert_, seal_key_;
  mutable std::map<std::string, Made, std::less<>> cache_;
  mutable std::map<std::pair<manifest::SecretType, std::uint64_t>, PrivateKey> keys_;
  mutable std::optional<Error> error_;
};

std::optional<Error> RunValue(const CompiledValue& value, DryRunData& data) {
  const auto* compiled = std::get_if<gotemplate::Template>(&value.content);
  if (compiled == nullptr) return std::nullopt;
  const auto output = compiled->Execute(data);
  if (auto error = data.TakeError()) return error;
  if (output) return std::nullopt;
  // Beyond a bound here is the document's fault; nothing of ours is exhausted.
  const Error& error = output.error();
  const Code code = error.code() == Code::kResourceExhausted ? Code::kInvalidArgument : error.code();
  return Error(code, error.reason(), error.message());
}

void RunValues(const std::string& type, bool is_file, const std::vector<CompiledValue>& values, DryRunData& data,
               ValueFaults& faults) {
  for (const CompiledValue& value : values) {
    if (faults.full()) return;
    if (auto error = RunValue(value, data)) faults.found.push_back({type, is_file, value.name, std::move(*error)});
  }
}

}  // namespace

Status DryRun(const Deployment& deployment, const pki::Authority& authority, const SecretMap& values, Random& random,
              Instant now) {
  ValueFaults faults;
  DryRunAll(deployment, authority, values, random, now, faults);
  return faults.found.empty() ? Ok() : Status(faults.found.front().ToError());
}

void DryRunAll(const Deployment& deployment, const pki::Authority& authority, const SecretMap& values, Random& random,
               Instant now, ValueFaults& faults) {
  DryRunData data(deployment, authority, values, random, now);
  for (const auto& [type, marble] : deployment.marbles()) {
    RunValues(type, /*is_file=*/true, marble.files, data, faults);
    RunValues(type, /*is_file=*/false, marble.env, data, faults);
  }
}

}  // namespace steelie::control
