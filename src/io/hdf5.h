// HDF5 as a tree of named tensors and attributes. The only source that includes the HDF5 library is plugins/hdf5.cpp.
//
// Files are made and read in memory: the library never touches the disk, where a full one makes it crash. What it reads is
// checked before it is believed, because a plain HDF5 read follows a file's links into other files and allocates what a file
// declares. docs/design.md, section 7.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <strata/tensor.h>

#include "src/io/bytes.h"

namespace strata {

// An attribute of a type that is neither text nor numbers: kept by name, so that only who needs it meets an error.
struct H5Unreadable {
  std::string why;
};

using H5Attribute = std::variant<std::string, std::vector<std::string>, Tensor, H5Unreadable>;

struct H5Group {
  std::map<std::string, H5Attribute, std::less<>> attributes;
  std::map<std::string, Tensor, std::less<>> datasets;
  std::map<std::string, H5Group, std::less<>> groups;

  // The group at a path such as "layers/dense/vars", made where it is missing.
  H5Group& make_group(std::string_view path);
  // The group, the dataset or none at a path; empty parts ("/layers//dense") count for nothing.
  const H5Group* find_group(std::string_view path) const;
  const Tensor* find_dataset(std::string_view path) const;
  // The text of an attribute, or null where there is none; another kind is an error.
  const std::string* text(std::string_view name) const;
  // A list of strings, or nothing. Joins name0, name1, ... and takes an empty array of numbers for the empty list, as Keras
  // writes both.
  std::optional<std::vector<std::string>> list(std::string_view name) const;
};

// The file image: contiguous little-endian datasets, no times, no filters, so equal trees are equal bytes. Lists of strings
// of more than 64512 bytes become name0, name1, ...; bfloat16 becomes 2-byte opaque with an attribute dtype = "bfloat16".
// Each dataset has an attribute xxh3, and the whole image ends with a seal: a magic word and its xxh3, behind the end that the
// superblock states, where other readers do not look.
Bytes write_hdf5(const H5Group& root);

struct H5Limits {
  std::uint64_t bytes = std::uint64_t{4} << 30;  // of all tensors and texts together
  std::uint64_t objects = 100'000;               // groups, datasets and attributes together
  int depth = 32;                                // groups in groups
  int seconds = 60;                              // for the child process
  // Whether to read the dataset at a path ("layers/dense/vars/0"); empty: all.
  std::function<bool(const std::string& path)> wanted;
  // Called before memory is taken for a dataset; throws to refuse it.
  std::function<void(const std::string& path, DType, const std::vector<std::int64_t>& shape)> expect;
};

enum class H5Origin {
  foreign,  // read in a child process that can open nothing, with limits on its memory and time
  own,      // a file whose checksum was verified before (a manifest); read in this process if its seal holds too
};

// Refuses soft, external and user links, external and virtual storage, cycles, filters but deflate, shuffle and fletcher32,
// data types but text, integers, IEEE floats, booleans and Keras' bfloat16. int8, int16, uint16, uint32 and uint64 become
// int64. A broken seal or xxh3 attribute is an error. `name` stands in front of every message.
H5Group read_hdf5(ByteView image, const std::string& name, H5Origin origin = H5Origin::foreign, const H5Limits& limits = {});

}  // namespace strata
