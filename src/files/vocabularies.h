// Vocabularies that layers have learned, as .keras files keep them: assets/<group of the layer>/vocabulary.txt, a token a line.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "src/io/hdf5.h"
#include "src/io/zip.h"
#include "src/model/model_state.h"

namespace strata {

// Whether the vocabulary of a layer lies beside the config, not in it: it was learned, and no token holds a line break.
bool is_asset(const ModelState& model, const LayerGraph::Entry& layer);
std::vector<NamedBytes> vocabulary_assets(const Model& model);

// The vocabulary of the layer at `group` as a list of texts or integers; null where the archive has none.
Config vocabulary_in(const ZipReader& zip, const std::string& group, bool integers);
void read_vocabularies(Model& model, const ZipReader& zip);

// The weights of tf_idf in the order of the numbers, Keras' variable idf_weights; none of another layer.
inline constexpr const char* idf_weights_name = "idf_weights";
std::optional<Tensor> idf_weights(const Layer& layer);
// Those of learned vocabularies; given vocabularies have theirs in the config.
void read_idf_weights(Model& model, const H5Group& tree);

}  // namespace strata
