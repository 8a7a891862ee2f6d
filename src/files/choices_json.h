// choices.json: what decides the bits beside the spec.
//
//   {"backend": "cpu", "threads": 0, "reproducible": true, "tensor_float32": false, "dtype": "float32",
//    "kernels": {"float32(8,3) float32(3,4): matmul(x0,x1) -> %0": "onednn matmul", ...}}
//
// The kernels are those of all plans that were made so far, by region (src/compile/choices.h).
#pragma once

#include <string>
#include <string_view>

#include "src/model/model_state.h"

namespace strata {

std::string choices_json(ModelState& state);
// The same of these kernels alone.
std::string choices_json(ModelState& state, const Choices& kernels);
// The model's plans take the kernels that `json`, the text of `file`, names. Those that this machine or build does not have, and
// all of them where the model runs on another backend, are told to `state.choices->warn`.
void use_choices(ModelState& state, std::string_view json, const std::string& file);

}  // namespace strata
