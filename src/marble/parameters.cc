#include "marble/parameters.h"

#include <algorithm>

#include "marble.pb.h"

namespace steelie::marble {
namespace {

// protobuf keeps the values in ordinary strings: they are wiped as soon as they are copied.
std::vector<NamedSecret> TakeAll(google::protobuf::Map<std::string, std::string>& from) {
  std::vector<NamedSecret> out;
  out.reserve(from.size());
  for (auto& [name, value] : from) {
    out.push_back({name, ParameterValue(AsBytes(value))});
    Wipe(value.data(), value.size());
  }
  std::ranges::sort(out, {}, &NamedSecret::name);
  return out;
}

}  // namespace

const ParameterValue* Parameters::FindEnv(std::string_view name) const {
  const auto at = std::ranges::find(env, name, &NamedSecret::name);
  return at == env.end() ? nullptr : &at->value;
}

Bytes EncodeRequest(const ActivationRequest& request) {
  rpc::ActivationReq message;
  message.set_quote(ToText(request.evidence));
  message.set_csr(ToText(request.csr));
  message.set_marbletype(request.marble_type);
  message.set_uuid(request.uuid.ToString());
  Bytes out(message.ByteSizeLong());
  message.SerializeWithCachedSizesToArray(out.data());
  return out;
}

Result<Parameters> DecodeParameters(ByteView message) {
  rpc::ActivationResp response;
  const bool parsed = response.ParseFromArray(message.data(), static_cast<int>(message.size()));
  rpc::Parameters& from = *response.mutable_parameters();
  Parameters out{
      TakeAll(*from.mutable_files()), TakeAll(*from.mutable_env()), {from.argv().begin(), from.argv().end()}};
  if (!parsed) {
    return Error(Code::kInternal, "activate.protocol", "the Coordinator's response is not an activation response");
  }
  return out;
}

}  // namespace steelie::marble
