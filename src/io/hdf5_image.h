// The HDF5 library's part of hdf5.h: a tree to a file image and back. It is the plug-in libstrata-hdf5.so, because the library
// brings some thirty others into a process (curl, ssl, kerberos, ...), which start-up would pay for.
#pragma once

#include "src/io/hdf5.h"

namespace strata {

// What the plug-in exports. One caller at a time.
struct Hdf5Images {
  // Without the seal.
  Bytes (*encode)(const H5Group& root);
  // In this process, with every check but the seal.
  H5Group (*decode)(ByteView image, const std::string& name, const H5Limits& limits);
};

extern "C" __attribute__((visibility("default"))) const Hdf5Images strata_hdf5;

}  // namespace strata
