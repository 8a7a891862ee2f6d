// Models in files: .keras and .weights.h5, by the ending.
#pragma once

#include <functional>
#include <string>

#include <strata/model.h>
#include "src/io/bytes.h"
#include "src/io/hdf5.h"

namespace strata {

// An ending that has no form is an Error.
void check_model_ending(const std::string& path);
// The bytes of the file that `path` names.
Bytes model_file(const Model& model, const std::string& path);

// Weights out of a .keras or .weights.h5 file. `model` says which variables are read, and their shapes are compared before
// memory is taken for them.
H5Group read_weights(const Model& model, const std::string& path);
H5Group read_weights(const Model& model, ByteView image, const std::string& name, H5Origin origin);

}  // namespace strata
