#include "gotemplate/template.h"

#include "gotemplate/machine.h"
#include "gotemplate/parser.h"
#include "gotemplate/references.h"

namespace steelie::gotemplate {

// Made in place and never moved: the program points into the syntax tree, and that into the source.
struct Template::Impl {
  explicit Impl(std::string text) : source(std::move(text)) {}

  const std::string source;
  Ast ast;
  Program program;
  References references;
};

Result<Template> Template::Parse(ByteView text, FunctionSet functions) {
  auto impl = std::make_shared<Impl>(ToText(text));
  STEELIE_TRY(impl->ast, ParseTemplate(impl->source, functions));
  impl->program = Compile(impl->ast);
  impl->references = FindReferences(impl->ast);
  return Template(std::move(impl));
}

Result<SecretBuffer> Template::Execute(const Data& data, const Limits& limits) const {
  return RunProgram(impl_->program, impl_->ast, impl_->source, data, limits);
}

const References& Template::references() const { return impl_->references; }

}  // namespace steelie::gotemplate
