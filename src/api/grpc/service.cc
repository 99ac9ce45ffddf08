#include "api/grpc/service.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <chrono>

#include "marble.pb.h"

namespace steelie::api::grpc {
namespace {

constexpr std::string_view kActivate = "/rpc.Marble/Activate";

// Names that strangers choose need not be shown whole.
std::string_view Cut(std::string_view text) { return text.substr(0, 128); }

std::string ToString(const SecretBuffer& bytes) { return std::string(AsText(bytes)); }

// The messages of protobuf keep secrets in ordinary strings: they are wiped as soon as they are encoded.
void WipeValues(google::protobuf::Map<std::string, std::string>& values) {
  for (auto& [name, value] : values) Wipe(value.data(), value.size());
}

SecretBuffer Encode(const control::ActivationResponse& response) {
  rpc::ActivationResp message;
  rpc::Parameters& parameters = *message.mutable_parameters();
  for (const auto& file : response.files) (*parameters.mutable_files())[file.name] = ToString(file.content);
  for (const auto& variable : response.env) (*parameters.mutable_env())[variable.name] = ToString(variable.content);
  for (const std::string& argument : response.argv) parameters.add_argv(argument);
  SecretBuffer out(message.ByteSizeLong());
  message.SerializeWithCachedSizesToArray(out.data());
  WipeValues(*parameters.mutable_files());
  WipeValues(*parameters.mutable_env());
  return out;
}

}  // namespace

Result<SecretBuffer> MarbleService::Call(std::string_view path, ByteView message, const control::Caller& caller) {
  if (path != kActivate) {
    return Error(Code::kUnimplemented, "grpc.method", "unknown method " + std::string(path.substr(0, 200)));
  }
  rpc::ActivationReq request;
  if (!request.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
    return Error(Code::kInternal, "grpc.message", "grpc: error unmarshalling request");
  }
  const auto now = std::chrono::steady_clock::now();
  if (requests_.Take(now)) logger_.Info("Received activation request", {{"MarbleType", Cut(request.marbletype())}});
  const auto response = coordinator_.Activate({.evidence = AsBytes(request.quote()),
                                               .csr = AsBytes(request.csr()),
                                               .marble_type = request.marbletype(),
                                               .uuid = request.uuid()},
                                              caller);
  if (!response) {
    if (const auto left_out = refusals_.Take(now)) {
      logger_.Warn("Marble Activation failed", {{"marbleType", Cut(request.marbletype())},
                                                {"uuid", Cut(request.uuid())},
                                                {"reason", response.error().reason()},
                                                {"error", response.error().message()},
                                                {"left_out", *left_out}});
    }
    return response.error();
  }
  return Encode(*response);
}

}  // namespace steelie::api::grpc
