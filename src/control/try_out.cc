#include "control/try_out.h"

#include "control/deployment.h"
#include "control/dry_run.h"
#include "control/generate.h"
#include "manifest/check.h"

namespace steelie::control {
namespace {

manifest::Problem ProblemOf(const ValueFault& fault) {
  // Template errors begin with their line in the value, which is not that of the document.
  const std::string where = fault.error.message().starts_with("line ") ? "in the template, " : "";
  return {.reason = fault.error.reason(),
          .pointer = "/Marbles/" + manifest::PointerToken(fault.marble) + "/Parameters/" +
                     (fault.is_file ? "Files/" : "Env/") + manifest::PointerToken(fault.name) + "/Data",
          .message = where + fault.error.message()};
}

}  // namespace

Result<std::vector<manifest::Problem>> TryOut(ByteView document, bool lenient, Random& random, Instant now) {
  ValueFaults faults;
  faults.wanted = manifest::kMaxProblems;
  STEELIE_TRY(const std::shared_ptr<const Deployment> deployment,
              Deployment::CompileSome(ToBytes(document), lenient, faults));
  STEELIE_TRY(PrivateKey root_key, PrivateKey::Generate(KeyKind::kEcP256));
  STEELIE_TRY(const pki::IntermediateInput intermediate, NewIntermediate(KeyKind::kEcP256, random));
  STEELIE_TRY(const pki::Authority authority,
              pki::Authority::Create(pki::AuthorityNames::FromList("localhost"),
                                     {std::move(root_key), random.Take<16>()}, intermediate, now));
  DryRunAll(*deployment, authority, {}, random, now, faults);
  std::vector<manifest::Problem> problems;
  for (const ValueFault& fault : faults.found) problems.push_back(ProblemOf(fault));
  return manifest::Locate(document, std::move(problems));
}

}  // namespace steelie::control
