// A model as a report shows it: drawings of its graph and of the models inside it, and a table of all layers.
#pragma once

#include <vector>

#include <strata/model.h>
#include "src/report/graph_drawing.h"
#include "src/report/page.h"

namespace strata {

struct ModelView {
  std::vector<LayerDrawing> graphs;  // the model's own first; the titles are their paths
  PageTable layers;                  // in order, those of an inner model under its own row: "encoder/dense"
};
ModelView model_view(const Model& model);

// 1,234,567
std::string grouped(std::int64_t number);

}  // namespace strata
