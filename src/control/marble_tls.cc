#include <algorithm>
#include <map>

#include "control/coordinator_impl.h"
#include "control/marble_data.h"
#include "crypto/pem.h"

namespace steelie::control {
namespace {

// JSON as Go writes it: keys sorted, `<`, `>` and `&` escaped. Written straight into wiped memory, since it holds keys.
class JsonText {
 public:
  void Raw(std::string_view text) { out_.insert(out_.end(), text.begin(), text.end()); }
  void Raw(char c) { out_.push_back(static_cast<std::uint8_t>(c)); }

  void String(ByteView text) {
    static constexpr std::string_view kHex = "0123456789abcdef";
    Raw('"');
    for (const std::uint8_t b : text) {
      const char c = static_cast<char>(b);
      if (c == '"' || c == '\\') {
        Raw('\\');
        Raw(c);
      } else if (c == '\n') {
        Raw("\\n");
      } else if (b < 0x20 || c == '<' || c == '>' || c == '&') {
        Raw("\\u00");
        Raw(kHex[b >> 4U]);
        Raw(kHex[b & 15U]);
      } else {
        Raw(c);
      }
    }
    Raw('"');
  }
  void String(std::string_view text) { String(AsBytes(text)); }
  SecretBuffer Take() { return std::move(out_); }

 private:
  SecretBuffer out_;
};

struct Connection {
  SecretBuffer certificate;
  SecretBuffer key;
  bool client_auth = true;
};

SecretBuffer CertificatePem(ByteView der) {
  const std::string pem = PemEncode("CERTIFICATE", der);
  return SecretBuffer(pem.begin(), pem.end());
}

SecretBuffer KeyPem(ByteView der) { return PemEncodeSecret("PRIVATE KEY", der); }

void Write(JsonText& out, std::string_view direction, const std::map<std::string, Connection>& connections,
           const std::string& ca, bool incoming) {
  out.String(direction);
  out.Raw(":{");
  bool first = true;
  for (const auto& [address, connection] : connections) {
    if (!first) out.Raw(',');
    first = false;
    out.String(address);
    out.Raw(":{\"cacrt\":");
    out.String(ca);
    out.Raw(",\"clicrt\":");
    out.String(connection.certificate);
    if (incoming) out.Raw(connection.client_auth ? ",\"clientAuth\":true" : ",\"clientAuth\":false");
    out.Raw(",\"clikey\":");
    out.String(connection.key);
    out.Raw('}');
  }
  out.Raw('}');
}

}  // namespace

std::optional<SecretBuffer> TtlsConfig(const State& view, const manifest::Marble& marble, const MarbleData& data,
                                       const MarbleCredentials& credentials) {
  if (marble.tls.empty()) return std::nullopt;
  const auto own = [&] {
    return Connection{CertificatePem(credentials.certificate),
                      credentials.private_key.Reveal([](ByteView der) { return KeyPem(der); }), true};
  };
  std::map<std::string, Connection> incoming, outgoing;
  for (const std::string& name : marble.tls) {
    const auto tag = view.deployment->manifest().tls.find(name);
    if (tag == view.deployment->manifest().tls.end()) continue;
    for (const manifest::TlsEntry& entry : tag->second.outgoing) {
      outgoing.insert_or_assign(entry.addr + ":" + entry.port, own());
    }
    for (const manifest::TlsEntry& entry : tag->second.incoming) {
      Connection connection = own();
      if (!entry.cert.empty()) {
        const StoredSecret* secret = data.Stored(entry.cert);
        static const StoredSecret kNone;
        const StoredSecret& value = secret != nullptr ? *secret : kNone;
        connection = {CertificatePem(value.certificate),
                      value.private_half.Reveal([](ByteView der) { return KeyPem(der); }), !entry.disable_client_auth};
      }
      incoming.insert_or_assign("*:" + entry.port, std::move(connection));
    }
  }
  JsonText out;
  out.Raw("{\"tls\":{");
  Write(out, "Incoming", incoming, view.authority->marble_root_pem(), true);
  out.Raw(',');
  Write(out, "Outgoing", outgoing, view.authority->marble_root_pem(), false);
  out.Raw("}}");
  return out.Take();
}

}  // namespace steelie::control
