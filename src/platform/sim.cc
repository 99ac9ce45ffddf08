#include "platform/sim.h"

#include <charconv>
#include <fstream>
#include <optional>
#include <string>

#include "base/codec.h"
#include "base/file.h"
#include "crypto/kdf.h"
#include "crypto/pem.h"
#include "pki/leaf.h"

namespace steelie::platform {
namespace {

constexpr std::size_t kMaxFile = std::size_t{64} << 10U;
constexpr std::string_view kSealContext = "steelie simulated sealing key v1";

// False also where it cannot be told: reading the file then says why.
bool Missing(const std::filesystem::path& path) {
  std::error_code unknown;
  return std::filesystem::status(path, unknown).type() == std::filesystem::file_type::not_found;
}

constexpr std::string_view kUnique = "unique";
constexpr std::string_view kProduct = "product";

// What a sealing key belongs to, as text: `unique`, or `product-` and the security version of whoever sealed; no number
// for version 0.
std::string PolicyName(SealingPolicy policy, std::uint64_t security_version) {
  if (policy == SealingPolicy::kUnique) return std::string(kUnique);
  return std::string(kProduct) + (security_version == 0 ? "" : "-" + std::to_string(security_version));
}

// The security version in the name of a product's key.
std::optional<std::uint64_t> ProductVersion(std::string_view name) {
  if (name == kProduct) return 0;
  if (!name.starts_with(kProduct) || name.size() < kProduct.size() + 2) return std::nullopt;
  const std::string_view digits = name.substr(kProduct.size() + 1);
  std::uint64_t version = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (name != PolicyName(SealingPolicy::kProduct, version)) return std::nullopt;
  return version;
}

struct Vendor {
  PrivateKey key;
  Certificate root;
};

pki::SerialNumber NewSerial(Random& random) { return random.Take<16>(); }

Status WriteKey(const std::filesystem::path& path, const PrivateKey& key) {
  const SecretBuffer pem = key.ToPkcs8().Reveal([](ByteView der) { return PemEncodeSecret("PRIVATE KEY", der); });
  return ReplaceFile(path, pem);
}

Result<PrivateKey> ReadKey(const std::filesystem::path& path) {
  STEELIE_TRY(Bytes text, ReadFile(path, kMaxFile));
  const std::vector<PemBlock> blocks = PemDecode(AsText(text));
  Wipe(text.data(), text.size());
  if (blocks.empty()) {
    return Error(Code::kUnavailable, "platform.sim.folder", path.string() + " holds no PEM private key");
  }
  return PrivateKey::FromPkcs8(blocks.front().bytes).WithContext(path.string());
}

Result<Certificate> ReadCertificate(const std::filesystem::path& path) {
  STEELIE_TRY(const Bytes text, ReadFile(path, kMaxFile));
  return Certificate::FromPem(AsText(text)).WithContext(path.string());
}

Result<Vendor> OpenVendor(const std::filesystem::path& folder, Random& random, const Clock& clock) {
  if (Missing(folder / "vendor.crt")) {
    STEELIE_CHECK_OK(CreateFolder(folder));
    STEELIE_TRY(PrivateKey key, PrivateKey::Generate(KeyKind::kEcP256));
    STEELIE_TRY(const Bytes der, pki::IssueSelfSigned("Steelie simulated platform (no protection)", key, {}, {},
                                                      NewSerial(random), clock.Now()));
    // The certificate comes last: with it the vendor exists.
    STEELIE_CHECK_OK(WriteKey(folder / "vendor.pem", key));
    STEELIE_CHECK_OK(ReplaceFile(folder / "vendor.crt", AsBytes(PemEncode("CERTIFICATE", der))));
  }
  STEELIE_TRY(PrivateKey key, ReadKey(folder / "vendor.pem"));
  STEELIE_TRY(Certificate root, ReadCertificate(folder / "vendor.crt"));
  return Vendor{std::move(key), std::move(root)};
}

Status WriteHost(const Vendor& vendor, const std::filesystem::path& folder, Random& random, const Clock& clock) {
  STEELIE_CHECK_OK(CreateFolder(folder));
  STEELIE_TRY(const PrivateKey key, PrivateKey::Generate(KeyKind::kEcP256));
  pki::CertificateContent content;
  content.serial = NewSerial(random);
  content.issuer = vendor.root.SubjectDer();
  content.subject = pki::CommonNameOnly("simulated host");
  content.not_before = std::chrono::floor<std::chrono::seconds>(clock.Now()) - pki::kBackdating;
  content.not_after = content.not_before + pki::kLongLifetime;
  content.spki = key.public_key().spki();
  content.extensions = {pki::KeyUsage(pki::kDigitalSignature), pki::BasicConstraints(false)};
  STEELIE_TRY(const Bytes der, pki::SignCertificate(content, vendor.key));
  SecretBuffer seed(32);
  random.Fill(seed);
  STEELIE_CHECK_OK(ReplaceFile(folder / "vendor.crt", AsBytes(vendor.root.ToPem())));
  STEELIE_CHECK_OK(ReplaceFile(folder / "host.seed", seed));
  STEELIE_CHECK_OK(WriteKey(folder / "host.pem", key));
  return ReplaceFile(folder / "host.crt", AsBytes(PemEncode("CERTIFICATE", der)));
}

}  // namespace

Status SimPlatform::MakeHost(const std::filesystem::path& vendor_folder, const std::filesystem::path& host_folder,
                             Random& random, const Clock& clock) {
  STEELIE_TRY(const Vendor vendor, OpenVendor(vendor_folder, random, clock));
  if (!Missing(host_folder / "host.crt")) {
    return Error(Code::kAlreadyExists, "platform.sim.folder", host_folder.string() + " is a simulated host already");
  }
  return WriteHost(vendor, host_folder, random, clock);
}

Result<std::unique_ptr<SimPlatform>> SimPlatform::Open(const std::filesystem::path& folder, const SimIdentity& identity,
                                                       Random& random, const Clock& clock) {
  if (Missing(folder / "host.crt")) {
    STEELIE_CHECK_OK(MakeHost(folder, folder, random, clock).WithContext("making the simulated platform"));
  }
  return OpenExisting(folder, identity);
}

Result<std::unique_ptr<SimPlatform>> SimPlatform::OpenExisting(const std::filesystem::path& folder,
                                                               const SimIdentity& identity) {
  if (Missing(folder / "host.crt")) {
    return Error(Code::kNotFound, "platform.sim.no_host",
                 folder.string() +
                     " is no host of a simulated platform: name the folder that the Coordinator was started with "
                     "(--sim-platform), or make one with `steelie sim host`");
  }
  STEELIE_TRY(Certificate root, ReadCertificate(folder / "vendor.crt"));
  STEELIE_TRY(PrivateKey host_key, ReadKey(folder / "host.pem"));
  STEELIE_TRY(const Certificate host, ReadCertificate(folder / "host.crt"));
  STEELIE_TRY(Bytes seed, ReadFile(folder / "host.seed", 32));
  if (seed.size() != 32) {
    return Error(Code::kUnavailable, "platform.sim.folder", (folder / "host.seed").string() + " has not 32 bytes");
  }
  Secret<SeedTag> secret_seed{ByteView(seed)};
  Wipe(seed.data(), seed.size());
  return std::unique_ptr<SimPlatform>(
      new SimPlatform(std::move(root), {std::move(host_key), host.der()}, std::move(secret_seed), identity));
}

Result<Bytes> SimPlatform::IssueEvidence(const attest::ReportData& report_data) const {
  attest::sim::Statement statement;
  statement.measurement = identity_.measurement;
  statement.signer = identity_.signer;
  statement.product_id = identity_.product_id;
  statement.security_version = identity_.security_version;
  statement.debug = identity_.debug;
  statement.report_data = report_data;
  return attest::sim::Issue(statement, host_);
}

Result<DerivedSealingKey> SimPlatform::NewSealingKey(SealingPolicy policy) const {
  Bytes info = ToBytes(PolicyName(policy, identity_.security_version));
  STEELIE_TRY(SealingKey key, SealingKeyFor(info));
  return DerivedSealingKey{std::move(key), std::move(info)};
}

Result<SealingKey> SimPlatform::SealingKeyFor(ByteView info) const {
  Writer context;
  context.Sized(kSealContext);
  context.Sized(info);
  const std::optional<std::uint64_t> version = ProductVersion(AsText(info));
  if (version && *version > identity_.security_version) {
    return Error(Code::kPermissionDenied, "platform.sealing_key",
                 "the key was sealed by security version " + std::to_string(*version) + ", this program has " +
                     std::to_string(identity_.security_version));
  }
  if (version) {
    context.Raw(identity_.signer);
    context.U64(identity_.product_id);
  } else if (AsText(info) == kUnique) {
    context.Raw(identity_.measurement);
  } else {
    return Error(Code::kPermissionDenied, "platform.sealing_key",
                 "the key was sealed on a platform other than a simulated one");
  }
  return seed_.Reveal([&](ByteView seed) { return SealingKey(HkdfSha256(seed, {}, context.data(), 32)); });
}

Result<Sha256Digest> MeasureProgram(const std::filesystem::path& program) {
  std::ifstream file(program, std::ios::binary);
  if (!file) return Error(Code::kNotFound, "platform.measure", "cannot read the program " + program.string());
  Sha256Stream stream;
  std::string piece(64U << 10U, '\0');
  while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())) || file.gcount() > 0) {
    stream.Update(AsBytes(std::string_view(piece).substr(0, static_cast<std::size_t>(file.gcount()))));
  }
  if (file.bad()) return Error(Code::kUnavailable, "platform.measure", "cannot read the program " + program.string());
  return stream.Finish();
}

}  // namespace steelie::platform
