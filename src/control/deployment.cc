#include "control/deployment.h"

#include <algorithm>

#include "crypto/x509.h"
#include "manifest/check.h"
#include "manifest/fingerprint.h"

namespace steelie::control {
namespace {

Error Rejected(const std::vector<manifest::Problem>& problems) {
  // The beginnings are those of the reference: people and scripts know them.
  const bool syntax = problems.front().reason.starts_with("manifest.json.");
  std::string text = syntax ? "unmarshaling manifest: " : "checking manifest: ";
  for (const manifest::Problem& p : problems) text += (&p == &problems.front() ? "" : "\n") + p.ToString();
  return Error(Code::kInvalidArgument, problems.front().reason, std::move(text));
}

bool MayHoldTemplate(ByteView data) {
  const std::string_view text = AsText(data);
  return text.find("{{") != std::string_view::npos || text.find("$$") != std::string_view::npos;
}

Result<CompiledValue> CompileValue(const std::string& name, const manifest::FileValue& value,
                                   gotemplate::FunctionSet functions) {
  if (value.no_templates || !MayHoldTemplate(value.data)) return CompiledValue{name, value.data};
  // The tokens of the earliest manifests are text of the manifest, not of a decoded value.
  const Bytes source = value.encoding == manifest::Encoding::kString
                           ? ToBytes(gotemplate::ExpandLegacyTokens(AsText(value.data)))
                           : value.data;
  STEELIE_TRY(gotemplate::Template compiled, gotemplate::Template::Parse(source, functions));
  return CompiledValue{name, std::move(compiled)};
}

Result<CompiledValue> CompileVariable(const std::string& name, const manifest::FileValue& value) {
  if (std::ranges::find(value.data, 0) != value.data.end()) {
    return Error(Code::kInvalidArgument, "template.env_nul", "the value contains a NUL byte; use a file instead");
  }
  return CompileValue(name, value, gotemplate::FunctionSet::kEnv);
}

CompiledMarble CompileMarble(const std::string& type, const manifest::Marble& marble, ValueFaults& faults) {
  CompiledMarble out;
  out.definition = &marble;
  for (const auto& [path, value] : marble.parameters.files) {
    if (faults.full()) return out;
    auto compiled = CompileValue(path, value, gotemplate::FunctionSet::kFile);
    if (compiled) {
      out.files.push_back(std::move(*compiled));
    } else {
      faults.found.push_back({type, true, path, compiled.error()});
    }
  }
  for (const auto& [name, value] : marble.parameters.env) {
    if (faults.full()) return out;
    auto compiled = CompileVariable(name, value);
    if (compiled) {
      out.env.push_back(std::move(*compiled));
    } else {
      faults.found.push_back({type, false, name, compiled.error()});
    }
  }
  return out;
}

}  // namespace

Error ValueFault::ToError() const {
  return Error(error).WithContext("running manifest template dry run: marble `" + marble +
                                  "`: " + (is_file ? "file `" : "environment variable `") + name + "`");
}

Result<std::shared_ptr<const Deployment>> Deployment::Compile(Bytes raw, bool lenient) {
  ValueFaults faults;
  auto out = CompileSome(std::move(raw), lenient, faults);
  if (out && !faults.found.empty()) return faults.found.front().ToError();
  return out;
}

Result<std::shared_ptr<const Deployment>> Deployment::CompileSome(Bytes raw, bool lenient, ValueFaults& faults) {
  manifest::Outcome outcome = manifest::Load(raw, {.lenient = lenient});
  if (!outcome.errors.empty()) return Rejected(outcome.errors);
  const std::shared_ptr<Deployment> out(new Deployment());
  out->fingerprint_ = manifest::Fingerprint(raw);
  out->raw_ = std::move(raw);
  out->lenient_ = lenient;
  out->manifest_ = std::move(*outcome.manifest);
  for (const auto& [type, marble] : out->manifest_.marbles) {
    if (faults.full()) break;
    out->marbles_.emplace(type, CompileMarble(type, marble, faults));
  }
  const auto permissions = manifest::ResolvePermissions(out->manifest_);
  for (const auto& [name, user] : out->manifest_.users) {
    const auto certificate = Certificate::FromPem(user.certificate);
    if (!certificate) {
      return Error(Code::kInvalidArgument, "manifest.user.certificate",
                   "generating users from manifest: received invalid certificate for user " + name);
    }
    out->users_.emplace(certificate->Fingerprint(), KnownUser{name, permissions.at(name)});
  }
  return std::shared_ptr<const Deployment>(out);
}

const CompiledMarble* Deployment::FindMarble(std::string_view type) const {
  const auto at = marbles_.find(type);
  return at == marbles_.end() ? nullptr : &at->second;
}

const KnownUser* Deployment::FindUser(const Sha256Digest& certificate_fingerprint) const {
  const auto at = users_.find(certificate_fingerprint);
  return at == users_.end() ? nullptr : &at->second;
}

bool Deployment::HasGate(manifest::FeatureGate gate) const {
  return std::ranges::find(manifest_.config.feature_gates, gate) != manifest_.config.feature_gates.end();
}

}  // namespace steelie::control
