// A model becomes a spec that gives the same model again: every probe's, and every model of a Keras file.
#include "src/files/model_to_spec.h"

#include <filesystem>

#include "files/models.h"
#include "src/files/keras_config.h"
#include "src/files/keras_model.h"
#include "src/model/model_state.h"
#include "src/files/spec_model.h"
#include "src/spec/reader.h"
#include "src/spec/render.h"
#include "src/spec/write.h"

namespace strata {
namespace {

Model built(const Spec& spec) {
  Diagnostics diagnostics;
  auto model = build_model(spec, diagnostics);
  diagnostics.throw_if_errors();
  if (spec.compile) model->compile(compile_arguments(*spec.compile));
  return *model;
}

Model again(const Model& model, Spec spec) {
  spec.model = model_spec_of(model);
  spec.name = model.name();
  spec.compile = compile_spec_of(model);
  const std::string text = write_yaml(render_spec(spec));
  Diagnostics diagnostics;
  const Spec read = check_spec(read_tree(SourceText::from_text("again.yaml", text)), diagnostics);
  diagnostics.throw_if_errors();
  return built(read);
}

Spec check_text(const std::string& text) {
  Diagnostics diagnostics;
  const Spec spec = check_spec(read_tree(SourceText::from_text("model.yaml", text)), diagnostics);
  diagnostics.throw_if_errors();
  return spec;
}

}  // namespace

TEST(ModelToSpec, every_probe_comes_back) {
  int compared = 0;
  for (const auto& file : std::filesystem::directory_iterator(std::string(STRATA_SOURCE_DIR) + "/tests/golden/probes")) {
    if (file.path().extension() != ".yaml") continue;
    SCOPED_TRACE(file.path().filename());
    const Spec spec = read_spec(file.path().string());
    const Model model = built(spec);
    EXPECT_EQ(keras_config(again(model, spec)), keras_config(model));
    ++compared;
  }
  EXPECT_GE(compared, 14);
}

// A Sequential inside a model stays one, in Keras' files and in specs.
TEST(ModelToSpec, a_sequential_inside_a_model_stays_one) {
  const auto x = Input({4});
  const Layer encoder = Sequential(Input({4}), {Dense{.units = 3}, Dense{.units = 2}}, {.name = "encoder"}).model().as_layer();
  const auto h = Input({4});
  const Layer decoder = Model(h, h | Dense{.units = 2}, {.name = "decoder"}).as_layer();
  const Model model({x}, {x | encoder, x | decoder}, {.name = "both"});
  const Model second = again(model, Spec());
  EXPECT_EQ(keras_config(second), keras_config(model));
  const auto* inner = second.layer("encoder").as<Nested>();
  ASSERT_TRUE(inner);
  EXPECT_TRUE(inner->model->sequential);
  EXPECT_FALSE(second.layer("decoder").as<Nested>()->model->sequential);
}

TEST(ModelToSpec, a_list_of_layers_with_other_wiring_is_no_sequential) {
  const Spec spec = check_text("model: [Input: {shape: [4]}, Dense: {name: a, units: 4}, Dense: {name: b, units: 4}, Add: {inputs: [a, b]}]\n");
  EXPECT_FALSE(built(spec).state().sequential);
  EXPECT_EQ(keras_config(again(built(spec), spec)), keras_config(built(spec)));
}

TEST(ModelToSpec, a_keras_file_becomes_a_spec) {
  for (const char* name : {"dense.keras", "branches.keras"}) {
    SCOPED_TRACE(name);
    Model model = read_model(golden_file(name), on_reference()), second = again(model, Spec());
    second.set_weights(model.weights());
    const GoldenBatch batch = golden_batch(std::string(name).substr(0, std::string(name).find('.')), model);
    expect_near(predicted(second, batch), batch.before, 2e-6);
    EXPECT_TRUE(second.state().compiled.has_value());
  }
}

}  // namespace strata
