// What a checked spec holds, however it is written.
#include <gmock/gmock.h>

#include <filesystem>

#include "src/spec/describe.h"
#include "src/spec/json_schema.h"
#include "src/spec/render.h"
#include "src/spec/write.h"
#include "tests/spec/checking.h"

namespace strata {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

const std::string model = "model: [Input: {shape: [5]}, Dense: {name: label, units: 3, activation: softmax}]\n";

ObjectConfig optimizer(const std::string& text, const std::vector<std::string>& overrides = {}) {
  const Checked c = checked(model + "compile: {optimizer: " + text + "}\n", overrides);
  EXPECT_THAT(found(c.diagnostics), IsEmpty()) << text;
  return c.spec.compile && c.spec.compile->optimizer ? *c.spec.compile->optimizer : ObjectConfig{};
}

TEST(Spec, the_forms_of_an_object_are_equal) {
  const Config plain(optimizer("Adam"));
  for (const char* form : {"{Adam: }", "{Adam: {}}", "{class_name: Adam, config: {}}", "adam", "{adam: {}}", "{class_name: Adam}"})
    EXPECT_EQ(Config(optimizer(form)), plain) << form;
  const Config given(optimizer("{Adam: {learning_rate: 0.5}}"));
  EXPECT_EQ(Config(optimizer("{class_name: Adam, config: {learning_rate: 0.5}}")), given);
  EXPECT_EQ(Config(optimizer("{adam: {learning_rate: 0.5}}")), given);
  EXPECT_FALSE(given == plain);
}

TEST(Spec, the_forms_of_a_layer_are_equal) {
  const auto whole = [](const std::string& entry) { return render_spec(checked("model: [Input: {shape: [5]}, " + entry + ", Dense: {units: 2}]\n").spec); };
  EXPECT_EQ(whole("Dense: {units: 3}"), whole("{class_name: Dense, config: {units: 3}}"));
  EXPECT_EQ(whole("Flatten"), whole("Flatten: "));
  EXPECT_EQ(whole("Flatten"), whole("{class_name: Flatten, config: {}}"));
}

TEST(Spec, yaml_and_json_are_one_language) {
  const Checked yaml = checked("model:\n  - Input: {shape: [5]}\n  - Dense: {units: 3, activation: relu}\ncompile: {optimizer: {Adam: {learning_rate: 1e-3}}, loss: mse}\nfit: {epochs: 2}\n");
  const Checked json = checked(R"({"model": [{"Input": {"shape": [5]}}, {"Dense": {"units": 3, "activation": "relu"}}],
      "compile": {"optimizer": {"Adam": {"learning_rate": 1e-3}}, "loss": "mse"}, "fit": {"epochs": 2}})", {}, "a.json");
  EXPECT_THAT(found(json.diagnostics), IsEmpty());
  EXPECT_EQ(render_spec(yaml.spec), render_spec(json.spec));
}

TEST(Spec, layers_are_wired_and_named_as_keras_does) {
  const Checked c = checked("model:\n  inputs: {a: {shape: [5]}, b: {shape: [null, 2], dtype: int32}}\n  layers:\n    - Dense: {units: 3, inputs: a}\n    - Dense: {units: 3}\n"
                            "    - {layer: dense, inputs: a, name: again}\n    - Concatenate: {inputs: [dense_1, again]}\n  outputs: {label: concatenate}\n");
  ASSERT_FALSE(c.diagnostics.has_errors());
  const ModelSpec& m = c.spec.model;
  ASSERT_EQ(m.layers.size(), 4u);
  EXPECT_EQ(m.layers[0].name, "dense");
  EXPECT_EQ(m.layers[0].inputs[0].name, "a");
  EXPECT_EQ(m.layers[1].name, "dense_1");
  EXPECT_EQ(m.layers[1].inputs[0].name, "dense");
  EXPECT_EQ(m.layers[2].shared, "dense");
  ASSERT_EQ(m.layers[3].inputs.size(), 2u);
  EXPECT_EQ(m.layers[3].inputs[1].name, "again");
  ASSERT_EQ(m.outputs.size(), 1u);
  EXPECT_EQ(m.outputs[0].first, "label");
  EXPECT_EQ(m.outputs[0].second.name, "concatenate");
  EXPECT_EQ(m.inputs[1].dtype, DType::int32);
  EXPECT_EQ(m.inputs[1].shape, Shape({Dim(-1), Dim(2)}));
}

TEST(Spec, one_of_several_outputs_is_named_with_a_number) {
  const Checked c = checked("model:\n  inputs: {a: {shape: [4, 5]}}\n  layers:\n    - LSTM: {name: enc, units: 3, return_state: true}\n    - Dense: {units: 2, inputs: enc/1}\n");
  ASSERT_THAT(found(c.diagnostics), IsEmpty());
  EXPECT_EQ(c.spec.model.layers[1].inputs[0].name, "enc");
  EXPECT_EQ(c.spec.model.layers[1].inputs[0].output, 1);
}

TEST(Spec, patterns_freeze_layers) {
  const Checked c = checked("model:\n  inputs: {a: {shape: [5]}}\n  layers: [Dense: {name: stem_1, units: 3}, Dense: {name: stem_2, units: 3}, Dense: {name: label, units: 3}]\n  trainable: {\"stem*\": false}\n");
  ASSERT_THAT(found(c.diagnostics), IsEmpty());
  EXPECT_THAT(c.spec.model.trainable, ElementsAre(testing::Pair("stem_1", false), testing::Pair("stem_2", false)));
}

TEST(Spec, keys_of_data_are_defaults_of_its_tables) {
  const Checked c = checked(model + "data: {format: csv, target: kind, train: {file: a.txt}, test: {file: b.txt, target: sort}}\n");
  ASSERT_THAT(found(c.diagnostics), IsEmpty());
  ASSERT_TRUE(c.spec.data && c.spec.data->train && c.spec.data->test);
  EXPECT_EQ(c.spec.data->train->reader(), "csv");
  EXPECT_EQ(c.spec.data->train->target, Config("kind"));
  EXPECT_EQ(c.spec.data->test->target, Config("sort"));
}

// --- run ----------------------------------------------------------------------------------------------------------------
TEST(Run, every_field_is_read_again_as_it_was_rendered) {
  const Checked c = checked(model + "run: {seed: 3, backend: cpu, threads: 2, dtype: mixed_bfloat16, reproducible: false, tensor_float32: true, dir: out, "
                                    "skip_nonfinite_updates: true, choices: kernels.json}\n");
  ASSERT_THAT(found(c.diagnostics), IsEmpty());
  EXPECT_TRUE(c.spec.run.tensor_float32);
  EXPECT_FALSE(RunSpec().tensor_float32);
  const std::string text = write_yaml(render_spec(c.spec));
  for (const Field& f : RunSpec::schema().fields) EXPECT_THAT(text, HasSubstr(std::string(f.name) + ": "));
  EXPECT_EQ(write_yaml(render_spec(checked(text).spec)), text);
}

// --- --set --------------------------------------------------------------------------------------------------------------
Node rendered(const std::string& text, const std::vector<std::string>& overrides) {
  const Checked c = checked(text, overrides);
  EXPECT_THAT(found(c.diagnostics), IsEmpty());
  return render_spec(c.spec);
}

TEST(Set, leaves_the_class_name_out_or_not) {
  const Config expected(optimizer("{Adam: {learning_rate: 0.01}}"));
  for (const char* written : {"Adam", "{Adam: }", "{Adam: {learning_rate: 0.5}}", "{class_name: Adam, config: {learning_rate: 1.0}}", "{class_name: Adam}"})
    for (const char* path : {"compile.optimizer.learning_rate=0.01", "compile.optimizer.Adam.learning_rate=0.01"})
      EXPECT_EQ(Config(optimizer(written, {path})), expected) << written << " " << path;
  EXPECT_EQ(Config(optimizer("SGD", {"compile.optimizer=Adam", "compile.optimizer.learning_rate=0.01"})), expected);
}

TEST(Set, makes_what_is_valid_and_absent) {
  EXPECT_EQ(rendered(model, {"compile.loss=mse", "compile.optimizer={Adam: {learning_rate: 0.1}}", "fit.epochs=3", "run.seed=7", "callbacks.TerminateOnNaN={}"}),
            rendered(model + "compile: {loss: mse, optimizer: {Adam: {learning_rate: 0.1}}}\nfit: {epochs: 3}\nrun: {seed: 7}\ncallbacks: [TerminateOnNaN]\n", {}));
}

TEST(Set, names_layers_by_name_or_place) {
  const std::string changed = "model: [Input: {shape: [5]}, Dense: {name: a.b, units: 20}]\n";
  const std::string before = "model: [Input: {shape: [5]}, Dense: {name: a.b, units: 3}]\n";
  EXPECT_EQ(rendered(before, {"model[\"a.b\"].units=20"}), rendered(changed, {}));
  EXPECT_EQ(rendered(before, {"model.layers[1].units=20"}), rendered(changed, {}));
  EXPECT_EQ(rendered(model, {"model.label.units=20"}), rendered("model: [Input: {shape: [5]}, Dense: {name: label, units: 20, activation: softmax}]\n", {}));
  EXPECT_EQ(rendered("model: [Input: {shape: [5]}, Dense: {units: 3}, Dense: {units: 3}]\n", {"model.dense_1.units=4"}),
            rendered("model: [Input: {shape: [5]}, Dense: {units: 3}, Dense: {units: 4}]\n", {}));
}

TEST(Set, goes_into_callbacks_and_objects_inside) {
  EXPECT_EQ(rendered(model + "callbacks: [EarlyStopping: {patience: 3}]\n", {"callbacks.EarlyStopping.patience=5"}),
            rendered(model + "callbacks: [EarlyStopping: {patience: 5}]\n", {}));
  EXPECT_EQ(rendered(model + "callbacks: [EarlyStopping]\n", {"callbacks[0].patience=5"}), rendered(model + "callbacks: [EarlyStopping: {patience: 5}]\n", {}));
  EXPECT_EQ(rendered(model, {"model.label.kernel_initializer=RandomNormal", "model.label.kernel_initializer.stddev=0.2"}),
            rendered("model: [Input: {shape: [5]}, Dense: {name: label, units: 3, activation: softmax, kernel_initializer: {RandomNormal: {stddev: 0.2}}}]\n", {}));
}

TEST(Set, an_unknown_path_is_an_error_with_a_suggestion) {
  EXPECT_THAT(errors_of(model, {"fit.epoch=3"}), ElementsAre("1:5 'fit' has no 'epoch' (did you mean 'epochs'?)"));
  EXPECT_THAT(errors_of(model, {"fti.epochs=3"}), ElementsAre("1:1 a spec has no 'fti' (did you mean 'fit'?)"));
  EXPECT_THAT(errors_of(model, {"model.lable.units=3"}), ElementsAre("1:7 the model has no 'lable' (did you mean 'label'?)"));
  EXPECT_THAT(errors_of(model, {"model.label.unit=3"}), ElementsAre("1:13 layer Dense has no 'unit' (did you mean 'units'?)"));
  EXPECT_THAT(errors_of(model, {"callbacks.EarlyStoping.patience=3"}), ElementsAre("1:11 'callbacks' has no 'EarlyStoping' (did you mean 'EarlyStopping'?)"));
  EXPECT_THAT(errors_of(model, {"model.layers[7].units=3"}), ElementsAre(HasSubstr("the model has no place [7] (it has 2 entries, counted from 0)")));
}

TEST(Set, a_value_that_does_not_fit_shows_the_option) {
  const Checked c = checked(model, {"fit.epochs=many"});
  EXPECT_THAT(c.diagnostics.text(), StartsWith("--set:1:12: error: argument 'epochs' of fit: expected an integer, received 'many'\n  |\n1 | fit.epochs=many\n  |            ^^^^"));
}

TEST(Set, needs_a_path_and_a_value) {
  EXPECT_THAT(errors_of(model, {"fit.epochs"}), ElementsAre(StartsWith("1:1 no value is given")));
  EXPECT_THAT(errors_of(model, {"=3"}), ElementsAre(StartsWith("1:1 expected a name")));
  EXPECT_THAT(errors_of(model, {"fit.epochs={"}), testing::SizeIs(1));
  EXPECT_THAT(errors_of(model, {"model[x].units=3"}), ElementsAre(StartsWith("1:6 a place in brackets")));
}

// --- render, schema, describe -------------------------------------------------------------------------------------------
TEST(Render, writes_every_default_and_reads_back) {
  const Checked c = checked("name: a\n" + model + "compile: {loss: mse, metrics: [accuracy, mae]}\ndata: {train: {x: x.npy, y: y.npy}}\nfit: {epochs: 2}\ncallbacks: [EarlyStopping]\n");
  const Node once = render_spec(c.spec);
  const std::string yaml = write_yaml(once);
  EXPECT_THAT(yaml, HasSubstr("use_bias: true"));
  EXPECT_THAT(yaml, HasSubstr("batch_size: 32"));
  EXPECT_THAT(yaml, HasSubstr("RMSprop"));
  const Checked again = checked(yaml);
  EXPECT_THAT(found(again.diagnostics), IsEmpty());
  EXPECT_EQ(render_spec(again.spec), once);
  const Checked json = checked(write_json(once), {}, "a.json");
  EXPECT_THAT(found(json.diagnostics), IsEmpty());
  EXPECT_EQ(render_spec(json.spec), once);
}

TEST(Render, paths_are_absolute_from_the_folder_of_the_spec) {
  const Checked c = checked(model + "data: {train: {x: x.npy, y: {label: y.npy}}}\n", {}, "/specs/a.yaml");
  const Node tree = render_spec(c.spec, true);
  EXPECT_EQ(tree.find("data")->find("train")->find("x")->as_string(), "/specs/x.npy");
  EXPECT_EQ(tree.find("data")->find("train")->find("y")->find("label")->as_string(), "/specs/y.npy");
}

void collect(const Node& node, const std::string& key, std::vector<std::string>& values) {
  for (std::size_t i = 0; i < node.size(); ++i) {
    if (node.is_mapping() && node.key(i).text() == key && node[i].is_string()) values.push_back(node[i].as_string());
    collect(node[i], key, values);
  }
}

TEST(JsonSchema, every_reference_leads_somewhere) {
  const Node schema = spec_json_schema();
  std::vector<std::string> references;
  collect(schema, "$ref", references);
  EXPECT_GT(references.size(), 50u);
  const std::string start = "#/definitions/";
  for (const std::string& r : references) {
    ASSERT_EQ(r.compare(0, start.size(), start), 0) << r;
    EXPECT_NE(schema.find("definitions")->find(r.substr(start.size())), nullptr) << r;
  }
}

TEST(JsonSchema, knows_every_argument_of_every_layer) {
  const Node schema = spec_json_schema();
  for (const ComponentType* type : components("layer")) {
    const Node* definition = schema.find("definitions")->find("layer." + type->schema.name);
    ASSERT_NE(definition, nullptr) << type->schema.name;
    for (const Field& f : type->schema.fields) EXPECT_NE(definition->find("properties")->find(f.name), nullptr) << type->schema.name << "." << f.name;
  }
  // Keywords that mean the same in draft 7 and 2020-12 alone.
  const std::string text = write_json(schema, -1);
  for (const char* keyword : {"\"$defs\"", "\"prefixItems\"", "\"additionalItems\"", "\"dependencies\"", "\"unevaluatedProperties\""})
    EXPECT_EQ(text.find(keyword), std::string::npos) << keyword;
}

TEST(Describe, says_type_default_limits_and_sentence) {
  const std::string text = describe_component("Dense");
  EXPECT_THAT(text, HasSubstr("Dense (layer)\n"));
  EXPECT_THAT(text, HasSubstr("  units: integer, at least 1; required\n      Size of the last axis of the output.\n"));
  EXPECT_THAT(text, HasSubstr("  use_bias: true or false; default true\n"));
  EXPECT_THAT(describe_component("mse"), HasSubstr("MeanSquaredError (loss)"));
  try {
    describe_component("Dens");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.hint(), "did you mean 'Dense'?");
  }
}

TEST(Describe, lists_every_name) {
  const std::string all = list_components();
  for (const std::string& kind : described_kinds())
    for (const ComponentType* type : components(kind)) {
      EXPECT_THAT(all, HasSubstr(type->schema.name));
      EXPECT_THAT(describe_component(type->schema.name), HasSubstr(type->schema.doc.substr(0, 8)));
    }
}

// --- the specs of the probes -------------------------------------------------------------------------------------------
TEST(Probes, every_spec_checks_and_renders_to_itself) {
  int specs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(STRATA_SOURCE_DIR) + "/tests/golden/probes")) {
    if (entry.path().extension() != ".yaml") continue;
    ++specs;
    Diagnostics diagnostics;
    const Spec spec = check_spec(read_tree(SourceText::read(entry.path().string()), diagnostics), diagnostics);
    EXPECT_THAT(found(diagnostics), IsEmpty()) << entry.path();
    if (diagnostics.has_errors()) continue;
    const Node once = render_spec(spec);
    const Checked again = checked(write_yaml(once));
    EXPECT_THAT(found(again.diagnostics), IsEmpty()) << entry.path();
    EXPECT_EQ(render_spec(again.spec), once) << entry.path();
  }
  EXPECT_GT(specs, 10);
}

}  // namespace
}  // namespace strata
