#include "src/io/hdf5_image.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#define H5_USE_110_API  // one interface from 1.10 to 1.14
#include <hdf5.h>

#include <fmt/format.h>
#include <strata/error.h>
#include <strata/shape.h>

#include "src/io/checksum.h"

namespace strata {
namespace {

constexpr const char* checksum_attribute = "xxh3";
constexpr const char* dtype_attribute = "dtype";
constexpr std::size_t attribute_limit = 64512;  // bytes of one attribute, as Keras splits them
constexpr int rank_limit = 8;

// The core driver looks for a file of the image's name first. This one cannot exist: /dev/null is no folder.
constexpr const char* impossible_name = "/dev/null/image";

// The innermost message of the library's error stack.
std::string reason() {
  std::string text;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD,
           [](unsigned, const H5E_error2_t* e, void* out) -> herr_t {
             auto& text = *static_cast<std::string*>(out);
             if (text.empty() && e->desc) text = e->desc;
             return 0;
           },
           &text);
  H5Eclear2(H5E_DEFAULT);
  return text.empty() ? "no reason given" : text;
}

// What the HDF5 library refuses; a place is added where it is caught.
struct Refused {
  std::string why;
};

template <class T>
T check(T result) {
  if (result < 0) throw Refused{"the HDF5 library says: " + reason()};
  return result;
}

template <herr_t (*close)(hid_t)>
class Handle {
 public:
  explicit Handle(hid_t id) : id_(check(id)) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  Handle& operator=(Handle&&) = delete;
  ~Handle() {
    if (id_ >= 0) close(id_);
  }
  operator hid_t() const { return id_; }  // NOLINT: it is handed to the C interface

 private:
  hid_t id_;
};
using File = Handle<H5Fclose>;
using Group = Handle<H5Gclose>;
using Object = Handle<H5Oclose>;
using Dataset = Handle<H5Dclose>;
using Attribute = Handle<H5Aclose>;
using Space = Handle<H5Sclose>;
using Type = Handle<H5Tclose>;
using Properties = Handle<H5Pclose>;

void prepare_library() {
  static const bool ready = [] {
    H5dont_atexit();  // the exit handler crashes on what a failed close left behind
    H5open();
    H5PLset_loading_state(0);          // no filter plug-ins
    H5Lunregister(H5L_TYPE_EXTERNAL);  // no links to other files
    return true;
  }();
  static_cast<void>(ready);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // per thread: errors are read by reason()
}

// ---- types ----

Type float16_type() {
  Type type(H5Tcopy(H5T_IEEE_F32LE));
  check(H5Tset_fields(type, 15, 10, 5, 0, 10));
  check(H5Tset_size(type, 2));
  check(H5Tset_ebias(type, 15));
  return type;
}

Type boolean_type() {  // as h5py stores it
  Type type(H5Tenum_create(H5T_STD_I8LE));
  const std::int8_t no = 0, yes = 1;
  check(H5Tenum_insert(type, "FALSE", &no));
  check(H5Tenum_insert(type, "TRUE", &yes));
  return type;
}

Type type_of(DType t) {
  switch (t) {
    case DType::float32: return Type(H5Tcopy(H5T_IEEE_F32LE));
    case DType::float64: return Type(H5Tcopy(H5T_IEEE_F64LE));
    case DType::int32: return Type(H5Tcopy(H5T_STD_I32LE));
    case DType::int64: return Type(H5Tcopy(H5T_STD_I64LE));
    case DType::uint8: return Type(H5Tcopy(H5T_STD_U8LE));
    case DType::float16: return float16_type();
    case DType::boolean: return boolean_type();
    case DType::bfloat16: return Type(H5Tcreate(H5T_OPAQUE, 2));
    case DType::string: break;
  }
  throw Refused{"has a data type without an HDF5 form"};
}

Type string_type(bool utf8) {
  Type type(H5Tcopy(H5T_C_S1));
  check(H5Tset_size(type, H5T_VARIABLE));
  check(H5Tset_cset(type, utf8 ? H5T_CSET_UTF8 : H5T_CSET_ASCII));
  return type;
}

Space space_of(const std::vector<std::int64_t>& shape) {
  if (shape.empty()) return Space(H5Screate(H5S_SCALAR));
  const std::vector<hsize_t> dims(shape.begin(), shape.end());
  return Space(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr));
}

// ---- writing ----

void write_strings(hid_t object, const std::string& name, const std::string* first, std::size_t count, bool scalar) {
  std::vector<const char*> pointers;
  bool ascii = !scalar;
  for (std::size_t i = 0; i < count; ++i) {
    if (first[i].find('\0') != std::string::npos) throw Refused{"has an attribute with a NUL character: " + name};
    for (const char c : first[i]) ascii = ascii && static_cast<unsigned char>(c) < 0x80;
    pointers.push_back(first[i].c_str());
  }
  const Type type = string_type(!ascii);
  const Space space = scalar ? space_of({}) : space_of({static_cast<std::int64_t>(count)});
  const Attribute attribute(H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT));
  check(H5Awrite(attribute, type, pointers.data()));
}

void write_tensor_attribute(hid_t object, const std::string& name, const Tensor& tensor) {
  const Type type = type_of(tensor.dtype());
  const Space space = space_of(tensor.shape());
  const Attribute attribute(H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT));
  if (tensor.elements() > 0) check(H5Awrite(attribute, type, tensor.data()));
}

void write_list(hid_t object, const std::string& name, const std::vector<std::string>& list) {
  if (list.empty()) return write_tensor_attribute(object, name, Tensor(DType::float64, {0}));
  std::size_t widest = 16;  // what a string of variable length takes in the attribute
  for (const std::string& s : list) widest = std::max(widest, s.size());
  const std::size_t per_part = std::max<std::size_t>(1, attribute_limit / widest);
  if (list.size() <= per_part) return write_strings(object, name, list.data(), list.size(), false);
  for (std::size_t first = 0, part = 0; first < list.size(); first += per_part, ++part)
    write_strings(object, name + std::to_string(part), list.data() + first, std::min(per_part, list.size() - first), false);
}

void write_attribute(hid_t object, const std::string& name, const H5Attribute& value) {
  if (const auto* text = std::get_if<std::string>(&value)) write_strings(object, name, text, 1, true);
  else if (const auto* list = std::get_if<std::vector<std::string>>(&value)) write_list(object, name, *list);
  else if (const auto* tensor = std::get_if<Tensor>(&value)) write_tensor_attribute(object, name, *tensor);
  else throw Refused{"has an attribute that was not readable: " + name};
}

void check_name(const std::string& name) {
  if (name.empty() || name == "." || name.find('/') != std::string::npos || name.find('\0') != std::string::npos)
    throw Refused{"'" + name + "' cannot name an object of an HDF5 file"};
}

struct WriteProperties {
  Properties link{H5Pcreate(H5P_LINK_CREATE)}, group{H5Pcreate(H5P_GROUP_CREATE)}, dataset{H5Pcreate(H5P_DATASET_CREATE)};
  WriteProperties() {
    check(H5Pset_char_encoding(link, H5T_CSET_UTF8));
    check(H5Pset_obj_track_times(group, false));
    check(H5Pset_obj_track_times(dataset, false));
    check(H5Pset_layout(dataset, H5D_CONTIGUOUS));
    check(H5Pset_fill_time(dataset, H5D_FILL_TIME_NEVER));
  }
};

void write_group(hid_t here, const H5Group& group, const WriteProperties& properties) {
  for (const auto& [name, value] : group.attributes) write_attribute(here, name, value);
  for (const auto& [name, tensor] : group.datasets) {
    check_name(name);
    if (!tensor) throw Refused{"'" + name + "' is an empty tensor handle, not a dataset"};
    const Type type = type_of(tensor.dtype());
    const Space space = space_of(tensor.shape());
    const Dataset dataset(H5Dcreate2(here, name.c_str(), type, space, properties.link, properties.dataset, H5P_DEFAULT));
    if (tensor.elements() > 0) check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, tensor.data()));
    if (tensor.dtype() == DType::bfloat16) {
      const std::string text = "bfloat16";
      write_strings(dataset, dtype_attribute, &text, 1, true);
    }
    const std::uint64_t hash = xxh3({static_cast<const std::byte*>(tensor.data()), tensor.bytes()});
    const Attribute attribute(
        H5Acreate2(dataset, checksum_attribute, H5T_STD_U64LE, space_of({}), H5P_DEFAULT, H5P_DEFAULT));
    check(H5Awrite(attribute, H5T_NATIVE_UINT64, &hash));
  }
  for (const auto& [name, child] : group.groups) {
    check_name(name);
    write_group(Group(H5Gcreate2(here, name.c_str(), properties.link, properties.group, H5P_DEFAULT)), child, properties);
  }
}

// ---- reading ----

std::vector<std::int64_t> shape_of(hid_t space) {
  const H5S_class_t kind = H5Sget_simple_extent_type(space);
  if (kind == H5S_SCALAR) return {};
  if (kind != H5S_SIMPLE) throw Refused{"has no shape (a null dataspace)"};
  const int rank = check(H5Sget_simple_extent_ndims(space));
  if (rank > rank_limit) throw Refused{fmt::format("has {} axes; at most {} are read", rank, rank_limit)};
  std::vector<hsize_t> dims(static_cast<std::size_t>(rank));
  check(H5Sget_simple_extent_dims(space, dims.data(), nullptr));
  for (const hsize_t d : dims)
    if (d >> 62) throw Refused{fmt::format("has an axis of {}, which overflows", d)};
  return {dims.begin(), dims.end()};
}

std::string show(const std::vector<std::int64_t>& shape) { return Shape::of(shape).str(); }

// How the elements of a file type come into a tensor.
struct Reading {
  DType dtype;
  Type memory;             // what the library converts to
  bool unsigned64 = false;  // checked against int64 afterwards
};

std::string describe_type(hid_t type) {
  const char* kind = "unknown";
  switch (H5Tget_class(type)) {
    case H5T_INTEGER: kind = "integer"; break;
    case H5T_FLOAT: kind = "float"; break;
    case H5T_STRING: kind = "string"; break;
    case H5T_COMPOUND: kind = "compound"; break;
    case H5T_VLEN: kind = "variable-length"; break;
    case H5T_OPAQUE: kind = "opaque"; break;
    case H5T_ENUM: kind = "enumeration"; break;
    case H5T_ARRAY: kind = "array"; break;
    case H5T_REFERENCE: kind = "reference"; break;
    case H5T_BITFIELD: kind = "bit field"; break;
    case H5T_TIME: kind = "time"; break;
    default: break;
  }
  return fmt::format("has elements of type {} ({} bytes), which is not read", kind, H5Tget_size(type));
}

bool equal(hid_t a, hid_t b) { return check(H5Tequal(a, b)) > 0; }

bool is_boolean(hid_t type) {
  if (H5Tget_size(type) != 1 || H5Tget_nmembers(type) != 2) return false;
  bool found[2] = {false, false};
  for (unsigned i = 0; i < 2; ++i) {
    std::int8_t value = -1;
    check(H5Tget_member_value(type, i, &value));
    char* member = H5Tget_member_name(type, i);
    const std::string name = member ? member : "";
    H5free_memory(member);
    if (value == 0 && name == "FALSE") found[0] = true;
    if (value == 1 && name == "TRUE") found[1] = true;
  }
  return found[0] && found[1];
}

Reading reading_of(hid_t type, bool marked_bfloat16) {
  const auto as = [](DType t) { return Reading{t, type_of(t)}; };
  switch (H5Tget_class(type)) {
    case H5T_FLOAT: {
      if (equal(type, H5T_IEEE_F32LE) || equal(type, H5T_IEEE_F32BE)) return as(DType::float32);
      if (equal(type, H5T_IEEE_F64LE) || equal(type, H5T_IEEE_F64BE)) return as(DType::float64);
      const Type little = float16_type();
      const Type big(H5Tcopy(little));
      check(H5Tset_order(big, H5T_ORDER_BE));
      if (equal(type, little) || equal(type, big)) return as(DType::float16);
      break;
    }
    case H5T_INTEGER: {
      const std::size_t size = H5Tget_size(type);
      const bool is_signed = H5Tget_sign(type) != H5T_SGN_NONE;
      if ((size != 1 && size != 2 && size != 4 && size != 8) || H5Tget_precision(type) != 8 * size) break;
      if (is_signed && size == 4) return as(DType::int32);
      if (!is_signed && size == 1) return as(DType::uint8);
      if (!is_signed && size == 8) return Reading{DType::int64, Type(H5Tcopy(H5T_NATIVE_UINT64)), true};
      return as(DType::int64);
    }
    case H5T_ENUM:
      if (is_boolean(type)) return Reading{DType::boolean, Type(H5Tcopy(type))};
      break;
    case H5T_OPAQUE:
      if (marked_bfloat16 && H5Tget_size(type) == 2) return Reading{DType::bfloat16, Type(H5Tcopy(type))};
      break;
    default: break;
  }
  throw Refused{describe_type(type)};
}

void finish(Tensor& tensor, const Reading& reading) {
  if (reading.dtype == DType::boolean) {
    auto* p = static_cast<std::uint8_t*>(tensor.data());
    for (std::int64_t i = 0; i < tensor.elements(); ++i) p[i] = p[i] != 0;
  }
  if (reading.unsigned64)
    for (const std::int64_t x : tensor.values<std::int64_t>())
      if (x < 0) throw Refused{fmt::format("holds {}, more than int64 holds", static_cast<std::uint64_t>(x))};
}

class Reader {
 public:
  Reader(const std::string& name, const H5Limits& limits) : name_(name), limits_(limits), bytes_left_(limits.bytes) {}

  H5Group read(hid_t file) { return at("/", [&] { return read_group(Group(H5Gopen2(file, "/", H5P_DEFAULT)), "", 0); }); }

  template <class F>
  auto at(const std::string& path, F f) -> decltype(f()) {
    try {
      return f();
    } catch (const Refused& refused) {
      throw Error(ErrorKind::data, fmt::format("{}: {}: {}", name_, path, refused.why));
    }
  }

 private:
  struct Link {
    std::string name;
    H5L_type_t type;
  };
  struct Links {
    std::vector<Link> found;
    std::uint64_t left;
  };

  void count_objects(std::uint64_t n) {
    if ((objects_ += n) > limits_.objects)
      throw Refused{fmt::format("the file holds more than {} groups, datasets and attributes", limits_.objects)};
  }

  void take(std::uint64_t n, const std::string& what) {
    if (n > bytes_left_)
      throw Refused{fmt::format("{} needs {} bytes; {} of the {} allowed for this file are left", what, n, bytes_left_,
                                limits_.bytes)};
    bytes_left_ -= n;
  }

  H5Group read_group(hid_t group, const std::string& path, int depth) {
    if (depth > limits_.depth) throw Refused{fmt::format("groups are nested more than {} deep", limits_.depth)};
    H5O_info_t info;
    check(H5Oget_info2(group, &info, H5O_INFO_BASIC));
    if (!groups_.insert(info.addr).second)
      throw Refused{"is a second hard link to a group (a cycle, if it leads to a group above)"};

    H5Group out;
    read_attributes(group, out);

    Links links{{}, limits_.objects - std::min<std::uint64_t>(objects_, limits_.objects)};
    check(H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr,
                     [](hid_t, const char* name, const H5L_info_t* link, void* data) -> herr_t {
                       auto& links = *static_cast<Links*>(data);
                       links.found.push_back({name, link->type});
                       return links.found.size() > links.left;  // more than 0 ends the walk
                     },
                     &links));
    count_objects(links.found.size());
    for (const Link& link : links.found) {
      const std::string below = path + "/" + link.name;
      at(below, [&] { read_link(group, link, below, depth, out); });
    }
    return out;
  }

  void read_link(hid_t group, const Link& link, const std::string& path, int depth, H5Group& out) {
    if (link.type == H5L_TYPE_EXTERNAL) throw Refused{"is an external link; a file is read alone"};
    if (link.type == H5L_TYPE_SOFT) throw Refused{"is a soft link; only objects themselves are read"};
    if (link.type != H5L_TYPE_HARD) throw Refused{"is a link of a user-defined class"};
    check_name(link.name);
    const Object object(H5Oopen(group, link.name.c_str(), H5P_DEFAULT));
    switch (H5Iget_type(object)) {
      case H5I_GROUP: out.groups[link.name] = read_group(object, path, depth + 1); break;
      case H5I_DATASET:
        if (!limits_.wanted || limits_.wanted(path.substr(1))) out.datasets[link.name] = read_dataset(object, path);
        break;
      default: throw Refused{"is neither a group nor a dataset"};
    }
  }

  Tensor read_dataset(hid_t dataset, const std::string& path) {
    const Type type(H5Dget_type(dataset));
    const Space space(H5Dget_space(dataset));
    const std::vector<std::int64_t> shape = shape_of(space);
    const Reading reading = reading_of(type, is_marked_bfloat16(dataset));
    const auto declared = byte_count(shape, H5Tget_size(type));
    const auto needed = byte_count(shape, size_of(reading.dtype));
    if (!declared || !needed) throw Refused{"declares the shape " + show(shape) + ", which overflows"};
    check_storage(dataset, *declared, shape);
    if (limits_.expect) limits_.expect(path.substr(1), reading.dtype, shape);
    take(*needed, fmt::format("the declared shape {}", show(shape)));

    Tensor tensor(reading.dtype, shape);
    if (tensor.elements() > 0) check(H5Dread(dataset, reading.memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, tensor.data()));
    finish(tensor, reading);
    check_checksum(dataset, tensor);
    return tensor;
  }

  bool is_marked_bfloat16(hid_t dataset) {
    if (check(H5Aexists(dataset, dtype_attribute)) == 0) return false;
    const auto value = read_attribute(dataset, dtype_attribute);
    const auto* text = std::get_if<std::string>(&value);
    return text && *text == "bfloat16";
  }

  // Everything inside the file, and as much of it as the shape says.
  void check_storage(hid_t dataset, std::uint64_t declared, const std::vector<std::int64_t>& shape) {
    const Properties properties(H5Dget_create_plist(dataset));
    if (check(H5Pget_external_count(properties)) > 0) throw Refused{"stores its elements outside the file"};
    const H5D_layout_t layout = check(H5Pget_layout(properties));
    if (layout == H5D_VIRTUAL) throw Refused{"is a virtual dataset, which lives in other files"};
    const int filters = check(H5Pget_nfilters(properties));
    for (int i = 0; i < filters; ++i) {
      unsigned flags = 0;
      std::size_t values = 0;
      const H5Z_filter_t filter =
          check(H5Pget_filter2(properties, static_cast<unsigned>(i), &flags, &values, nullptr, 0, nullptr, nullptr));
      if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE && filter != H5Z_FILTER_FLETCHER32)
        throw Refused{fmt::format("uses filter {}; deflate (1), shuffle (2) and fletcher32 (3) are read", filter)};
    }
    std::uint64_t most = H5Dget_storage_size(dataset);
    if (layout == H5D_CHUNKED) {
      hsize_t chunk[rank_limit];
      const int rank = check(H5Pget_chunk(properties, rank_limit, chunk));
      std::vector<std::int64_t> dims(chunk, chunk + std::clamp(rank, 0, rank_limit));
      const auto one = byte_count(dims, declared / std::max<std::uint64_t>(1, elements(shape)));
      if (!one || *one > std::max<std::uint64_t>(declared, 1) * 64 + (1u << 20))
        throw Refused{"has chunks of " + show(dims) + " for the shape " + show(shape)};
      constexpr std::uint64_t deflate_ratio = 1032;  // the most that deflate can expand
      most = most > limits_.bytes ? most : most * (filters ? deflate_ratio : 1);
    }
    if (declared > most)
      throw Refused{fmt::format("declares the shape {}, {} bytes, but the file stores {}", show(shape), declared,
                                H5Dget_storage_size(dataset))};
  }

  static std::uint64_t elements(const std::vector<std::int64_t>& shape) { return byte_count(shape, 1).value_or(0); }

  void check_checksum(hid_t dataset, const Tensor& tensor) {
    if (check(H5Aexists(dataset, checksum_attribute)) == 0) return;
    const Attribute attribute(H5Aopen(dataset, checksum_attribute, H5P_DEFAULT));
    const Type type(H5Aget_type(attribute));
    const Space space(H5Aget_space(attribute));
    std::uint64_t stored = 0;
    if (H5Sget_simple_extent_type(space) != H5S_SCALAR || !equal(type, H5T_STD_U64LE))
      throw Refused{"has an attribute xxh3 that is no checksum"};
    check(H5Aread(attribute, H5T_NATIVE_UINT64, &stored));
    const std::uint64_t found = xxh3({static_cast<const std::byte*>(tensor.data()), tensor.bytes()});
    if (stored != found)
      throw Refused{fmt::format("its elements have the checksum {:016x}, the file says {:016x}: it is damaged", found, stored)};
  }

  void read_attributes(hid_t object, H5Group& out) {
    struct Names {
      std::vector<std::string> found;
      std::uint64_t left;
    } names{{}, limits_.objects - std::min<std::uint64_t>(objects_, limits_.objects)};
    check(H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, nullptr,
                      [](hid_t, const char* name, const H5A_info_t*, void* data) -> herr_t {
                        auto& names = *static_cast<Names*>(data);
                        names.found.push_back(name);
                        return names.found.size() > names.left;
                      },
                      &names));
    count_objects(names.found.size());
    for (const std::string& name : names.found) {
      try {
        out.attributes[name] = read_attribute(object, name);
      } catch (const Refused& refused) {
        throw Refused{"attribute " + name + ": " + refused.why};
      }
    }
  }

  H5Attribute read_attribute(hid_t object, const std::string& name) {
    const Attribute attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT));
    const Type type(H5Aget_type(attribute));
    const Space space(H5Aget_space(attribute));
    if (H5Sget_simple_extent_type(space) == H5S_NULL) return H5Unreadable{"is empty"};
    const std::vector<std::int64_t> shape = shape_of(space);
    const auto size = byte_count(shape, H5Tget_size(type));
    if (!size || *size > (1u << 24)) throw Refused{"declares the shape " + show(shape) + ", too large for an attribute"};
    if (H5Tget_class(type) == H5T_STRING) return read_strings(attribute, type, space, shape);
    try {
      const Reading reading = reading_of(type, false);
      const auto needed = byte_count(shape, size_of(reading.dtype));
      take(needed.value_or(*size), "the attribute");
      Tensor tensor(reading.dtype, shape);
      if (tensor.elements() > 0) check(H5Aread(attribute, reading.memory, tensor.data()));
      finish(tensor, reading);
      return tensor;
    } catch (const Refused& refused) {
      return H5Unreadable{refused.why};
    }
  }

  H5Attribute read_strings(hid_t attribute, hid_t type, hid_t space, const std::vector<std::int64_t>& shape) {
    if (shape.size() > 1) return H5Unreadable{"is a table of strings of shape " + show(shape)};
    const std::size_t count = elements(shape);
    std::vector<std::string> strings;
    if (check(H5Tis_variable_str(type)) > 0) {
      std::vector<char*> pointers(count, nullptr);
      check(H5Aread(attribute, type, pointers.data()));
      for (const char* p : pointers) strings.emplace_back(p ? p : "");
      check(H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers.data()));
    } else {
      const std::size_t width = H5Tget_size(type);
      std::string all(count * width, '\0');
      check(H5Aread(attribute, type, all.data()));
      const bool spaces = H5Tget_strpad(type) == H5T_STR_SPACEPAD;
      for (std::size_t i = 0; i < count; ++i) {
        std::string s = all.substr(i * width, width);
        s.resize(std::min(s.size(), s.find('\0')));
        if (spaces) s.resize(s.find_last_not_of(' ') + 1);
        strings.push_back(std::move(s));
      }
    }
    std::uint64_t total = 0;
    for (const std::string& s : strings) total += s.size();
    take(total, "the text");
    if (shape.empty()) return strings.at(0);
    return strings;
  }

  const std::string& name_;
  const H5Limits& limits_;
  std::uint64_t bytes_left_;
  std::uint64_t objects_ = 0;
  std::set<haddr_t> groups_;
};

// Lends the image to the library without a copy. It is opened for reading only.
Properties access_to(ByteView& image) {
  Properties access(H5Pcreate(H5P_FILE_ACCESS));
  check(H5Pset_fapl_core(access, 1u << 16, false));
  H5FD_file_image_callbacks_t callbacks{};
  callbacks.image_malloc = [](std::size_t, H5FD_file_image_op_t, void* view) -> void* {
    return const_cast<std::byte*>(static_cast<ByteView*>(view)->data());
  };
  callbacks.image_memcpy = [](void* to, const void*, std::size_t, H5FD_file_image_op_t, void*) { return to; };
  callbacks.image_realloc = [](void*, std::size_t, H5FD_file_image_op_t, void*) -> void* { return nullptr; };
  callbacks.image_free = [](void*, H5FD_file_image_op_t, void*) -> herr_t { return 0; };
  callbacks.udata_copy = [](void* view) { return view; };
  callbacks.udata_free = [](void*) -> herr_t { return 0; };
  callbacks.udata = &image;
  check(H5Pset_file_image_callbacks(access, &callbacks));
  check(H5Pset_file_image(access, const_cast<std::byte*>(image.data()), image.size()));
  return access;
}

Bytes encode(const H5Group& root) {
  prepare_library();
  try {
    const Properties access(H5Pcreate(H5P_FILE_ACCESS));
    check(H5Pset_fapl_core(access, 1u << 20, false));  // no backing store
    const Properties create(H5Pcreate(H5P_FILE_CREATE));
    check(H5Pset_obj_track_times(create, false));
    const File file(H5Fcreate(impossible_name, H5F_ACC_TRUNC, create, access));
    const WriteProperties properties;
    write_group(Group(H5Gopen2(file, "/", H5P_DEFAULT)), root, properties);
    check(H5Fflush(file, H5F_SCOPE_GLOBAL));
    Bytes image(static_cast<std::size_t>(check(H5Fget_file_image(file, nullptr, 0))));
    check(H5Fget_file_image(file, image.data(), image.size()));
    return image;
  } catch (const Refused& refused) {
    throw Error(ErrorKind::runtime, "an HDF5 file cannot be made: " + refused.why);
  }
}

H5Group decode(ByteView image, const std::string& name, const H5Limits& limits) {
  prepare_library();
  Reader reader(name, limits);
  try {
    const Properties access = access_to(image);
    const File file(H5Fopen(impossible_name, H5F_ACC_RDONLY, access));
    return reader.read(file);
  } catch (const Refused& refused) {
    throw Error(ErrorKind::data, fmt::format("{}: is not a whole HDF5 file: {}", name, refused.why), "use another copy");
  }
}

}  // namespace

const Hdf5Images strata_hdf5{encode, decode};

}  // namespace strata
