// The HDF5 library's part of hdf5.h: a tree to a file image and back.
#pragma once

#include <mutex>

#include "src/io/hdf5.h"

namespace strata {

// Held while the library runs (it has a global lock anyway), so that a child process can be forked while nobody is inside it.
std::mutex& hdf5_mutex();

// Without the seal.
Bytes encode_hdf5_image(const H5Group& root);

// In this process, with every check but the seal.
H5Group decode_hdf5_image(ByteView image, const std::string& name, const H5Limits& limits);

}  // namespace strata
