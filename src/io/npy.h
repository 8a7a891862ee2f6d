// NumPy's .npy: one array. Format: numpy/lib/format.py, versions 1.0, 2.0 and 3.0.
#pragma once

#include <string>

#include <strata/tensor.h>

#include "src/io/bytes.h"

namespace strata {

// Either memory order and either byte order. bool, uint8, int32, int64, float16, float32 and float64 stay; int8, int16, uint16,
// uint32 and uint64 become int64, text (U and S) becomes string. Object arrays (pickles), complex numbers and records are refused by name.
// `name` stands in front of every message.
Tensor read_npy(ByteView file, const std::string& name);

// Version 1.0, C order, little endian. bfloat16, which NumPy has no name for, is an error.
Bytes write_npy(const Tensor& tensor);

}  // namespace strata
