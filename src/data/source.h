// What a spec or a command line says about data: which files hold the rows, and which columns of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <strata/dataset.h>

namespace strata {

// One array for one input or output.
struct ArraySource {
  std::string name;    // of the input or output; "" where there is one
  std::string file;
  std::string member;  // of an .npz or HDF5 file; "" where it holds one array
};

// Where the rows of `train`, `validation` or `test` come from: arrays in x and y, or one file.
struct RowSource {
  std::vector<ArraySource> x, y, sample_weight;
  // Inputs that hold texts, "" for the only one: their columns of a CSV file are texts, all other features numbers.
  std::vector<std::string> text_inputs;
  std::string format;  // npy, npz, csv, idx, hdf5, text, image_folder; "": by the ending
  // A table, a text or a folder of images.
  std::string file;
  // A table.
  std::vector<std::string> features;  // empty: every column but the target
  std::vector<std::string> targets;   // one column is labels or values, several are a matrix
  // A text of tokens.
  std::string tokens = "char";  // char, byte, word
  std::int64_t length = 0, stride = 1;
  // A folder of images.
  std::int64_t height = 0, width = 0;  // 0: the images', which must agree
  std::string color_mode = "rgb";      // grayscale, rgb, rgba
};

struct Rows {
  Dataset data;
  std::vector<std::string> classes;  // of targets that are texts (or tokens), sorted: class i is the i-th
};

// `known_classes`: those of the training rows; a text that is none of them is an error. Every error names file, row (from 1,
// the header not counted), column and value.
// The files of a source, as errors about its rows begin; `what` is the error's text, which may be about "the input" or "the
// target" alone.
std::string files_of(const RowSource& source, std::string_view what = {});

Rows load_rows(const RowSource& source, const std::vector<std::string>& known_classes = {});

// One file: every array of an .npz under its name, else one array named "".
Arrays load_arrays(const std::string& file, const std::string& format = "");

// The last `fraction` of the rows, or of the rows of each class, kept in order: {training, validation}.
std::pair<Dataset, Dataset> split_rows(const Dataset& data, double fraction, bool stratify);

}  // namespace strata
