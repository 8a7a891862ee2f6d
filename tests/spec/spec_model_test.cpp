// Models from specs.
#include <gmock/gmock.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "src/files/spec_model.h"
#include "tests/spec/checking.h"

namespace strata {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::optional<Model> built(Checked& c) {
  EXPECT_THAT(found(c.diagnostics), IsEmpty());
  return build_model(c.spec, c.diagnostics);
}

TEST(SpecModel, runs_with_the_options_of_its_run_section) {
  const RunOptions run = run_options(checked("model: [Input: {shape: [5]}, Dense: {units: 3}]\n"
                                             "run: {backend: cpu, threads: 2, reproducible: false, tensor_float32: true, seed: 5}\n").spec.run);
  EXPECT_EQ(run.backend, "cpu");
  EXPECT_EQ(run.threads, 2);
  EXPECT_FALSE(run.reproducible);
  EXPECT_TRUE(run.tensor_float32);
  EXPECT_EQ(run.seed, 5u);
}

TEST(SpecModel, layers_get_their_weights_in_order) {
  Checked c = checked("model: [Input: {shape: [5]}, Dense: {units: 8, activation: relu}, Dense: {units: 3}]\n");
  const auto model = built(c);
  ASSERT_TRUE(model);
  EXPECT_THAT(model->layer_names(), ElementsAre("input_layer", "dense", "dense_1"));
  EXPECT_EQ(model->summary().total_params, 5 * 8 + 8 + 8 * 3 + 3);
}

TEST(SpecModel, a_shared_layer_has_its_weights_once) {
  Checked c = checked("model:\n  inputs: {a: {shape: [5]}, b: {shape: [5]}}\n  layers:\n    - Dense: {name: enc, units: 2, inputs: a}\n"
                      "    - {layer: enc, inputs: b, name: enc_b}\n    - Add: {inputs: [enc, enc_b]}\n");
  const auto model = built(c);
  ASSERT_TRUE(model);
  EXPECT_EQ(model->summary().total_params, 5 * 2 + 2);
}

TEST(SpecModel, patterns_freeze_layers_inside_models_too) {
  Checked c = checked("model:\n  inputs: {x: {shape: [5]}}\n  layers:\n    - Model: {name: block, inputs: {inner: {shape: [5]}}, layers: [Dense: {name: a, units: 4}, Dense: {name: b, units: 2}]}\n"
                      "  trainable: {block/a: false}\n");
  const auto model = built(c);
  ASSERT_TRUE(model);
  EXPECT_EQ(model->summary().total_params, 5 * 4 + 4 + 4 * 2 + 2);
  EXPECT_EQ(model->summary().trainable_params, 4 * 2 + 2);
}

TEST(SpecModel, a_shape_error_stands_at_the_layer) {
  Checked c = checked("model:\n  inputs: {a: {shape: [5]}, b: {shape: [4]}}\n  layers:\n    - Dense: {name: one, units: 3, inputs: a}\n    - Add: {name: sum, inputs: [one, b]}\n");
  EXPECT_FALSE(built(c));
  const auto lines = found(c.diagnostics);
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_THAT(lines[0], HasSubstr("5:7 layer 'sum' (Add), fed by 'one' (None, 3), 'b' (None, 4):"));
}

TEST(SpecModel, compile_and_fit_take_the_given_arguments) {
  Checked c = checked("model: [Input: {shape: [5]}, Dense: {units: 3}]\ncompile: {optimizer: {Adam: {learning_rate: 0.5}}, loss: mse, metrics: [accuracy, mae]}\n"
                      "fit: {epochs: 3, batch_size: 7, shuffle: false, class_weight: {0: 2.0}}\n");
  ASSERT_THAT(found(c.diagnostics), IsEmpty());
  const CompileArguments compile = compile_arguments(*c.spec.compile);
  EXPECT_EQ(compile.optimizer.name(), "Adam");
  EXPECT_TRUE(compile.loss.single());
  EXPECT_EQ(compile.loss.entries().front().name(), "MeanSquaredError");
  ASSERT_TRUE(compile.metrics.single());
  EXPECT_THAT(compile.metrics.entries().front(), SizeIs(2));
  const FitArguments fit = fit_arguments(c.spec.fit.front(), c.spec.callbacks);
  EXPECT_EQ(fit.epochs, 3);
  EXPECT_EQ(fit.batch_size, 7);
  EXPECT_FALSE(fit.shuffle);
  EXPECT_EQ(fit.class_weight.at(0), 2.0);
}

TEST(SpecModel, outputs_have_the_names_of_their_map) {
  Checked c = checked("model:\n  inputs: {x: {shape: [5]}}\n  layers: [Dense: {units: 2}, Dense: {units: 3}]\n  outputs: {label: dense_1, score: dense}\n"
                      "compile: {loss: {label: mse, score: mae}}\n");
  auto model = built(c);
  ASSERT_TRUE(model);
  EXPECT_THAT(model->output_names(), ElementsAre("label", "score"));
  model->compile(compile_arguments(*c.spec.compile));
  const Arrays y = model->predict(Tensor(DType::float32, {4, 5}));
  ASSERT_TRUE(y.find("label") && y.find("score"));
  EXPECT_EQ(y.find("label")->dim(-1), 3);
  const Logs logs = model->evaluate(Dataset{Tensor(DType::float32, {4, 5}), Arrays{{"label", Tensor(DType::float32, {4, 3})}, {"score", Tensor(DType::float32, {4, 2})}}, {}});
  EXPECT_TRUE(find_log(logs, "label_loss") && find_log(logs, "score_loss"));
}

TEST(SpecModel, keras_json_is_a_model) {
  Checked c = checked(R"({"model": {"class_name": "Sequential", "config": {"name": "s", "layers": [
      {"class_name": "InputLayer", "config": {"batch_shape": [null, 5], "dtype": "float32", "name": "x"}},
      {"class_name": "Dense", "config": {"name": "d", "units": 3, "activation": "linear", "use_bias": true}}]}}})", {}, "a.json");
  const auto model = built(c);
  ASSERT_TRUE(model);
  EXPECT_EQ(model->summary().total_params, 5 * 3 + 3);
}

struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("strata_spec_model_" + std::to_string(::getpid()));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path / name) << text;
    return (path / name).string();
  }
};

TEST(SpecModel, another_spec_brings_the_model) {
  const Folder folder;
  folder.write("net.yaml", "model: [Input: {shape: [5]}, Dense: {units: 3}]\n");
  Diagnostics diagnostics;
  const Spec spec = read_spec(folder.write("train.yaml", "model: net.yaml\ncompile: {loss: mse}\n"));
  const auto model = build_model(spec, diagnostics);
  ASSERT_TRUE(model);
  EXPECT_EQ(model->summary().total_params, 5 * 3 + 3);
}

TEST(SpecModel, a_spec_that_is_its_own_model_is_an_error) {
  const Folder folder;
  folder.write("b.yaml", "model: a.yaml\n");
  Diagnostics diagnostics;
  EXPECT_FALSE(build_model(read_spec(folder.write("a.yaml", "model: b.yaml\n")), diagnostics));
  EXPECT_THAT(diagnostics.text(), HasSubstr("is its own"));
}

TEST(SpecModel, validate_finds_what_no_single_line_shows) {
  const Folder folder;
  Diagnostics diagnostics;
  validate_spec(folder.write("frozen.yaml", "model:\n  inputs: {x: {shape: [5]}}\n  layers: [Dense: {name: d, units: 3}]\n  trainable: {d: false}\ncompile: {loss: mse}\n"), {}, diagnostics);
  validate_spec(folder.write("fine.yaml", "model: [Input: {shape: [5]}, Dense: {units: 3}]\ncompile: {loss: mse}\n"), {}, diagnostics);
  validate_spec(folder.write("broken.yaml", "model: [Input: {shape: [5]}, Dense: {units: 3}, Conv2D: {filters: 1, kernel_size: 3}]\n"), {}, diagnostics);
  validate_spec((folder.path / "absent.yaml").string(), {}, diagnostics);
  EXPECT_EQ(diagnostics.warning_count(), 1u);
  EXPECT_EQ(diagnostics.error_count(), 2u);
  EXPECT_THAT(diagnostics.text(), testing::AllOf(HasSubstr("nothing is trainable"), HasSubstr("'conv2d' (Conv2D)")));
}

TEST(SpecModel, every_probe_builds) {
  for (const auto& entry : std::filesystem::directory_iterator(std::string(STRATA_SOURCE_DIR) + "/tests/golden/probes")) {
    if (entry.path().extension() != ".yaml") continue;
    Diagnostics diagnostics;
    const Spec spec = check_spec(read_tree(SourceText::read(entry.path().string()), diagnostics), diagnostics);
    ASSERT_THAT(found(diagnostics), IsEmpty()) << entry.path();
    EXPECT_TRUE(build_model(spec, diagnostics)) << entry.path();
    EXPECT_THAT(found(diagnostics), IsEmpty()) << entry.path();
    if (spec.compile) compile_arguments(*spec.compile);
  }
}

}  // namespace
}  // namespace strata
