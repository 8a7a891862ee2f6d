#include "src/files/weights_h5.h"

#include "files/models.h"
#include "src/files/keras_order.h"
#include "src/files/model_files.h"

namespace strata {
namespace {

std::vector<std::string> paths(const Model& model) {
  std::vector<std::string> found;
  for (const VariableGroup& g : variable_groups(model.state()))
    for (std::size_t i = 0; i < g.variables.size(); ++i) found.push_back(g.path + "/vars/" + std::to_string(i));
  return found;
}

}  // namespace

TEST(WeightsH5, GroupsAreNamedAfterClassesInKerasOrder) {
  EXPECT_THAT(paths(branches_model()),
              testing::ElementsAre("layers/lstm/cell/vars/0", "layers/lstm/cell/vars/1", "layers/lstm/cell/vars/2", "layers/dense/vars/0", "layers/dense/vars/1",
                                   "layers/sequential/layers/dense/vars/0", "layers/sequential/layers/dense/vars/1", "layers/sequential/layers/dense_1/vars/0",
                                   "layers/sequential/layers/dense_1/vars/1", "layers/dense_1/vars/0", "layers/dense_1/vars/1"));
}

TEST(WeightsH5, LayersInLayersAreFoundByTheirAttributes) {
  const std::vector<std::string> found = paths(directions_model());
  for (const char* path : {"layers/bidirectional/forward_layer/cell/vars/2", "layers/bidirectional/backward_layer/cell/vars/0", "layers/gru_1/cell/vars/0",
                           "layers/time_distributed/layer/vars/1", "layers/rnn/cell/cells/lstm_cell/vars/0", "layers/rnn/cell/cells/gru_cell/vars/0",
                           "layers/rnn/cell/cells/lstm_cell_1/vars/2", "layers/bidirectional_1/backward_layer/cell/vars/0"})
    EXPECT_THAT(found, testing::Contains(path));
  EXPECT_THAT(paths(attention_model()), testing::IsSupersetOf({"layers/multi_head_attention/output_dense/vars/1", "layers/position_embedding/vars/0",
                                                               "layers/grouped_query_attention/_gate_dense/vars/0"}));
}

TEST(WeightsH5, EqualModelsAreEqualBytes) {
  EXPECT_EQ(model_file(dense_model(), "a.keras"), model_file(dense_model(), "a.keras"));
  EXPECT_EQ(model_file(branches_model(), "a.weights.h5"), model_file(branches_model(), "a.weights.h5"));
}

TEST(WeightsH5, AFileOfOtherSizesIsRefusedBeforeAnythingChanges) {
  const TemporaryFolder folder;
  const std::string file = (folder / "other.weights.h5").string();
  const auto x = Input({3});
  Model other(x, x | Dense{.units = 4} | BatchNormalization{} | Dense{.units = 2}, {}, on_reference());
  other.state().sequential = true;
  other.save(file);
  Model model = dense_model();
  const Bytes before = model_file(model, "a.weights.h5");
  EXPECT_THAT(error_of([&] { model.load_weights(file); }), testing::HasSubstr("'dense_1/kernel' is (4, 1) in the model, (4, 2) in the file ('layers/dense_1/vars/0')"));
  EXPECT_EQ(model_file(model, "a.weights.h5"), before);
}

TEST(WeightsH5, AFileOfOtherLayersIsRefused) {
  const TemporaryFolder folder;
  const std::string file = (folder / "other.weights.h5").string();
  const auto x = Input({3});
  Model other(x, x | Dense{.units = 4} | Dense{.units = 1}, {}, on_reference());
  other.state().sequential = true;
  other.save(file);
  Model model = dense_model();
  EXPECT_THAT(error_of([&] { model.load_weights(file); }), testing::HasSubstr("layer 'batch_normalization' has 4 variables, the file has 0"));
}

TEST(WeightsH5, AnOptimizerThatDoesNotFitIsLeftOutAndSaidSo) {
  Model model = dense_model();
  model.compile({.optimizer = SGD{.learning_rate = 0.1}, .loss = "mse"});
  model.load_weights(golden_file("dense.weights.h5"));
  ASSERT_EQ(model.state().warnings.size(), 1u);
  EXPECT_THAT(model.state().warnings[0], testing::HasSubstr("the optimizer's 14 variables do not fit SGD, which has 2: they were left out"));
}

TEST(WeightsH5, DamageIsFound) {
  const TemporaryFolder folder;
  const std::string file = (folder / "damaged.weights.h5").string();
  Model model = dense_model();
  const Bytes good = model_file(model, file);
  for (std::size_t at = 7; at < good.size(); at += 509) {
    Bytes bad = good;
    bad[at] ^= std::byte{16};
    write_atomically(file, bad);
    EXPECT_NE(error_of([&] { model.load_weights(file); }), "") << "byte " << at;
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{100}, good.size() / 4, good.size() / 2}) {
    write_atomically(file, ByteView(good).first(size));
    EXPECT_NE(error_of([&] { model.load_weights(file); }), "") << size << " bytes";
  }
}

TEST(WeightsH5, OtherEndingsAreRefusedByName) {
  Model model = dense_model();
  EXPECT_THAT(error_of([&] { model.save("model.onnx"); }), testing::HasSubstr("model.onnx: no model is kept in files of this ending"));
}

}  // namespace strata
