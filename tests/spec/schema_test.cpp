#include <gmock/gmock.h>

#include <cmath>

#include <strata/schema.h>

namespace strata {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Everything {
  Required<std::int64_t> units = unset;
  double rate = 0.5;
  bool on = true;
  std::string padding = "valid";
  Sizes<2> size = 3;
  std::optional<std::int64_t> seed = {};
  std::vector<std::int64_t> axes = {-1};
  std::vector<double> levels = {};
  std::vector<std::string> words = {};
  Shape shape = {};
  Config anything = {};

  static Schema schema() {
    return describe<Everything>("Everything", "One member of every kind.",
        field("units", &Everything::units, "An integer.", at_least(1)),
        field("rate", &Everything::rate, "A number.", from_to_below(0, 1)), field("on", &Everything::on, "A boolean."),
        field("padding", &Everything::padding, "A choice.", one_of({"valid", "same"})),
        field("size", &Everything::size, "Two integers.", at_least(1)), field("seed", &Everything::seed, "An integer or null."),
        field("axes", &Everything::axes, "Integers."), field("levels", &Everything::levels, "Numbers.", above(0)),
        field("words", &Everything::words, "Texts."), field("shape", &Everything::shape, "A shape."),
        field("anything", &Everything::anything, "Anything."));
  }
};

// The message that setting an argument gives, or "".
std::string message(const char* argument, const Config& value) {
  const Schema schema = Everything::schema();
  Everything object{.units = 1};
  try {
    schema.set(&object, *schema.find(argument), value);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(Schema, an_integer_is_only_an_integer) {
  EXPECT_EQ(message("units", 64), "");
  EXPECT_EQ(message("units", 64.0), "argument 'units' of Everything: expected an integer, received 64.0");
  EXPECT_EQ(message("units", "64"), "argument 'units' of Everything: expected an integer, received '64'");
  EXPECT_EQ(message("units", true), "argument 'units' of Everything: expected an integer, received true");
  EXPECT_EQ(message("units", Config()), "argument 'units' of Everything: expected an integer, received null");
  EXPECT_EQ(message("axes", Config::List{1, 2.0}), "argument 'axes' of Everything: expected an integer, received 2.0");
}

TEST(Schema, a_number_takes_an_integer_too) {
  EXPECT_EQ(message("rate", 0), "");
  EXPECT_EQ(message("rate", 0.25), "");
  EXPECT_THAT(message("rate", true), HasSubstr("expected a number, received true"));
  EXPECT_THAT(message("rate", "0.5"), HasSubstr("expected a number, received '0.5'"));
}

TEST(Schema, a_boolean_is_no_number) {
  EXPECT_THAT(message("on", 1), HasSubstr("expected true or false, received 1"));
  EXPECT_THAT(message("on", "true"), HasSubstr("expected true or false, received 'true'"));
}

TEST(Schema, limits_name_argument_bound_and_value) {
  EXPECT_EQ(message("units", 0), "argument 'units' of Everything must be at least 1, received 0");
  EXPECT_EQ(message("rate", 1.0), "argument 'rate' of Everything must be at least 0 and below 1, received 1.0");
  EXPECT_EQ(message("rate", std::nan("")), "argument 'rate' of Everything must be at least 0 and below 1, received nan");
  EXPECT_EQ(message("levels", Config::List{0.5, 0.0}), "argument 'levels' of Everything must be above 0, received 0.0");
  EXPECT_EQ(message("size", Config::List{3, 0}), "argument 'size' of Everything must be at least 1, received 0");
}

TEST(Schema, a_choice_lists_the_choices_and_suggests) {
  EXPECT_EQ(message("padding", "sane"), "argument 'padding' of Everything must be one of valid, same; received 'sane'");
  const Schema schema = Everything::schema();
  Everything object{.units = 1};
  try {
    schema.set(&object, *schema.find("padding"), "sane");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.hint(), "did you mean 'same'?");
  }
  EXPECT_EQ(object.padding, "valid");
}

TEST(Schema, one_number_stands_for_every_axis) {
  const Schema schema = Everything::schema();
  Everything object{.units = 1};
  schema.set(&object, *schema.find("size"), 5);
  EXPECT_THAT(object.size.vector(), ElementsAre(5, 5));
  schema.set(&object, *schema.find("size"), Config::List{2, 7});
  EXPECT_THAT(object.size.vector(), ElementsAre(2, 7));
  EXPECT_THAT(message("size", Config::List{1, 2, 3}), HasSubstr("expected a list of 2 integers, received [1, 2, 3]"));
}

TEST(Schema, a_shape_keeps_open_axes_apart) {
  const Schema schema = Everything::schema();
  Everything object{.units = 1};
  const Config given = Config::List{Config(), 8, Config(), -1};
  schema.set(&object, *schema.find("shape"), given);
  EXPECT_EQ(object.shape.rank(), 4);
  EXPECT_FALSE(object.shape[0].is_known());
  EXPECT_NE(object.shape[0], object.shape[2]);
  EXPECT_EQ(schema.get(&object, *schema.find("shape")), given);
  EXPECT_THAT(message("shape", Config::List{-2}), HasSubstr("expected a shape"));
}

TEST(Schema, config_leaves_defaults_out) {
  const Schema schema = Everything::schema();
  const Everything defaults;
  Everything object{.units = 4, .seed = 7};
  EXPECT_EQ(Config(schema.config(&object, &defaults)).str(), "Everything(units=4, seed=7)");
  EXPECT_EQ(schema.config(&object).arguments.size(), schema.fields.size());
}

TEST(Schema, missing_names_what_is_unset) {
  const Schema schema = Everything::schema();
  Everything object;
  EXPECT_THAT(schema.missing(&object), ElementsAre("units"));
  object.units = 3;
  EXPECT_TRUE(schema.missing(&object).empty());
}

TEST(Config, reads_as_a_person_would_write_it) {
  EXPECT_EQ(Config().str(), "null");
  EXPECT_EQ(Config(64).str(), "64");
  EXPECT_EQ(Config(64.0).str(), "64.0");
  EXPECT_EQ(Config(1e-7).str(), "1e-07");
  EXPECT_EQ(Config(Config::List{3, 3}).str(), "[3, 3]");
  EXPECT_EQ(Config(Config::Mapping{{"a", 1}, {"b", "x"}}).str(), "{a: 1, b: x}");
  EXPECT_EQ(Config(ObjectConfig{"Adam", {{"learning_rate", 0.001}}}).str(), "Adam(learning_rate=0.001)");
}

TEST(Config, equality_tells_kinds_apart_and_ignores_the_order_of_names) {
  EXPECT_NE(Config(1), Config(1.0));
  EXPECT_NE(Config(1), Config(true));
  EXPECT_NE(Config(), Config(false));
  EXPECT_EQ(Config(Config::Mapping{{"a", 1}, {"b", 2}}), Config(Config::Mapping{{"b", 2}, {"a", 1}}));
  EXPECT_NE(Config(Config::List{1, 2}), Config(Config::List{2, 1}));
}

}  // namespace
}  // namespace strata
