// The peers' models (their workloads.md), as C++ programs write them: one source per family. `run` says where and how they run.
#pragma once

#include <strata/model.h>

namespace strata::peers {

Model multilayer_perceptron(std::int64_t inputs, std::int64_t units, std::int64_t outputs, RunOptions run);  // mlp, tabular
Model mnist_cnn(RunOptions run);
Model resnet20(RunOptions run);
Model resnet50(RunOptions run);
Model mobilenet_v2(RunOptions run);
Model lstm_classifier(RunOptions run);
Model imdb_lstm(RunOptions run);
Model tiny_gpt(RunOptions run);

}  // namespace strata::peers
