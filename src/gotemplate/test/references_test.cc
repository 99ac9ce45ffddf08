#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gotemplate/template.h"

namespace steelie::gotemplate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

References Of(std::string_view text) {
  const auto parsed = Template::Parse(AsBytes(text), FunctionSet::kFile);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed ? parsed->references() : References{};
}

TEST(References, PlainTextHasNone) {
  const References found = Of("text }} {{ 1 }}{{ if true }}x{{ end }}");
  EXPECT_THAT(found.current, IsEmpty());
  EXPECT_THAT(found.previous, IsEmpty());
  EXPECT_FALSE(found.all_current || found.all_previous || found.marble_cert || found.seal_key);
}

TEST(References, PathsNameTheirSecret) {
  const References found =
      Of("{{ hex .Secrets.a }}{{ pem $.Secrets.b.Cert }}{{ .SecretsWrapper.Secrets.c.Size }}{{ (.Secrets).d.Type }}"
         "{{ hex .Previous.Secrets.e }}");
  EXPECT_THAT(found.current, ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(found.previous, ElementsAre("e"));
  EXPECT_FALSE(found.all_current || found.all_previous);
}

TEST(References, ConstantIndexNamesItsSecret) {
  const References found = Of(
      "{{ hex (index .Secrets \"a-b\") }}{{ (index $.Previous.Secrets `c`).Size }}{{ \"d\" | index .Secrets | hex }}");
  EXPECT_THAT(found.current, ElementsAre("a-b", "d"));
  EXPECT_THAT(found.previous, ElementsAre("c"));
  EXPECT_FALSE(found.all_current || found.all_previous);
}

TEST(References, BodiesAndOtherwiseAreRead) {
  const References found =
      Of("{{ if .Secrets.a }}{{ hex .Secrets.b }}{{ else if .Secrets.c }}{{ else }}{{ hex .Secrets.d }}{{ end }}"
         "{{ with .Secrets.e }}{{ hex . }}{{ hex $.Secrets.f }}{{ end }}{{ range 2 }}{{ hex $.Secrets.g }}{{ end }}");
  EXPECT_THAT(found.current, ElementsAre("a", "b", "c", "d", "e", "f", "g"));
  EXPECT_FALSE(found.all_current || found.all_previous);
}

TEST(References, TemplatesSeeWhatTheyAreCalledWith) {
  const References found =
      Of("{{ define \"t\" }}{{ hex .Secrets.a }}{{ hex $.Secrets.b }}{{ end }}{{ template \"t\" . }}"
         "{{ define \"s\" }}{{ hex .Public }}{{ end }}{{ template \"s\" .Secrets.c }}"
         "{{ define \"unused\" }}{{ range .Secrets }}{{ end }}{{ end }}"
         "{{ block \"m\" .Secrets }}{{ hex .d }}{{ end }}");
  EXPECT_THAT(found.current, ElementsAre("a", "b", "c", "d"));
  EXPECT_FALSE(found.all_current || found.all_previous);
}

TEST(References, VariablesAreFollowed) {
  const References found = Of(
      "{{ $s := .Secrets }}{{ hex $s.a }}{{ $p := .Previous }}{{ hex $p.Secrets.b }}{{ $r := $ }}{{ hex $r.Secrets.c }}"
      "{{ $later := 1 }}{{ range 2 }}{{ $later.d }}{{ $later = $.Secrets }}{{ end }}");
  EXPECT_THAT(found.current, ElementsAre("a", "c", "d"));
  EXPECT_THAT(found.previous, ElementsAre("b"));
  EXPECT_FALSE(found.all_current || found.all_previous);
}

TEST(References, WhatEscapesIsAll) {
  for (const char* text :
       {"{{ range .Secrets }}{{ end }}", "{{ range $k, $v := .Secrets }}{{ end }}", "{{ . }}", "{{ print $ }}",
        "{{ index .Secrets (print \"a\") }}", "{{ $k := \"a\" }}{{ index .Secrets $k }}", "{{ len .Secrets }}",
        "{{ if .Secrets }}{{ end }}", "{{ .Secrets | printf \"%v\" }}", "{{ .SecretsWrapper }}",
        "{{ not .Secrets }}"}) {
    EXPECT_TRUE(Of(text).all_current) << text;
  }
  for (const char* text : {"{{ range .Previous.Secrets }}{{ end }}", "{{ . }}", "{{ .Previous }}",
                           "{{ index .Previous.Secrets .Secrets.a.Type }}"}) {
    EXPECT_TRUE(Of(text).all_previous) << text;
  }
  EXPECT_FALSE(Of("{{ range .Secrets }}{{ end }}").all_previous);
}

TEST(References, ReservedOnesAreFlagged) {
  EXPECT_TRUE(Of("{{ pem .MarbleRun.MarbleCert.Private }}").marble_cert);
  EXPECT_TRUE(Of("{{ with .Marblerun }}{{ pem .MarbleCert.Cert }}{{ end }}").marble_cert);
  EXPECT_TRUE(Of("{{ hex .Marblerun.SealKey }}").seal_key);
  EXPECT_TRUE(Of("{{ hex .SecretsWrapper.MarbleRun.SealKey }}").seal_key);
  EXPECT_FALSE(Of("{{ pem .MarbleRun.RootCA.Cert }}").marble_cert);
  EXPECT_FALSE(Of("{{ pem .MarbleRun.MarbleCert.Cert }}").seal_key);
}

TEST(References, LongChainsGiveUpPrecisionNotTruth) {
  // Each round of reading carries the map one variable further, so the answer has to be all.
  std::string text;
  for (int i = 0; i <= 100; ++i) text += "{{ $v" + std::to_string(i) + " := 1 }}";
  text += "{{ range 200 }}{{ hex $v100.a }}";
  for (int i = 100; i > 0; --i) text += "{{ $v" + std::to_string(i) + " = $v" + std::to_string(i - 1) + " }}";
  text += "{{ $v0 = $.Secrets }}{{ end }}";
  EXPECT_TRUE(Of(text).all_current);
}

}  // namespace
}  // namespace steelie::gotemplate
