#include <gmock/gmock.h>

#include <set>

#include <strata/activation.h>
#include <strata/initializer.h>
#include <strata/layers/core/dense.h>

#include "src/spec/registry.h"

namespace strata {
namespace {

using testing::HasSubstr;

std::vector<const ComponentType*> every_component() {
  std::vector<const ComponentType*> all;
  for (const auto& group : builtin_components())
    for (const BuiltinComponent& c : group) all.push_back(&c.type());
  return all;
}

// A value for an argument without a default.
Config some_value(const Field& f) {
  const double low = f.limits.low > -1e9 ? f.limits.low + (f.limits.open_low ? 1 : 0) : 1;
  switch (f.type.kind) {
    case FieldKind::boolean: return true;
    case FieldKind::integer: return static_cast<std::int64_t>(low);
    case FieldKind::number: return low;
    case FieldKind::choice: return std::string(f.limits.choices.front());
    case FieldKind::integers: return Config::List(static_cast<std::size_t>(std::max(f.type.length, 1)), static_cast<std::int64_t>(low));
    case FieldKind::shape: return Config::List{2, 3};
    case FieldKind::numbers: return Config::List{low};
    case FieldKind::texts: return Config::List{"some"};
    case FieldKind::any: return f.type.component.empty() ? Config("some") : Config(low);
    default: return "some";
  }
}

// An object of this type with its required arguments given; empty where an argument is itself a component.
std::shared_ptr<void> an_object(const ComponentType& type) {
  ObjectConfig config{type.schema.name, {}};
  for (const Field& f : type.schema.fields) {
    if (!f.type.required) continue;
    if (f.type.kind == FieldKind::layer || f.type.kind == FieldKind::layers || f.type.kind == FieldKind::object || f.type.kind == FieldKind::objects) return nullptr;
    config.arguments.emplace_back(f.name, some_value(f));
  }
  return make_component(type, config);
}

std::pair<std::string, std::string> error_of(const ComponentType& type, const ObjectConfig& config) {
  try {
    make_component(type, config);
  } catch (const Error& e) {
    return {e.what(), e.hint()};
  }
  return {};
}

TEST(Registry, every_component_says_what_it_and_its_arguments_are) {
  ASSERT_FALSE(every_component().empty());
  for (const ComponentType* type : every_component()) {
    EXPECT_TRUE(type->schema.doc.ends_with('.')) << type->schema.name;
    std::set<std::string_view> names;
    for (const Field& f : type->schema.fields) {
      EXPECT_TRUE(f.doc.ends_with('.')) << type->schema.name << " " << f.name;
      EXPECT_TRUE(names.insert(f.name).second) << type->schema.name << " has two arguments " << f.name;
    }
  }
}

TEST(Registry, every_component_is_found_by_its_names) {
  for (const ComponentType* type : every_component()) {
    EXPECT_EQ(find_component(type->kind, type->schema.name), type);
    for (const std::string& alias : type->schema.aliases) EXPECT_EQ(find_component(type->kind, alias), type) << alias;
    if (type->kind == "layer") continue;
    EXPECT_EQ(find_component(type->kind, snake_case(type->schema.name)), type) << type->schema.name;
  }
}

TEST(Registry, config_makes_the_same_object_again) {
  for (const ComponentType* type : every_component()) {
    const auto object = an_object(*type);
    if (!object) continue;
    const ObjectConfig config = type->schema.config(object.get());
    const auto again = make_component(*type, config);
    EXPECT_EQ(Config(type->schema.config(again.get())), Config(config)) << type->schema.name;
  }
}

TEST(Registry, a_typo_in_any_argument_is_answered_with_its_name) {
  for (const ComponentType* type : every_component())
    for (const Field& f : type->schema.fields) {
      if (f.name.size() < 3) continue;
      std::string typo(f.name);
      typo.insert(typo.size() / 2, "x");
      const auto [message, hint] = error_of(*type, {type->schema.name, {{typo, 1}}});
      EXPECT_EQ(message, "unknown argument '" + typo + "' of " + std::string(type->kind) + " " + type->schema.name);
      EXPECT_EQ(hint, "did you mean '" + std::string(f.name) + "'?");
    }
}

TEST(Registry, every_argument_refuses_a_value_of_another_kind) {
  const auto object_of_no_kind = ObjectConfig{"NoSuchThing", {}};
  for (const ComponentType* type : every_component()) {
    const auto object = an_object(*type);
    if (!object) continue;
    for (const Field& f : type->schema.fields) {
      if (f.type.kind == FieldKind::any && f.type.component.empty()) continue;
      EXPECT_THROW(type->schema.set(object.get(), f, object_of_no_kind), Error) << type->schema.name << " " << f.name;
    }
  }
}

TEST(Registry, required_arguments_are_named) {
  const auto& dense = component_named("layer", "Dense");
  const auto [message, hint] = error_of(dense, {"Dense", {}});
  EXPECT_EQ(message, "layer Dense needs the argument 'units'");
  EXPECT_THAT(hint, HasSubstr("Size of the last axis"));
}

TEST(Registry, an_argument_given_twice_is_an_error) {
  EXPECT_EQ(error_of(component_named("layer", "Dense"), {"Dense", {{"units", 1}, {"units", 2}}}).first,
            "argument 'units' of Dense is given twice");
}

TEST(Registry, an_unknown_name_is_answered_with_the_nearest) {
  try {
    component_named("layer", "Dens");
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "unknown layer 'Dens'");
    EXPECT_EQ(e.hint(), "did you mean 'Dense'?");
  }
}

TEST(Registry, layers_are_found_by_class_name_only) {
  EXPECT_NE(find_component("layer", "Dense"), nullptr);
  EXPECT_EQ(find_component("layer", "dense"), nullptr);
  EXPECT_EQ(find_component("layer", "Adam"), nullptr);
}

// keras.md, section 4: automatic names.
TEST(Registry, snake_case_is_keras) {
  const std::pair<const char*, const char*> names[] = {
      {"Dense", "dense"}, {"ReLU", "re_lu"}, {"PReLU", "p_re_lu"}, {"LeakyReLU", "leaky_re_lu"}, {"ELU", "elu"},
      {"Conv2D", "conv2d"}, {"Conv2DTranspose", "conv2d_transpose"}, {"MaxPooling2D", "max_pooling2d"},
      {"ConvLSTM2D", "conv_lstm2d"}, {"RMSNormalization", "rms_normalization"}, {"STFTSpectrogram", "stft_spectrogram"},
      {"GRU", "gru"}, {"RMSprop", "rm_sprop"}, {"AdamW", "adam_w"}, {"OneHotIoU", "one_hot_io_u"}};
  for (const auto& [name, snake] : names) EXPECT_EQ(snake_case(name), snake);
}

TEST(Registry, an_object_is_read_in_every_form) {
  const Config units = Config::Mapping{{"units", 3}};
  const Config expected(ObjectConfig{"Dense", {{"units", 3}}});
  EXPECT_EQ(Config(as_object("layer", Config::Mapping{{"Dense", units}})), expected);
  EXPECT_EQ(Config(as_object("layer", *expected.as<ObjectConfig>())), expected);
  EXPECT_EQ(Config(as_object("layer", Config::Mapping{{"module", "keras.layers"}, {"class_name", "Dense"}, {"config", units}, {"registered_name", Config()}})), expected);
  EXPECT_EQ(Config(as_object("layer", "Dense")), Config(ObjectConfig{"Dense", {}}));
  EXPECT_EQ(Config(as_object("layer", Config::Mapping{{"Dense", Config()}})), Config(ObjectConfig{"Dense", {}}));
  EXPECT_EQ(Config(as_object("activation", Config::Mapping{{"module", "builtins"}, {"class_name", "function"}, {"config", "relu"}})),
            Config(ObjectConfig{"relu", {}}));
  EXPECT_THROW(as_object("layer", 3), Error);
  EXPECT_THROW(as_object("layer", Config::Mapping{{"Dense", 64}}), Error);
  EXPECT_THROW(as_object("layer", Config::Mapping{{"Dense", units}, {"Conv2D", units}}), Error);
}

struct Doubled {
  static Schema schema() { return describe<Doubled>("Doubled", "Twice its input."); }
  Value call(Value x) const { return x; }
};
struct Impostor {
  static Schema schema() { return describe<Impostor>("Doubled", "Another of that name."); }
  Value call(Value x) const { return x; }
};

TEST(Registry, a_users_type_is_found_like_a_built_in_one) {
  register_component(component_type<Activation, Doubled>());
  register_component(component_type<Activation, Doubled>());  // the same again is no error
  EXPECT_EQ(find_component("activation", "doubled"), (&component_type<Activation, Doubled>()));
  EXPECT_THROW(register_component(component_type<Activation, Impostor>()), Error);
  const Activation activation = "doubled";
  EXPECT_EQ(activation.name(), "Doubled");
}

}  // namespace
}  // namespace strata
