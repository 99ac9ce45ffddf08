#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/testing/fake_clock.h"
#include "base/testing/result_matchers.h"
#include "base/testing/seeded_random.h"
#include "base/testing/temp_folder.h"
#include "control/coordinator.h"
#include "pki/leaf.h"
#include "platform/none.h"
#include "platform/sim.h"

namespace steelie::control::testing {

/// Remembers log lines and activations.
class Recorder final : public Logger, public Observer {
 public:
  void Log(LogLevel, std::string_view message, std::vector<LogField> fields) override {
    const std::lock_guard lock(mutex_);
    std::string line(message);
    for (const LogField& field : fields) {
      if (const auto* text = std::get_if<std::string>(&field.value))
        line += " " + std::string(field.name) + "=" + *text;
    }
    lines_.push_back(std::move(line));
  }
  void ActivationAttempted(std::string_view, std::string_view) override { ++attempted; }
  void ActivationSucceeded(std::string_view, std::string_view, ByteView, Instant) override { ++succeeded; }

  std::string Text() const {
    const std::lock_guard lock(mutex_);
    std::string out;
    for (const std::string& line : lines_) out += line + "\n";
    return out;
  }

  std::atomic<int> attempted = 0, succeeded = 0;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// What a marble brings: TLS certificate and request, signed by one key.
struct MarbleSide {
  Caller caller;
  Bytes csr;
};
inline MarbleSide MakeMarble(const std::vector<std::string>& names = {"localhost"}) {
  const PrivateKey key = *PrivateKey::Generate(KeyKind::kEcP256);
  const Bytes certificate = *pki::IssueSelfSigned("MarbleRun Marble", key, names, {}, {1}, Instant());
  MarbleSide marble;
  marble.caller.leaf = *Certificate::FromDer(certificate);
  marble.csr = *CertificateRequest::Create(key, names, {Bytes{127, 0, 0, 1}});
  return marble;
}

/// A Coordinator over a temporary seal directory that can be stopped and started again.
class CoordinatorTest : public ::testing::Test {
 protected:
  void TearDown() override { Stop(); }

  Result<std::unique_ptr<Coordinator>> TryStart(const platform::Platform& platform, bool simulation = true) {
    CoordinatorOptions options;
    options.seal_directory = folder_.path() / "seal";
    options.simulation = simulation;
    options.lenient_manifest = lenient_;
    options.build_time = build_time_;
    options.seal_fault = seal_fault_;
    return Coordinator::Start(options, {platform, verifier_, clock_, random_, recorder_, recorder_, nullptr});
  }
  void Start() {
    auto started = TryStart(none_);
    ASSERT_TRUE(started.has_value()) << started.error().ToString();
    coordinator_ = std::move(*started);
  }
  void Stop() { coordinator_.reset(); }
  void Restart() {
    Stop();
    Start();
  }

  Status Set(const std::string& manifest) {
    STEELIE_CHECK_OK(coordinator_->SetManifest(ToBytes(manifest)));
    return Ok();
  }
  Result<ActivationResponse> Activate(std::string_view type, std::string_view uuid = kUuid) {
    return ActivateAs(MakeMarble(), type, uuid, {});
  }
  Result<ActivationResponse> ActivateAs(const MarbleSide& marble, std::string_view type, std::string_view uuid,
                                        ByteView evidence) {
    return coordinator_->Activate({evidence, marble.csr, type, uuid}, marble.caller);
  }
  static std::string EnvOf(const ActivationResponse& response, std::string_view name) {
    for (const auto& value : response.env) {
      if (value.name == name) return std::string(AsText(value.content));
    }
    return "(absent)";
  }
  std::string Env(std::string_view type, std::string_view name, std::string_view uuid = kUuid) {
    const auto response = Activate(type, uuid);
    return response ? EnvOf(*response, name) : "error: " + response.error().ToString();
  }
  std::filesystem::path SealFile(const char* name) const { return folder_.path() / "seal" / name; }

  static constexpr std::string_view kUuid = "00112233-4455-4677-8899-aabbccddeeff";
  static constexpr std::string_view kOtherUuid = "10112233-4455-4677-8899-aabbccddeeff";

  steelie::testing::TempFolder folder_;
  steelie::testing::FakeClock clock_;
  steelie::testing::InsecureSeededRandom random_{7};
  Recorder recorder_;
  platform::NonePlatform none_;
  attest::sim::SimVerifier verifier_{std::nullopt};
  bool lenient_ = false;
  Instant build_time_{};
  std::function<int(std::string_view)> seal_fault_;
  std::unique_ptr<Coordinator> coordinator_;
};

/// A manifest with the given marbles, secrets and further sections, and one package that everything uses.
inline std::string Manifest(const std::string& marbles, const std::string& secrets = "", const std::string& more = "") {
  return R"({"Packages":{"app":{"SignerID":")" + std::string(64, 'a') +
         R"(","ProductID":1,"SecurityVersion":2}},"Marbles":{)" + marbles + R"(},"Secrets":{)" + secrets + "}" +
         (more.empty() ? "" : "," + more) + "}";
}

}  // namespace steelie::control::testing
