#include <algorithm>
#include <array>

#include "manifest/sections.h"

namespace steelie::manifest {
namespace {

bool SameWord(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

constexpr std::array<Field<User>, 2> kUserFields = {{
    {"Certificate", Into<&User::certificate>},
    {"Roles", Into<&User::roles>},
}};

// Actions are judged when the resource type is known, whatever the order in the document.
struct RoleDraft {
  Role role;
  std::optional<JsonValue> type, actions;
  std::string type_name, actions_name;
};

void ReadResourceType(Decoder& /*d*/, JsonValue v, const Path& path, RoleDraft& out) {
  out.type = v;
  out.type_name = path.Name();
}

void ReadResourceNames(Decoder& d, JsonValue v, const Path& path, RoleDraft& out) {
  d.Read(v, path, out.role.resource_names);
}

void ReadActions(Decoder& /*d*/, JsonValue v, const Path& path, RoleDraft& out) {
  out.actions = v;
  out.actions_name = path.Name();
}

constexpr std::array<Field<RoleDraft>, 3> kRoleFields = {{
    {"ResourceType", ReadResourceType},
    {"ResourceNames", ReadResourceNames},
    {"Actions", ReadActions},
}};

constexpr std::array kResourceTypes = {ResourceType::kPackages, ResourceType::kSecrets, ResourceType::kManifest};

std::span<const Action> ActionsOf(ResourceType type) {
  static constexpr std::array kPackages = {Action::kUpdateSecurityVersion};
  static constexpr std::array kSecrets = {Action::kReadSecret, Action::kWriteSecret};
  static constexpr std::array kManifest = {Action::kUpdateManifest};
  switch (type) {
    case ResourceType::kPackages:
      return kPackages;
    case ResourceType::kSecrets:
      return kSecrets;
    case ResourceType::kManifest:
      return kManifest;
  }
  return {};
}

bool ResolveType(Decoder& d, JsonValue object, const Path& path, RoleDraft& draft) {
  std::string text;
  const JsonValue at = draft.type.value_or(object);
  const Path type_path(path, draft.type_name);
  if (draft.type) {
    d.Read(at, type_path, text);
    if (at.kind() != JsonKind::kString) return false;
  }
  std::array<std::string_view, kResourceTypes.size()> names;
  for (std::size_t i = 0; i < kResourceTypes.size(); ++i) {
    names[i] = ResourceTypeName(kResourceTypes[i]);
    if (text == names[i]) {
      draft.role.resource_type = kResourceTypes[i];
      return true;
    }
  }
  d.Error(at, draft.type ? type_path : path, "manifest.role.resource_type",
          "unrecognized resource type: " + Shown(text) + " in role: " + Shown(path.Name()) + d.Suggest(text, names));
  return false;
}

void ResolveActions(Decoder& d, const Path& path, bool typed, RoleDraft& draft) {
  if (!draft.actions) return;
  const Path actions_path(path, draft.actions_name);
  std::vector<std::string> written;
  d.Read(*draft.actions, actions_path, written);
  if (!typed || draft.actions->kind() != JsonKind::kArray) return;
  const auto allowed = ActionsOf(draft.role.resource_type);
  std::size_t index = 0;
  draft.actions->ForEachElement([&](JsonValue element) {
    const Path at(actions_path, index++);
    if (element.kind() != JsonKind::kString && !element.is_null()) return;  // reported
    const auto action =
        std::ranges::find_if(allowed, [&](Action a) { return SameWord(ActionName(a), element.text()); });
    if (action != allowed.end()) return draft.role.actions.push_back(*action);
    std::vector<std::string_view> names;
    for (const Action a : allowed) names.push_back(ActionName(a));
    d.Error(element, at, "manifest.role.action",
            "unknown action: " + Shown(element.text()) + " for type " +
                std::string(ResourceTypeName(draft.role.resource_type)) + " in role: " + Shown(path.Name()) +
                d.Suggest(element.text(), names));
  });
}

constexpr std::array<Field<TlsEntry>, 4> kTlsEntryFields = {{
    {"Port", Into<&TlsEntry::port>},
    {"Addr", Into<&TlsEntry::addr>},
    {"Cert", Into<&TlsEntry::cert>},
    {"DisableClientAuth", Into<&TlsEntry::disable_client_auth>},
}};

template <auto kMember>
void ReadTlsEntries(Decoder& d, JsonValue v, const Path& path, TlsTag& out) {
  if (v.kind() != JsonKind::kArray) return d.WrongType(v, path, "a list");
  auto& list = out.*kMember;
  list.reserve(v.size());
  v.ForEachElement([&](JsonValue element) {
    TlsEntry entry;
    ReadObject(d, element, Path(path, list.size()), "a TLS entry", kTlsEntryFields, entry);
    list.push_back(std::move(entry));
  });
}

constexpr std::array<Field<TlsTag>, 2> kTlsTagFields = {{
    {"Outgoing", ReadTlsEntries<&TlsTag::outgoing>},
    {"Incoming", ReadTlsEntries<&TlsTag::incoming>},
}};

void ReadSealMode(Decoder& d, JsonValue v, const Path& path, Config& out) {
  std::string text;
  d.Read(v, path, text);
  if (text.empty() || text == "ProductKey") {
    out.seal_mode = SealMode::kProductKey;
  } else if (text == "UniqueKey") {
    out.seal_mode = SealMode::kUniqueKey;
  } else if (text == "Disabled") {
    out.seal_mode = SealMode::kDisabled;
  } else {
    constexpr std::array<std::string_view, 3> kModes = {"ProductKey", "UniqueKey", "Disabled"};
    d.Error(v, path, "manifest.config.seal_mode", "unknown seal mode: " + Shown(text) + d.Suggest(text, kModes));
  }
}

void ReadFeatureGates(Decoder& d, JsonValue v, const Path& path, Config& out) {
  std::vector<std::string> written;
  d.Read(v, path, written);
  if (v.kind() != JsonKind::kArray) return;
  std::size_t index = 0;
  v.ForEachElement([&](JsonValue element) {
    const Path at(path, index++);
    if (element.kind() != JsonKind::kString && !element.is_null()) return;  // reported
    const std::string_view gate = element.text();
    if (SameWord(gate, "SignQuoteEndpoint")) {
      out.feature_gates.push_back(FeatureGate::kSignQuoteEndpoint);
    } else if (SameWord(gate, "MonotonicCounter")) {
      out.feature_gates.push_back(FeatureGate::kMonotonicCounter);
    } else if (SameWord(gate, "AzureHSMSealing")) {
      d.Error(element, at, "manifest.config.unsupported_gate",
              "the feature gate `AzureHSMSealing` is not supported here; remove it (the state is then sealed by the "
              "platform and can be recovered with recovery keys)");
    } else {
      constexpr std::array<std::string_view, 2> kGates = {"SignQuoteEndpoint", "MonotonicCounter"};
      d.Error(element, at, "manifest.config.feature_gate",
              "unknown feature gate: " + Shown(gate) + d.Suggest(gate, kGates));
    }
  });
  std::ranges::sort(out.feature_gates);
  const auto repeated = std::ranges::unique(out.feature_gates);
  out.feature_gates.erase(repeated.begin(), repeated.end());
}

constexpr std::array<Field<Config>, 5> kConfigFields = {{
    {"SealMode", ReadSealMode},
    {"FeatureGates", ReadFeatureGates},
    {"UpdateThreshold", Into<&Config::update_threshold>},
    {"RecoveryThreshold", Into<&Config::recovery_threshold>},
    {"RotateRootSecret", Into<&Config::rotate_root_secret>},
}};

}  // namespace

void ReadUser(Decoder& d, JsonValue v, const Path& path, User& out) {
  ReadObject(d, v, path, "a user", kUserFields, out);
}

void ReadRole(Decoder& d, JsonValue v, const Path& path, Role& out) {
  RoleDraft draft;
  ReadObject(d, v, path, "a role", kRoleFields, draft);
  if (v.is_null() || v.kind() == JsonKind::kObject) {
    const bool typed = ResolveType(d, v, path, draft);
    ResolveActions(d, path, typed, draft);
  }
  out = std::move(draft.role);
}

void ReadTlsTag(Decoder& d, JsonValue v, const Path& path, TlsTag& out) {
  ReadObject(d, v, path, "a TLS tag", kTlsTagFields, out);
}

void ReadConfig(Decoder& d, JsonValue v, const Path& path, Config& out) {
  ReadObject(d, v, path, "Config", kConfigFields, out);
}

}  // namespace steelie::manifest
