#include <algorithm>

#include "manifest/diff_builder.h"

namespace steelie::manifest {
namespace {

std::string Limit(std::uint64_t limit) { return limit == 0 ? "unlimited" : std::to_string(limit); }

/// `before` and `after` of a number for which 0 means: without bound.
Effect BoundEffect(std::uint64_t before, std::uint64_t after) {
  if (before == after) return Effect::kNeutral;
  if (after == 0) return Effect::kLoosens;
  if (before == 0) return Effect::kTightens;
  return after > before ? Effect::kLoosens : Effect::kTightens;
}

std::string ShowList(const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& item : list) out += (out.empty() ? "" : ", ") + Shown(item);
  return out.empty() ? "none" : out;
}

class MarbleDiff {
 public:
  MarbleDiff(const std::string& name, const Marble& before, const Marble& after, DiffBuilder& out)
      : name_(name), before_(before), after_(after), out_(out) {}

  void Run() {
    if (before_.package != after_.package) {
      Add("Package", Effect::kReplaces,
          "package was " + Quoted(before_.package) + ", will be " + Quoted(after_.package));
    }
    if (const Effect effect = BoundEffect(before_.max_activations, after_.max_activations);
        effect != Effect::kNeutral) {
      Add("MaxActivations", effect,
          "activations were " + Limit(before_.max_activations) + ", will be " + Limit(after_.max_activations));
    }
    if (before_.disable_secret_binding != after_.disable_secret_binding) {
      Add("DisableSecretBinding", after_.disable_secret_binding ? Effect::kLoosens : Effect::kTightens,
          after_.disable_secret_binding ? "its secrets are no longer bound to type and UUID"
                                        : "its secrets will be bound to type and UUID");
    }
    if (const Effect effect = BoundEffect(before_.certificate_validity_days, after_.certificate_validity_days);
        effect != Effect::kNeutral) {
      Add("CertificateValidity", effect,
          "certificates were valid for " + Days(before_.certificate_validity_days) + ", will be for " +
              Days(after_.certificate_validity_days));
    }
    CompareNames();
    if (before_.tls != after_.tls) {
      Add("TLS", Effect::kNeutral, "TLS tags were " + ShowList(before_.tls) + ", will be " + ShowList(after_.tls));
    }
    if (before_.parameters.argv != after_.parameters.argv) {
      out_.Add({"Marbles", name_, "Parameters", "Argv"}, Effect::kNeutral,
               "marble " + Quoted(name_) + ": arguments change");
    }
    CompareValues("Files", "file", before_.parameters.files, after_.parameters.files);
    CompareValues("Env", "variable", before_.parameters.env, after_.parameters.env);
  }

 private:
  static std::string Days(std::uint64_t days) {
    return days == 0 ? "as long as can be" : std::to_string(days) + " days";
  }

  void Add(std::string_view member, Effect effect, const std::string& text) {
    out_.Add({"Marbles", name_, member}, effect, "marble " + Quoted(name_) + ": " + text);
  }

  void CompareNames() {
    if (before_.allowed_names == after_.allowed_names) return;
    Effect effect = Effect::kReplaces;
    if (!after_.allowed_names) effect = Effect::kLoosens;
    if (!before_.allowed_names) effect = Effect::kTightens;
    const auto show = [](const std::optional<std::vector<std::string>>& names) {
      return names ? ShowList(*names) : std::string("any");
    };
    Add("AllowedNames", effect,
        "names were " + show(before_.allowed_names) + ", will be " + show(after_.allowed_names));
  }

  void CompareValues(std::string_view section, const std::string& what, const NameMap<FileValue>& before,
                     const NameMap<FileValue>& after) {
    ForBoth(before, after, [&](const std::string& key, const FileValue* old_value, const FileValue* new_value) {
      if (old_value != nullptr && new_value != nullptr && *old_value == *new_value) return;
      const std::string verb = old_value == nullptr ? " is new" : new_value == nullptr ? " is gone" : " changes";
      out_.Add({"Marbles", name_, "Parameters", section, key}, Effect::kNeutral,
               "marble " + Quoted(name_) + ": " + what + " " + Quoted(key) + verb);
    });
  }

  const std::string& name_;
  const Marble& before_;
  const Marble& after_;
  DiffBuilder& out_;
};

bool SameEntry(const TlsEntry& a, const TlsEntry& b) {
  return a.port == b.port && a.addr == b.addr && a.cert == b.cert && a.disable_client_auth == b.disable_client_auth;
}
bool Unauthenticated(const TlsTag& tag) {
  return std::ranges::any_of(tag.incoming, [](const TlsEntry& e) { return e.disable_client_auth; });
}

void CompareTags(const NameMap<TlsTag>& before, const NameMap<TlsTag>& after, DiffBuilder& out) {
  ForBoth(before, after, [&](const std::string& name, const TlsTag* a, const TlsTag* b) {
    const std::string tag = "TLS tag " + Quoted(name);
    if (a == nullptr) return out.Add({"TLS", name}, Effect::kNeutral, tag + " is new");
    if (b == nullptr) return out.Add({"TLS", name}, Effect::kNeutral, tag + " is gone");
    if (std::ranges::equal(a->incoming, b->incoming, SameEntry) &&
        std::ranges::equal(a->outgoing, b->outgoing, SameEntry)) {
      return;
    }
    const bool opened = !Unauthenticated(*a) && Unauthenticated(*b);
    out.Add({"TLS", name}, opened ? Effect::kLoosens : Effect::kNeutral,
            tag + (opened ? " accepts clients without certificate now" : " changes"));
  });
}

}  // namespace

void CompareMarbles(const Manifest& before, const Manifest& after, DiffBuilder& out) {
  ForBoth(before.marbles, after.marbles, [&](const std::string& name, const Marble* a, const Marble* b) {
    if (a == nullptr) {
      out.Add({"Marbles", name}, Effect::kLoosens,
              "marble " + Quoted(name) + " is new: programs of package " + Quoted(b->package) + " may join as it");
    } else if (b == nullptr) {
      out.Add({"Marbles", name}, Effect::kTightens, "marble " + Quoted(name) + " is gone");
    } else {
      MarbleDiff(name, *a, *b, out).Run();
    }
  });
  CompareTags(before.tls, after.tls, out);
}

}  // namespace steelie::manifest
