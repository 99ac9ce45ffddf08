#include "recovery_upload.h"

#include "client/recovery.h"

namespace steelie::cli {

Result<int> UploadRecovery(const Program& program, const Session& session, ByteView secret, ByteView signature) {
  Bytes encrypted = ToBytes(secret);
  if (client::IsPlainRecoverySecret(secret)) {
    STEELIE_TRY(const PublicKey key,
                session.client->GetRecoveryPublicKey().WithContext("retrieving the Coordinator's recovery public key"));
    Wipe(encrypted.data(), encrypted.size());
    STEELIE_TRY(encrypted, key.RsaOaepEncrypt(secret));
  }
  STEELIE_TRY(const client::RecoverAnswer answer,
              session.client->Recover(encrypted, signature).WithContext("recovering Coordinator"));
  program.console().Line(answer.remaining == 0
                             ? "Recovery successful."
                             : "Secret was processed successfully. Upload the next secret. Remaining secrets: " +
                                   std::to_string(answer.remaining));
  program.console().Json(
      client::JsonObject().Add("recovered", answer.remaining == 0).Add("remaining", answer.remaining));
  STEELIE_CHECK_OK(SaveQuote(program, session));
  return 0;
}

}  // namespace steelie::cli
