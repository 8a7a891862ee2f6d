// What is measured, a function and a file each. Times are microseconds on the device.
#pragma once

#include <nlohmann/json.hpp>

namespace strata::ceilings {

using Json = nlohmann::ordered_json;

double copy_gb_s();            // device to device, bytes read and written
double pinned_to_device_gb_s();
Json gemm_tflop_s();           // {"float32": {"1024": , "8192": }, "tf32": , "bf16": }, square products of random numbers
// One kernel of a chain in which each waits for the one before it: {"empty": {"stream": {"10": ...}, "graph": }, "10 us": }.
Json chain_us();
Json epilogues_us();           // products of mlp's shapes by cuBLASLt, alone and with each epilogue that its layers can use
Json recurrent_us();           // lstm's row by each algorithm of cuDNN, forward and backward, or why it declines

}  // namespace strata::ceilings
