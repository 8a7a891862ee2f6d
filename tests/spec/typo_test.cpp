// A letter left out or two of them swapped, in any argument of any class: the answer is the right name.
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "src/spec/registry.h"
#include "tests/spec/checking.h"

namespace strata {
namespace {

// `text` in a spec, at a place that takes an object of this kind.
std::string spec_with(std::string_view kind, const std::string& text) {
  const auto spec = [](const std::string& dense, const std::string& optimizer, const std::string& more) {
    return fmt::format("model:\n  - Input: {{shape: [4]}}\n  - {}\ncompile: {{optimizer: {}{}}}\n", dense, optimizer, more);
  };
  const auto dense = [&](const char* argument) { return spec(fmt::format("Dense: {{units: 1, {}: {}}}", argument, text), "SGD", ", loss: mse"); };
  if (kind == "layer") return spec(text, "SGD", ", loss: mse");
  if (kind == "activation") return dense("activation");
  if (kind == "initializer") return dense("kernel_initializer");
  if (kind == "regularizer") return dense("kernel_regularizer");
  if (kind == "constraint") return dense("kernel_constraint");
  const std::string one = "Dense: {units: 1}";
  if (kind == "optimizer") return spec(one, text, ", loss: mse");
  if (kind == "schedule") return spec(one, fmt::format("{{SGD: {{learning_rate: {}}}}}", text), ", loss: mse");
  if (kind == "loss") return spec(one, "SGD", ", loss: " + text);
  if (kind == "metric") return spec(one, "SGD", ", loss: mse, metrics: [" + text + "]");
  if (kind == "callback") return spec(one, "SGD", ", loss: mse") + "callbacks: [" + text + "]\n";
  return {};
}

std::set<std::string> typos(std::string_view name) {
  std::set<std::string> all;
  for (std::size_t i = 0; i < name.size(); ++i) {
    std::string dropped(name), swapped(name);
    dropped.erase(i, 1);
    if (i + 1 < name.size()) std::swap(swapped[i], swapped[i + 1]);
    all.insert({dropped, swapped});
  }
  all.erase(std::string(name));
  all.erase("");
  return all;
}

// The typos of each name that are none of another one, from typo to name.
std::map<std::string, std::string> telling_typos(const std::vector<std::string>& names) {
  std::map<std::string, std::string> meant;
  std::set<std::string> ambiguous(names.begin(), names.end());
  for (const std::string& name : names)
    for (const std::string& typo : typos(name))
      if (!meant.emplace(typo, name).second) ambiguous.insert(typo);
  ambiguous.insert("eta");  // a word for the learning rate, as much as a slip of `beta`
  for (const std::string& typo : ambiguous) meant.erase(typo);
  return meant;
}

std::vector<std::string> names_of(const Schema& schema) {
  std::vector<std::string> names;
  for (const Field& f : schema.fields) names.emplace_back(f.name);
  return names;
}

TEST(Typo, in_any_argument_of_any_class_is_answered_with_the_right_name) {
  std::size_t asked = 0;
  for (const auto& group : builtin_components())
    for (const BuiltinComponent& component : group) {
      const ComponentType& type = component.type();
      const std::map<std::string, std::string> meant = telling_typos(names_of(type.schema));
      std::set<std::string> tested;
      std::string arguments;
      for (const auto& [typo, name] : meant) {
        arguments += fmt::format("{}'{}': 1", arguments.empty() ? "" : ", ", typo);
        tested.insert(name);
      }
      for (const Field& f : type.schema.fields)
        EXPECT_TRUE(tested.count(std::string(f.name)) || f.name.size() < 3) << type.schema.name << " " << f.name;
      const std::string text = spec_with(type.kind, fmt::format("{{{}: {{{}}}}}", type.schema.name, arguments));
      ASSERT_FALSE(text.empty()) << "no place in a spec for a " << type.kind;
      std::map<std::string, std::string> hints;  // of every message
      const Checked c = checked(text);
      for (const Diagnostic& d : c.diagnostics.sorted()) hints[d.message] = d.hint;
      for (const auto& [typo, name] : meant)
        EXPECT_EQ(hints[fmt::format("unknown argument '{}' of {} {}", typo, type.kind, type.schema.name)], fmt::format("did you mean '{}'?", name)) << type.schema.name << " " << typo;
      asked += meant.size();
    }
  EXPECT_GT(asked, 10000u);
}

// The sections, too.
TEST(Typo, in_any_key_of_a_section_is_answered_with_the_right_name) {
  const std::string model = "model: [Input: {shape: [4]}, Dense: {units: 1}]\n";
  const std::pair<std::vector<std::string>, std::string> sections[] = {
      {compile_keys(), model + "compile: {TYPO: 1}\n"},
      {names_of(FitSpec::schema()), model + "fit: {TYPO: 1}\n"},
      {names_of(RunSpec::schema()), model + "run: {TYPO: 1}\n"},
      {names_of(DataTable::schema()), model + "data: {train: {TYPO: 1}}\n"},
      {names_of(InputArguments::schema()), "model: [Input: {shape: [4], TYPO: 1}, Dense: {units: 1}]\n"}};
  for (const auto& [names, form] : sections)
    for (const auto& [typo, name] : telling_typos(names)) {
      std::string text = form;
      text.replace(text.find("TYPO"), 4, "'" + typo + "'");
      std::set<std::string> hints;
      for (const Diagnostic& d : checked(text).diagnostics.sorted())
        if (d.message.find("unknown") == 0) hints.insert(d.hint);
      EXPECT_THAT(hints, testing::ElementsAre(fmt::format("did you mean '{}'?", name))) << text;
    }
}

}  // namespace
}  // namespace strata
