#pragma once

#include <map>
#include <memory>

#include "base/random.h"
#include "control/state.h"
#include "gotemplate/template.h"

namespace steelie::control {

/// Certificate and key that one activation hands out.
struct MarbleCredentials {
  Bytes certificate;  // DER
  Pkcs8 private_key;
  Bytes public_key;  // SubjectPublicKeyInfo
};

/// What a marble's templates see. Values that belong to this marble alone are made when a template first asks for them,
/// so an activation costs what it uses, however many secrets the manifest has.
///
/// One thread. Must not outlive the view. A value that cannot be made (which the manifest's check should have caught)
/// shows as absent, and `error()` says why.
class MarbleData final : public gotemplate::Data {
 public:
  MarbleData(const State& view, std::string_view marble_type, const manifest::Marble& marble, const Uuid& uuid,
             const MarbleCredentials& credentials, Random& random, Instant now);
  ~MarbleData() override;

  const gotemplate::SecretValue& GetReserved(gotemplate::Reserved which) const override;
  const gotemplate::SecretValue* Find(gotemplate::Generation generation, std::string_view name) const override;
  std::vector<std::string> Names(gotemplate::Generation generation) const override;

  /// The stored or made value of a current secret, for TLS entries. Null if there is none.
  const StoredSecret* Stored(std::string_view name) const;

  const std::optional<Error>& error() const { return error_; }

 private:
  struct Made {
    std::shared_ptr<const StoredSecret> secret;
    gotemplate::SecretValue value;
  };

  const Made* Get(gotemplate::Generation generation, std::string_view name) const;
  Result<std::shared_ptr<const StoredSecret>> Make(gotemplate::Generation generation, std::string_view name,
                                                   const manifest::Secret& definition) const;

  const State& view_;
  std::string_view marble_type_;
  const manifest::Marble& marble_;
  Uuid uuid_;
  Random& random_;
  Instant now_;
  gotemplate::SecretValue root_ca_, coordinator_root_, coordinator_intermediate_, marble_cert_;
  mutable std::optional<Made> seal_key_;
  mutable std::map<std::string, Made, std::less<>> current_, previous_;
  mutable std::optional<Error> error_;
};

/// What templates see of a secret.
gotemplate::SecretValue ViewOf(const manifest::Secret& definition, const StoredSecret& stored);

}  // namespace steelie::control
