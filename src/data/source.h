// What a spec or a command line says about data: which files hold the rows, and which columns of them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <strata/dataset.h>

namespace strata {

// One array for one input or output.
struct ArraySource {
  std::string name;  // of the input or output; "" where there is one
  std::string file;
  // Columns of a table, in their order; the member of an .npz or HDF5 file. Empty: the only array; all columns, in x without
  // those that y and sample_weight take from the same file.
  std::vector<std::string> members;
};

// What becomes of empty cells of a table (and NA, N/A, NaN, null): an error, unless one of these says otherwise.
struct MissingCells {
  bool drop = false;                        // rows with one, in a column that is used, are left out
  std::map<std::string, std::string> fill;  // what stands for it, by column
};

// Where the rows of `train`, `validation` or `test` come from: arrays in x and y, or one file. One column of a table in y is
// labels or values, several are a matrix.
struct RowSource {
  std::vector<ArraySource> x, y, sample_weight;
  // Of the model's inputs, "" for the only one: what type the columns of a table are read as. float32 where it does not say.
  std::map<std::string, DType> input_types;
  std::string format;  // npy, npz, csv, idx, hdf5, text, image_folder; "": by the ending
  MissingCells missing;  // of tables
  // A text or a folder of images.
  std::string file;
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
