#include "gotemplate/template.h"

#include <gtest/gtest.h>

#include "base/testing/result_matchers.h"
#include "gotemplate/testing/small_data.h"

namespace steelie::gotemplate {
namespace {

using ::steelie::testing::FailsWith;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::SmallData;

SmallData MakeData() {
  SmallData data;
  data.Add("key", "symmetric-key", "0123456789abcdef");
  data.Add("pw", "plain", "hunter2");
  return data;
}

Result<std::string> Expand(std::string_view text, FunctionSet functions = FunctionSet::kFile,
                           const Limits& limits = {}) {
  const SmallData data = MakeData();
  STEELIE_TRY(const Template parsed, Template::Parse(AsBytes(text), functions));
  STEELIE_TRY(const SecretBuffer output, parsed.Execute(data, limits));
  return ToText(output);
}

TEST(Template, CopiesTextAndEncodesSecrets) {
  EXPECT_EQ(Expand("a {{ hex .Secrets.key }} b").value(), "a 30313233343536373839616263646566 b");
  EXPECT_EQ(Expand("{{ base64 .Secrets.pw }}").value(), "aHVudGVyMg==");
  EXPECT_EQ(Expand("{{ raw .Secrets.pw }}").value(), "hunter2");
  EXPECT_EQ(Expand("{{ string .Secrets.pw }}", FunctionSet::kEnv).value(), "hunter2");
  EXPECT_EQ(Expand("{{ pem .MarbleRun.MarbleCert.Private }}").value(),
            "-----BEGIN PRIVATE KEY-----\nQQ==\n-----END PRIVATE KEY-----\n");
}

TEST(Template, ParseErrorsNameTheLine) {
  const auto broken = Template::Parse(AsBytes("one\ntwo {{ if true }}\n{{ nope }}"), FunctionSet::kFile);
  ASSERT_THAT(broken, FailsWith("template.parse"));
  EXPECT_THAT(broken.error().message(), HasSubstr("line 3"));
  EXPECT_THAT(broken.error().message(), HasSubstr("nope"));
  const auto open = Template::Parse(AsBytes("{{ if true }}\n\n"), FunctionSet::kFile);
  ASSERT_THAT(open, FailsWith("template.parse"));
  EXPECT_THAT(open.error().message(), HasSubstr("{{end}} is missing"));
}

TEST(Template, FunctionsOfTheOtherSetAreUnknown) {
  EXPECT_THAT(Expand("{{ string .Secrets.pw }}", FunctionSet::kFile), FailsWith("template.parse"));
  EXPECT_THAT(Expand("{{ raw .Secrets.pw }}", FunctionSet::kEnv), FailsWith("template.parse"));
}

TEST(Template, ExecutionErrorsNameTheLine) {
  const auto failed = Expand("\n\n{{ hex .Secrets.missing }}");
  ASSERT_THAT(failed, FailsWith("template.exec"));
  EXPECT_EQ(failed.error().code(), Code::kInvalidArgument);
  EXPECT_THAT(failed.error().message(), HasSubstr("line 3"));
}

TEST(Template, MessagesNameTheSecret) {
  SmallData data;
  data.Add("token", "plain", "");
  data.Add("pw", "plain", "hunter2");
  const auto message = [&](std::string_view text, FunctionSet functions = FunctionSet::kFile) {
    const auto parsed = Template::Parse(AsBytes(text), functions);
    const auto output = parsed.value().Execute(data);
    return output ? "" : output.error().message();
  };
  EXPECT_THAT(message("{{ raw .Secrets.token }}"), HasSubstr("the secret \"token\" has an empty value"));
  EXPECT_THAT(message("{{ pem .Secrets.token.Cert }}"), HasSubstr("the secret \"token\" has an empty value"));
  EXPECT_THAT(message("{{ hex (index .Secrets \"token\").Private }}"), HasSubstr("\"token\" has an empty value"));
  EXPECT_THAT(message("{{ range .Secrets }}{{ string . }}{{ end }}", FunctionSet::kEnv), HasSubstr("\"token\""));
  EXPECT_THAT(message("{{ hex .Secrets.missing }}"), HasSubstr("the secret \"missing\" does not exist"));
  // A computed name may be a secret.
  EXPECT_THAT(message("{{ hex (index .Secrets (raw .Secrets.pw)) }}"),
              AllOf(HasSubstr("the secret has an empty value"), Not(HasSubstr("hunter"))));
}

TEST(Template, MessagesHoldNoSecrets) {
  for (const char* text : {"{{ index .Secrets (raw .Secrets.pw) 1 }}", "{{ range raw .Secrets.pw }}{{ end }}",
                           "{{ index \"a\" (index .Secrets.pw.Public 0) }}", "{{ (raw .Secrets.pw).Foo }}",
                           "{{ lt (raw .Secrets.pw) 1 }}", "{{ slice (raw .Secrets.pw) 9 }}", "{{ .Secrets.pw }}"}) {
    const auto failed = Expand(text);
    ASSERT_THAT(failed, FailsWith("template.exec")) << text;
    EXPECT_THAT(failed.error().ToString(), Not(HasSubstr("hunter"))) << text;
    EXPECT_THAT(failed.error().ToString(), Not(HasSubstr("104"))) << text;  // its first byte
  }
}

TEST(Template, NoOutputBehindAnError) { EXPECT_FALSE(Expand("{{ hex .Secrets.key }}{{ .Nope }}").has_value()); }

TEST(Template, LegacyNamesWork) {
  EXPECT_EQ(Expand("{{ hex .Marblerun.SealKey }}").value().substr(0, 4), "5e5e");
  EXPECT_EQ(Expand("{{ hex .MarbleRun.SealKey }}").value().size(), 64U);
  EXPECT_EQ(Expand("{{ hex .Marblerun.SealKey.Private }}").value(), Expand("{{ hex .Marblerun.SealKey }}").value());
  const std::string certificate = "-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----\n";
  EXPECT_EQ(Expand("{{ pem .Marblerun.RootCA.Cert }}").value(), certificate);
  EXPECT_EQ(Expand("{{ pem .Marblerun.RootCA.Public }}").value(), certificate);
  EXPECT_THAT(Expand("{{ pem .Marblerun.MarbleCert.Public }}").value(), HasSubstr("PUBLIC KEY"));
  EXPECT_THAT(Expand("{{ pem .Marblerun.MarbleCert.Private }}").value(), HasSubstr("PRIVATE KEY"));
  EXPECT_THAT(Expand("{{ .Marblerun.CoordinatorRoot }}"), FailsWith("template.exec"));
}

TEST(Template, BytesThatAreNoCertificateHaveEmptyFields) {
  EXPECT_EQ(Expand("{{ .MarbleRun.RootCA.Cert.Subject.CommonName }}|{{ .MarbleRun.RootCA.Cert.Raw }}").value(),
            "|[65]");
  EXPECT_THAT(Expand("{{ index .MarbleRun.RootCA.Cert.DNSNames 0 }}"), FailsWith("template.exec"));
}

TEST(Template, EndlessRecursionIsALimit) {
  for (const char* text : {"{{ template \"data\" . }}",
                           "{{ define \"a\" }}{{ range 1 }}{{ template \"a\" }}{{ end }}{{ end }}{{ template "
                           "\"a\" }}"}) {
    const auto failed = Expand(text);
    ASSERT_THAT(failed, FailsWith("template.limit")) << text;
    EXPECT_EQ(failed.error().code(), Code::kResourceExhausted);
  }
}

TEST(Template, OutputAndStepsAreBounded) {
  EXPECT_THAT(Expand("{{ printf \"%9000000d\" 1 }}"), FailsWith("template.limit"));
  EXPECT_THAT(Expand("{{ printf \"%.9000000f\" 1.5 }}"), FailsWith("template.limit"));
  EXPECT_THAT(Expand("{{ range 9000000000 }}x{{ end }}"), FailsWith("template.limit"));
  EXPECT_THAT(Expand("{{ range 9000000000 }}{{ end }}"), FailsWith("template.limit"));
  Limits small;
  small.max_output = 10;
  EXPECT_EQ(Expand("0123456789", FunctionSet::kFile, small).value(), "0123456789");
  EXPECT_THAT(Expand("0123456789x", FunctionSet::kFile, small), FailsWith("template.limit"));
}

TEST(Template, DeepNestingIsRefusedNotFatal) {
  const auto repeat = [](std::string_view part, int n) {
    std::string out;
    for (int i = 0; i < n; ++i) out += part;
    return out;
  };
  EXPECT_EQ(Expand("{{" + repeat("(", 400) + "1" + repeat(")", 400) + "}}").value(), "1");
  EXPECT_THAT(Expand("{{" + repeat("(", 100'000) + "1"), FailsWith("template.parse"));
  EXPECT_THAT(Expand(repeat("{{if 1}}", 100'000)), FailsWith("template.parse"));
  EXPECT_EQ(Expand("{{if 0}}" + repeat("{{else if 0}}", 50'000) + "{{else}}x{{end}}").value(), "x");
}

TEST(ExpandLegacyTokens, ReplacesTheFourKnownOnes) {
  EXPECT_EQ(ExpandLegacyTokens("$$root_ca"), "{{ pem .MarbleRun.RootCA.Cert }}");
  EXPECT_EQ(ExpandLegacyTokens("a$$marble_certb"), "a{{ pem .MarbleRun.MarbleCert.Cert }}b");
  EXPECT_EQ(ExpandLegacyTokens("$$marble_key$$seal_key"),
            "{{ pem .MarbleRun.MarbleCert.Private }}{{ hex .Marblerun.SealKey }}");
  EXPECT_EQ(ExpandLegacyTokens("$$root_cafe"), "{{ pem .MarbleRun.RootCA.Cert }}fe");
}

TEST(ExpandLegacyTokens, LeavesEverythingElse) {
  for (const char* text : {"", "$", "$$", "$$$", "$$x", "$$root", "$root_ca", "$$Root_CA", "a$b", "{{ .x }}"}) {
    EXPECT_EQ(ExpandLegacyTokens(text), text);
  }
  EXPECT_EQ(ExpandLegacyTokens("$$$root_ca"), "${{ pem .MarbleRun.RootCA.Cert }}");
}

}  // namespace
}  // namespace steelie::gotemplate
