#include "marble/activation.h"

#include <gtest/gtest.h>

#include <map>

#include "attest/sim/sim.h"
#include "base/file.h"
#include "base/testing/fake_clock.h"
#include "base/testing/result_matchers.h"
#include "base/testing/seeded_random.h"
#include "base/testing/temp_folder.h"
#include "crypto/pem.h"
#include "marble.pb.h"
#include "marble/log.h"
#include "marble/pin.h"
#include "pki/authority.h"
#include "pki/leaf.h"
#include "platform/sim.h"

namespace steelie::marble {
namespace {

using steelie::testing::FailsWith;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RecordingLog final : public Logger {
 public:
  void Log(LogLevel, std::string_view message, std::vector<LogField>) override { lines.emplace_back(message); }
  std::vector<std::string> lines;
};

// A Coordinator as far as a marble sees it.
struct FakeCoordinator {
  FakeCoordinator(Random& random, Instant now) : authority(Make(random, now)), leaf_key(NewKey()) {
    const Bytes leaf = *pki::IssueMarbleCertificate(authority, {}, Uuid::Generate(random), "web", leaf_key.public_key(),
                                                    random.Take<16>(), 0, now);
    env["MARBLE_PREDEFINED_COORDINATOR_ROOT_CA"] = authority.root_pem();
    env["MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"] = PemEncode("CERTIFICATE", leaf) + authority.intermediate_pem();
    files["/tmp/key"] = std::string("\0\1", 2);
  }

  static PrivateKey NewKey() { return *PrivateKey::Generate(KeyKind::kEcP256); }
  static pki::Authority Make(Random& random, Instant now) {
    return *pki::Authority::Create({}, {NewKey(), random.Take<16>()}, {NewKey(), random.Take<16>(), random.Take<16>()},
                                   now);
  }

  SecretBuffer Response() const {
    rpc::ActivationResp message;
    for (const auto& [name, value] : files) (*message.mutable_parameters()->mutable_files())[name] = value;
    for (const auto& [name, value] : env) (*message.mutable_parameters()->mutable_env())[name] = value;
    for (const auto& argument : argv) message.mutable_parameters()->add_argv(argument);
    const std::string bytes = message.SerializeAsString();
    return {bytes.begin(), bytes.end()};
  }

  pki::Authority authority;
  PrivateKey leaf_key;
  std::map<std::string, std::string> files, env;
  std::vector<std::string> argv;
};

class ActivationTest : public ::testing::Test {
 protected:
  ActivationTest() { options_.settings = {"web", "localhost:2001", "localhost,10.1.2.3", folder_.path() / "uuid"}; }

  ActivationSeams Seams() {
    return {random_, clock_, log_,
            [this](const Endpoint& endpoint, const MarbleIdentity& identity, ByteView message, const CallOptions&) {
              endpoints_.push_back(endpoint.ToString());
              presented_ = identity.certificate;
              EXPECT_TRUE(request_.ParseFromArray(message.data(), static_cast<int>(message.size())));
              if (failures_ > 0) {
                --failures_;
                return Result<CallResult>(failure_);
              }
              return Result<CallResult>(CallResult{coordinator_.Response(), server_});
            },
            [this](std::chrono::milliseconds pause) { waits_.push_back(pause); }};
  }
  Result<Activation> Run() { return Activate(options_, Seams()); }

  steelie::testing::TempFolder folder_;
  steelie::testing::InsecureSeededRandom random_{11};
  steelie::testing::FakeClock clock_;
  RecordingLog log_;
  FakeCoordinator coordinator_{random_, clock_.Now()};
  Certificate server_ = coordinator_.authority.marble_root();
  ActivationOptions options_;
  rpc::ActivationReq request_;
  std::optional<Certificate> presented_;
  std::vector<std::string> endpoints_;
  int failures_ = 0;
  Error failure_{Code::kUnavailable, "activate.unreachable", "cannot reach the Coordinator"};
  std::vector<std::chrono::milliseconds> waits_;
};

TEST_F(ActivationTest, SendsWhatTheProtocolAsksFor) {
  coordinator_.argv = {"zero", "one"};
  ASSERT_OK_AND_ASSIGN(const Activation activation, Run());
  EXPECT_EQ(request_.marbletype(), "web");
  EXPECT_EQ(request_.uuid(), activation.uuid.ToString());
  EXPECT_EQ(request_.quote(), "");
  ASSERT_OK_AND_ASSIGN(const auto csr, CertificateRequest::ParseAndVerify(AsBytes(request_.csr())));
  EXPECT_THAT(csr.subject, IsEmpty());
  EXPECT_THAT(csr.dns_names, ElementsAre("localhost"));
  EXPECT_THAT(endpoints_, ElementsAre("localhost:2001"));
  EXPECT_EQ(presented_->SubjectCommonName(), "MarbleRun Marble");

  ASSERT_EQ(activation.parameters.files.size(), 1U);
  EXPECT_EQ(activation.parameters.files[0].name, "/tmp/key");
  EXPECT_EQ(activation.parameters.files[0].value.Reveal([](ByteView b) { return ToBytes(b); }), (Bytes{0, 1}));
  EXPECT_THAT(activation.parameters.argv, ElementsAre("zero", "one"));
}

TEST_F(ActivationTest, LogsTheStepsThatOperatorsKnow) {
  ASSERT_OK(Run());
  EXPECT_THAT(log_.lines,
              ElementsAre("loading TLS Credentials", "loading UUID",
                          "UUID not found. Generating and storing a new UUID", "generating CSR", "generating quote",
                          "failed to get quote: there is no TEE here. Proceeding in simulation mode",
                          "activating marble of type web", "Not using TTLS"));
  log_.lines.clear();
  ASSERT_OK_AND_ASSIGN(const Activation again, Run());
  EXPECT_THAT(log_.lines, Contains("found UUID: " + again.uuid.ToString()));
}

TEST_F(ActivationTest, TheUuidIsKeptAlsoIfTheActivationFails) {
  failures_ = 1;
  failure_ = Error(Code::kPermissionDenied, "activate.refused", "PermissionDenied: no");
  EXPECT_THAT(Run(), FailsWith("activate.refused"));
  ASSERT_OK_AND_ASSIGN(const Bytes kept, ReadFile(folder_.path() / "uuid", 100));
  EXPECT_EQ(AsText(kept), request_.uuid());
}

TEST_F(ActivationTest, EvidenceBindsToThePresentedCertificate) {
  ASSERT_OK_AND_ASSIGN(const auto sim, platform::SimPlatform::Open(folder_.path() / "sim", {}, random_, clock_));
  options_.platform = sim.get();
  ASSERT_OK(Run());
  const attest::sim::SimVerifier verifier(sim->vendor_root());
  ASSERT_OK_AND_ASSIGN(const auto claims, verifier.Verify(AsBytes(request_.quote()), clock_.Now()));
  EXPECT_EQ(claims.report_data, attest::BindingTo(presented_->der()));
}

TEST_F(ActivationTest, TriesAgainOnlyWhileUnreachable) {
  failures_ = 3;
  EXPECT_THAT(Run(), FailsWith("activate.unreachable"));
  EXPECT_EQ(endpoints_.size(), 1U) << "by default there is one attempt";
  options_.retry = std::chrono::hours(1);
  EXPECT_OK(Run());
  EXPECT_EQ(waits_.size(), 2U);
  failures_ = 1;
  failure_ = Error(Code::kFailedPrecondition, "activate.refused", "the clock is wrong");
  auto refused = Run();
  ASSERT_THAT(refused, FailsWith("activate.refused"));
  EXPECT_EQ(refused.error().message(), "the clock is wrong");
  failures_ = 1;
  failure_ = Error(Code::kFailedPrecondition, "activate.refused", "cannot accept marbles in current state: no");
  refused = Run();
  ASSERT_THAT(refused, FailsWith("activate.refused"));
  EXPECT_THAT(refused.error().message(), ::testing::HasSubstr("no manifest yet, or is in recovery: 'steelie status'"));
}

TEST_F(ActivationTest, LogsTheTtlsPolicyWithoutItsKeys) {
  coordinator_.env["MARBLE_TTLS_CONFIG"] =
      R"({"tls":{"Incoming":{"*:8443":{"cacrt":"PEM","clientAuth":true,"clikey":"KEY"}},"Outgoing":{}}})";
  ASSERT_OK(Run());
  log_.lines.erase(log_.lines.begin(), log_.lines.end() - 3);
  EXPECT_THAT(log_.lines, ElementsAre("TTLS config", "  Incoming", "    *:8443"));
  coordinator_.env["MARBLE_TTLS_CONFIG"] = "{";
  EXPECT_THAT(Run(), FailsWith("marble.ttls"));
}

TEST_F(ActivationTest, VariablesThatCannotBeSetFailTheActivation) {
  coordinator_.env["KEY"] = std::string("a\0b", 3);
  EXPECT_THAT(Run(), FailsWith("marble.apply.env"));
}

TEST_F(ActivationTest, ArgumentsThatNoProgramCanGetFailTheActivation) {
  coordinator_.argv = {"web", std::string("a\0b", 3)};
  EXPECT_THAT(Run(), FailsWith("marble.apply.argv"));
}

TEST_F(ActivationTest, AcceptsThePinnedCoordinator) {
  options_.coordinator_root = coordinator_.authority.root();
  EXPECT_OK(Run());
}

TEST_F(ActivationTest, RefusesAnotherCoordinator) {
  const FakeCoordinator other(random_, clock_.Now());
  options_.coordinator_root = other.authority.root();
  const auto result = Run();
  ASSERT_THAT(result, FailsWith("marble.pin"));
  EXPECT_THAT(result.error().message(), HasSubstr(HexEncode(other.authority.root().Fingerprint())));
  EXPECT_THAT(result.error().message(), HasSubstr(HexEncode(coordinator_.authority.root().Fingerprint())));
}

TEST_F(ActivationTest, RefusesAStrangerThatCopiedTheCertificates) {
  const FakeCoordinator stranger(random_, clock_.Now());
  options_.coordinator_root = coordinator_.authority.root();
  // All certificates are the right ones, but the connection is not held by the intermediate's key.
  server_ = stranger.authority.marble_root();
  EXPECT_THAT(Run(), FailsWith("marble.pin"));
  // The server's key fits an intermediate of the stranger's own.
  coordinator_.env["MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"] =
      stranger.env.at("MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN");
  EXPECT_THAT(Run(), FailsWith("marble.pin"));
}

TEST_F(ActivationTest, RefusesPinnedResponsesThatLackTheirParts) {
  options_.coordinator_root = coordinator_.authority.root();
  const auto complete = coordinator_.env;
  for (const auto& [name, value] : complete) {
    coordinator_.env = complete;
    coordinator_.env.erase(name);
    EXPECT_THAT(Run(), FailsWith("marble.pin")) << name;
    coordinator_.env[name] = "garbage";
    EXPECT_THAT(Run(), FailsWith("marble.pin")) << name;
  }
  // A marble's own certificate is by the intermediate, but no CA.
  coordinator_.env = complete;
  const std::string chain = complete.at("MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN");
  const std::string leaf = chain.substr(0, chain.find("-----BEGIN", 10));
  coordinator_.env["MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"] = leaf + leaf;
  EXPECT_THAT(Run(), FailsWith("marble.pin"));
}

TEST(Parameters, GarbageIsRefused) {
  EXPECT_THAT(DecodeParameters(Bytes{0x0a, 0xff}), FailsWith("activate.protocol"));
  ASSERT_OK_AND_ASSIGN(const auto empty, DecodeParameters({}));
  EXPECT_THAT(empty.files, IsEmpty());
}

}  // namespace
}  // namespace steelie::marble
