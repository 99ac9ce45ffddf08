// Runs every case of tests/vectors/gotemplate: results made with Go's own text/template.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>

#include "gotemplate/template.h"
#include "gotemplate/testing/vector_data.h"

namespace steelie::gotemplate {
namespace {

using testing::VectorData;

nlohmann::json ReadJson(const std::string& name) {
  const char* folder = std::getenv("GOTEMPLATE_VECTORS");
  if (folder == nullptr) return {};
  std::ifstream file(std::string(folder) + "/" + name);
  return nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
}

struct Outcome {
  std::string kind;  // as in the vectors' `expect`
  std::string output;
  std::string error;
};

struct Case {
  std::string id;
  FunctionSet set;
  Bytes text;
  bool optional;
  bool any_output;
  Outcome expected;
};

Case ReadCase(const nlohmann::json& from) {
  Case out;
  out.id = from.at("id").get<std::string>();
  out.set = from.at("set") == "file" ? FunctionSet::kFile : FunctionSet::kEnv;
  out.text = from.contains("template_b64") ? Base64Decode(from.at("template_b64").get<std::string>()).value_or(Bytes())
                                           : ToBytes(from.at("template").get<std::string>());
  out.optional = from.value("optional", false);
  out.any_output = from.value("any_output", false);
  out.expected.kind = from.at("expect").get<std::string>();
  out.expected.output = ToText(Base64Decode(from.value("output_b64", "")).value_or(Bytes()));
  return out;
}

Outcome RunCase(const Case& c, const VectorData& data) {
  const auto parsed = Template::Parse(c.text, c.set);
  if (!parsed) return {"parse-error", "", parsed.error().ToString()};
  data.ForgetTouched();
  const auto output = parsed->Execute(data);
  EXPECT_TRUE(Covers(parsed->references(), data.touched())) << c.id << ": references miss what was used";
  if (!output) return {"exec-error", "", output.error().ToString()};
  return {"ok", ToText(*output), ""};
}

std::string Shortened(std::string text) {
  if (text.size() > 300) text = text.substr(0, 300) + "...";
  return text;
}

TEST(TemplateVectors, AllCases) {
  const nlohmann::json root = ReadJson("data.json");
  const nlohmann::json cases = ReadJson("cases.json");
  ASSERT_TRUE(root.is_object() && cases.is_object()) << "GOTEMPLATE_VECTORS must name the folder of the vectors";
  const VectorData data(root);
  std::size_t met = 0;
  std::size_t mandatory = 0;
  std::size_t optional_met = 0;
  std::size_t optional = 0;
  for (const nlohmann::json& json : cases.at("cases")) {
    const Case c = ReadCase(json);
    const Outcome got = RunCase(c, data);
    const bool same = got.kind == c.expected.kind && (c.any_output || got.output == c.expected.output);
    const std::string seen = got.kind + " " + Shortened(got.output) + got.error;
    if (c.optional) {
      ++optional;
      if (same) ++optional_met;
      if (!same) std::printf("optional, not met: %s: %s\n", c.id.c_str(), seen.c_str());
      continue;
    }
    ++mandatory;
    if (same) {
      ++met;
    } else {
      ADD_FAILURE() << c.id << " " << Shortened(ToText(c.text)) << "\n  expected " << c.expected.kind << " "
                    << Shortened(c.expected.output) << "\n  got      " << seen;
    }
  }
  std::printf("vectors: %zu of %zu met, optional: %zu of %zu met\n", met, mandatory, optional_met, optional);
}

}  // namespace
}  // namespace steelie::gotemplate
