// Mistakes in specs, and what people are told.
#include <gmock/gmock.h>

#include "tests/spec/checking.h"

namespace strata {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

// A spec whose model is a list with these layers after an input of five columns.
std::string layers(const std::string& text) { return "model:\n  - Input: {shape: [5]}\n" + text; }
// A spec with a model and one more section.
std::string section(const std::string& text) { return "model: [Input: {shape: [5]}, Dense: {name: label, units: 3}]\n" + text; }

TEST(BrokenSpec, the_page_shows_the_line_and_the_word) {
  const Checked c = checked(section("compile:\n  optimizer:\n    Adam:\n      learning_rat: 0.001\n"), {}, "mnist.yaml");
  EXPECT_EQ(c.diagnostics.text(),
            "mnist.yaml:5:7: error: unknown argument 'learning_rat' of optimizer Adam\n"
            "  |\n"
            "5 |       learning_rat: 0.001\n"
            "  |       ^^^^^^^^^^^^ did you mean 'learning_rate'?\n\n"
            "1 error");
}

TEST(BrokenSpec, an_argument_of_another_class_is_said_to_be_one) {
  const auto lines = errors_of(section("compile: {optimizer: {SGD: {beta_1: 0.9}}}\n"));
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_THAT(lines[0], HasSubstr("unknown argument 'beta_1' of optimizer SGD ('beta_1' belongs to Adam"));
  EXPECT_THAT(lines[0], HasSubstr(", not to SGD)"));
}

TEST(BrokenSpec, a_positional_value_is_told_the_name_of_the_first_argument) {
  EXPECT_THAT(errors_of(layers("  - Dense: 64\n")), ElementsAre("3:12 layer Dense takes named arguments, received 64 (write {units: 64})"));
}

TEST(BrokenSpec, a_missing_argument_stands_at_the_class) {
  EXPECT_THAT(errors_of(layers("  - Dense: {activation: relu}\n")),
              ElementsAre("3:5 layer Dense needs the argument 'units' ('units': Size of the last axis of the output.)"));
  EXPECT_THAT(errors_of(layers("  - Dense\n")), ElementsAre(StartsWith("3:5 layer Dense needs the argument 'units'")));
}

TEST(BrokenSpec, a_wrong_type_stands_at_the_value) {
  EXPECT_THAT(errors_of(layers("  - Dense: {units: '64'}\n")), ElementsAre("3:20 argument 'units' of Dense: expected an integer, received '64'"));
  EXPECT_THAT(errors_of(layers("  - Dense: {units: 6.5}\n")), ElementsAre("3:20 argument 'units' of Dense: expected an integer, received 6.5"));
  EXPECT_THAT(errors_of(layers("  - Dense: {units: 6, use_bias: no}\n")), ElementsAre("3:33 argument 'use_bias' of Dense: expected true or false, received 'no'"));
}

TEST(BrokenSpec, a_value_out_of_range_stands_at_the_value) {
  EXPECT_THAT(errors_of(layers("  - Dense: {units: 0}\n")), ElementsAre("3:20 argument 'units' of Dense must be at least 1, received 0"));
  EXPECT_THAT(errors_of(section("fit: {epochs: 0}\n")), ElementsAre("2:15 argument 'epochs' of fit must be at least 1, received 0"));
  EXPECT_THAT(errors_of(section("fit: {validation_split: 1.0}\n")), ElementsAre(HasSubstr("must be at least 0 and below 1, received 1.0")));
}

TEST(BrokenSpec, names_of_objects_are_suggested) {
  EXPECT_THAT(errors_of(layers("  - Dens: {units: 3}\n")), ElementsAre("3:5 unknown layer 'Dens' (did you mean 'Dense'?)"));
  EXPECT_THAT(errors_of(layers("  - Dense: {units: 3, activation: rleu}\n")), ElementsAre("3:35 unknown activation 'rleu' (did you mean 'relu'?)"));
  EXPECT_THAT(errors_of(section("compile: {optimizer: addam}\n")), ElementsAre("2:22 unknown optimizer 'addam' (did you mean 'adam'?)"));
  EXPECT_THAT(errors_of(section("compile: {loss: mes}\n")), ElementsAre(StartsWith("2:17 unknown loss 'mes'")));
  EXPECT_THAT(errors_of(section("compile: {loss: mse, metrics: [acuracy]}\n")), ElementsAre(StartsWith("2:32 unknown metric 'acuracy' (did you mean")));
}

TEST(BrokenSpec, an_error_in_an_object_inside_stands_there) {
  EXPECT_THAT(errors_of(layers("  - Dense:\n      units: 3\n      kernel_initializer: {RandomNormal: {stdev: 0.1}}\n")),
              ElementsAre("5:43 unknown argument 'stdev' of initializer RandomNormal (did you mean 'stddev'?)"));
  EXPECT_THAT(errors_of(section("compile: {optimizer: {Adam: {learning_rate: {CosineDecay: {decay_steps: 4}}}}}\n")),
              ElementsAre(StartsWith("2:46 schedule CosineDecay needs the argument 'initial_learning_rate'")));
  EXPECT_THAT(errors_of(section("compile: {optimizer: {Adam: {learning_rate: fast}}}\n")), ElementsAre(StartsWith("2:45 expected a number or a schedule, received 'fast' (the schedules: CosineDecay,")));
}

TEST(BrokenSpec, an_object_has_one_name) {
  EXPECT_THAT(errors_of(section("compile:\n  optimizer: {Adam: , learning_rate: 0.1}\n")),
              ElementsAre("3:23 an optimizer has one name; 'learning_rate' is a second one (arguments stand inside: Adam: {learning_rate: ...})"));
  EXPECT_THAT(errors_of(layers("  - [Dense]\n")), ElementsAre("3:5 expected a layer (a name, or one name with its arguments), received a list"));
}

TEST(BrokenSpec, keys_of_sections_are_suggested) {
  EXPECT_THAT(errors_of(section("complie: {loss: mse}\n")), ElementsAre("2:1 unknown key 'complie' of a spec (did you mean 'compile'?)"));
  EXPECT_THAT(errors_of(section("fit: {epoch: 3}\n")), ElementsAre("2:7 unknown key 'epoch' of 'fit' (did you mean 'epochs'?)"));
  EXPECT_THAT(errors_of(section("run: {sed: 3}\n")), ElementsAre("2:7 unknown key 'sed' of 'run' (did you mean 'seed'?)"));
  EXPECT_THAT(errors_of(section("compile: {metric: [mse]}\n")), ElementsAre("2:11 unknown key 'metric' of 'compile' (did you mean 'metrics'?)"));
  EXPECT_THAT(errors_of(section("data: {trian: {x: a.npy}}\n")), ElementsAre("2:8 unknown key 'trian' of 'data' (did you mean 'train'?)"));
  EXPECT_THAT(errors_of(section("data: {train: {x: a.npy, fromat: npy}}\n")), ElementsAre("2:26 unknown key 'fromat' of 'train' (did you mean 'format'?)"));
  EXPECT_THAT(errors_of("model: {input: {shape: [5]}, layer: [], layers: [Dense: {units: 1}]}\n"),
              ElementsAre("1:30 unknown key 'layer' of 'model' (did you mean 'layers'?)"));
}

TEST(BrokenSpec, a_misspelt_model_is_one_error) {
  EXPECT_THAT(errors_of("modle: [Input: {shape: [5]}]\n"), ElementsAre("1:1 unknown key 'modle' of a spec (did you mean 'model'?)"));
  EXPECT_THAT(errors_of("name: a\n"), ElementsAre(StartsWith("1:1 the spec has no 'model'")));
  EXPECT_THAT(errors_of("[1, 2]\n"), ElementsAre("1:1 a spec is a mapping with 'model', received a list (a list of layers stands under 'model:')"));
}

TEST(BrokenSpec, keys_that_keras_has_in_fit_are_shown_their_place) {
  EXPECT_THAT(errors_of(section("fit: {callbacks: [TerminateOnNaN]}\n")), ElementsAre("2:7 unknown key 'callbacks' of 'fit' ('callbacks' stands beside 'fit')"));
}

TEST(BrokenSpec, a_name_given_twice_shows_both_places) {
  EXPECT_THAT(errors_of(layers("  - Dense: {name: a, units: 3}\n  - Dense: {name: a, units: 3}\n")),
              ElementsAre("4:19 the name 'a' is given twice (first at a.yaml:3:19)"));
}

TEST(BrokenSpec, an_automatic_name_never_collides_with_a_given_one) {
  EXPECT_THAT(errors_of(layers("  - Dense: {units: 3}\n  - Dense: {name: dense, units: 3}\n")), IsEmpty());
}

TEST(BrokenSpec, inputs_name_earlier_layers) {
  const std::string start = "model:\n  inputs: {image: {shape: [4]}}\n  layers:\n    - Dense: {name: stem, units: 3}\n";
  EXPECT_THAT(errors_of(start + "    - Dense: {name: b, units: 3, inputs: stme}\n"), ElementsAre("5:42 no layer or input is named 'stme' (did you mean 'stem'?)"));
  EXPECT_THAT(errors_of(start + "    - Dense: {name: b, units: 3, inputs: c}\n    - Dense: {name: c, units: 3}\n"),
              ElementsAre("5:42 layer 'c' stands below ('inputs' names earlier layers and inputs)"));
  EXPECT_THAT(errors_of(start + "    - Dense: {name: b, units: 3, inputs: b}\n"), ElementsAre(StartsWith("5:42 layer 'b' takes its own output")));
  EXPECT_THAT(errors_of(start + "  outputs: stam\n"), ElementsAre("5:12 no layer or input is named 'stam' (did you mean 'stem'?)"));
  EXPECT_THAT(errors_of(start + "    - {layer: stm, inputs: image}\n"), ElementsAre("5:15 no layer or input is named 'stm' (did you mean 'stem'?)"));
}

TEST(BrokenSpec, a_model_needs_an_input) {
  EXPECT_THAT(errors_of("model:\n  - Dense: {units: 3}\n"),
              ElementsAre("2:5 the model has no input (begin with - Input: {shape: [...]}, the shape of one row)"));
  EXPECT_THAT(errors_of("model:\n  - Input: {}\n  - Dense: {units: 3}\n"), ElementsAre(StartsWith("2:5 Input needs the argument 'shape'")));
  EXPECT_THAT(errors_of("model:\n  inputs: {a: {shape: [2]}, b: {shape: [2]}}\n  layers:\n    - Dense: {units: 3}\n"),
              ElementsAre("4:7 layer 'dense' is the first of a model with 2 inputs and does not say which it takes (inputs: [a, b])"));
}

TEST(BrokenSpec, outputs_are_named_by_maps_only_if_they_are_outputs) {
  const std::string two = "model:\n  inputs: {x: {shape: [5]}}\n  layers:\n    - Dense: {name: score, units: 1}\n    - Dense: {name: label, units: 3, inputs: x}\n  outputs: [score, label]\n";
  EXPECT_THAT(errors_of(two + "compile: {loss: {score: mse, lable: mse}}\n"),
              ElementsAre("7:30 'loss' names 'lable', which is no output of the model (did you mean 'label'?)"));
  EXPECT_THAT(errors_of(two + "compile: {loss: [mse]}\n"), ElementsAre(StartsWith("7:17 'loss' has 1 entry, the model has 2 outputs (one entry for each output")));
  EXPECT_THAT(errors_of(two + "compile: {loss: {MeanSquaredError: }}\n"), IsEmpty());
  EXPECT_THAT(errors_of(two + "data: {train: {x: a.npy, y: {scores: b.npy}}}\n"), ElementsAre("7:30 the model has no output 'scores' (did you mean 'score'?)"));
}

TEST(BrokenSpec, frozen_layers_exist) {
  EXPECT_THAT(errors_of("model:\n  inputs: {x: {shape: [5]}}\n  layers: [Dense: {name: stem, units: 3}]\n  trainable: {stam: false}\n"),
              ElementsAre("4:15 no layer is named 'stam' (did you mean 'stem'?)"));
}

TEST(BrokenSpec, data_names_files_with_readers) {
  EXPECT_THAT(errors_of(section("data: {train: {features: [a]}}\n")), ElementsAre(StartsWith("2:8 'train' names no file")));
  EXPECT_THAT(errors_of(section("data: {train: {x: rows.foo}}\n")), ElementsAre(StartsWith("2:19 the ending of 'rows.foo' names no reader (add format: one of npy, npz")));
  EXPECT_THAT(errors_of(section("data: {train: {x: a.npy, format: np}}\n")), ElementsAre(HasSubstr("must be one of npy, npz")));
  EXPECT_THAT(errors_of(section("data: {train: {x: 3}}\n")), ElementsAre("2:19 'x' is a file, or a map from names to files, received 3"));
}

TEST(BrokenSpec, columns_are_of_a_table) {
  EXPECT_THAT(errors_of(section("data: {train: {x: [a, b]}}\n")), ElementsAre(StartsWith("2:8 'train' names no file")));
  EXPECT_THAT(errors_of(section("data: {train: {file: a.npz, x: [a, b]}}\n")), ElementsAre(StartsWith("2:32 'x' names columns of a table, and 'train' names no table")));
  EXPECT_THAT(errors_of(section("data: {train: {file: a.csv, x: [a, 3]}}\n")), ElementsAre(StartsWith("2:32 'x' is a file, or a map from names to files, received a list")));
  EXPECT_THAT(errors_of(section("data: {train: {file: a.csv, x: [a], features: [b]}}\n")), ElementsAre(StartsWith("2:37 'features' beside 'x'")));
  EXPECT_THAT(errors_of(section("data: {train: {file: a.csv, y: a, target: b}}\n")), ElementsAre(StartsWith("2:35 'target' beside 'y'")));
}

TEST(BrokenSpec, missing_cells_are_a_tables_and_become_something) {
  EXPECT_THAT(errors_of(section("data: {train: {file: a.csv}, missing: {age: 28, cabin: none}}\n")), testing::IsEmpty());
  EXPECT_THAT(errors_of(section("data: {train: {file: a.csv, missing: drop}}\n")), testing::IsEmpty());
  EXPECT_THAT(errors_of(section("data: {train: {file: a.csv, missing: mean}}\n")), ElementsAre(StartsWith("2:38 'missing' is error, drop, or a map from columns to values, received mean")));
  EXPECT_THAT(errors_of(section("data: {train: {file: a.csv, missing: {age: [1]}}}\n")), ElementsAre(StartsWith("2:44 'age' of 'missing' is a number or a text, received a list")));
  EXPECT_THAT(errors_of(section("data: {train: {x: a.npy, missing: drop}}\n")), ElementsAre(StartsWith("2:26 'missing' is about cells of a table, 'train' reads npy")));
}

TEST(BrokenSpec, a_sequential_is_a_chain) {
  EXPECT_THAT(errors_of("model:\n  - Input: {shape: [5]}\n  - Sequential: {layers: [Input: {shape: [5]}, Dense: {name: a, units: 5}, Add: {inputs: [a, a]}]}\n"),
              ElementsAre(StartsWith("3:5 the layers of Sequential 'sequential' are no chain")));
  EXPECT_THAT(errors_of("model:\n  - Input: {shape: [5]}\n  - Sequential\n"), ElementsAre(StartsWith("3:5 Sequential needs 'layers'")));
}

TEST(BrokenSpec, validation_comes_from_one_place) {
  EXPECT_THAT(errors_of(section("data: {train: {x: a.npy}, validation: {x: b.npy}}\nfit: {validation_split: 0.1}\n")),
              ElementsAre(StartsWith("3:7 'validation_split' beside data: {validation:}")));
}

TEST(BrokenSpec, class_weights_are_numbers_of_classes) {
  EXPECT_THAT(errors_of(section("fit: {class_weight: {cat: 1.0, 1: heavy}}\n")),
              ElementsAre("2:22 a class of 'class_weight' is an integer from 0, received 'cat'", "2:35 a class weight is a number, received 'heavy'"));
}

TEST(BrokenSpec, five_mistakes_are_five_errors_in_file_order) {
  const auto lines = errors_of(
      "model:\n"
      "  - Input: {shape: [5]}\n"
      "  - Dense: {unit: 8}\n"
      "  - Dense: {units: -4, activation: relu}\n"
      "  - Dense: {units: 3}\n"
      "compile:\n"
      "  optimizer: {Adam: {learning_rat: 0.1}}\n"
      "  loss: sparse_categorical_crossentrop\n"
      "fit: {epochs: many}\n");
  EXPECT_THAT(lines, ElementsAre(StartsWith("3:13 unknown argument 'unit'"), StartsWith("4:20 argument 'units' of Dense must be"),
                                 StartsWith("7:22 unknown argument 'learning_rat'"), StartsWith("8:9 unknown loss"), StartsWith("9:15 argument 'epochs' of fit: expected an integer")));
}

TEST(BrokenSpec, what_depends_on_a_broken_layer_is_not_blamed) {
  EXPECT_THAT(errors_of("model:\n  inputs: {x: {shape: [5]}}\n  layers:\n    - Dense: {name: a, units: 0}\n    - Dense: {name: b, units: 3, inputs: a}\n    - {layer: a, inputs: b}\n"),
              SizeIs(1));
}

TEST(BrokenSpec, control_characters_of_names_are_not_shown) {
  const auto lines = errors_of(layers("  - \"De\\u001bnse\": {units: 3}\n"));
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_EQ(lines[0].find('\x1b'), std::string::npos);
}

TEST(SpecWarnings, a_probability_loss_wants_probabilities) {
  EXPECT_THAT(errors_of(section("compile: {loss: sparse_categorical_crossentropy}\n")),
              ElementsAre("2:17 SparseCategoricalCrossentropy takes probabilities, and layer 'label' (Dense) is linear "
                          "(SparseCategoricalCrossentropy: {from_logits: true}, or an activation for 'label')"));
  EXPECT_THAT(errors_of(section("compile: {loss: {SparseCategoricalCrossentropy: {from_logits: true}}}\n")), IsEmpty());
  EXPECT_THAT(errors_of(section("compile: {loss: mse}\n")), IsEmpty());
}

TEST(SpecWarnings, labels_fit_the_output) {
  const std::string one = "model: [Input: {shape: [5]}, Dense: {units: 1, activation: sigmoid}]\ncompile: {loss: sparse_categorical_crossentropy}\n";
  EXPECT_THAT(errors_of(one), ElementsAre(HasSubstr("over 1 class is always zero")));
  const std::string three = "model: [Input: {shape: [5]}, Dense: {units: 3, activation: softmax}]\ncompile: {loss: sparse_categorical_crossentropy}\nfit: {class_weight: {3: 2.0}}\n";
  EXPECT_THAT(errors_of(three), ElementsAre(HasSubstr("class 3 of 'class_weight' cannot fit layer 'dense', which has 3 units")));
}

}  // namespace
}  // namespace strata
