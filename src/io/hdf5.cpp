#include "src/io/hdf5.h"

#include <cstring>
#include <mutex>

#include <fmt/format.h>
#include <strata/error.h>

#include "src/io/checksum.h"
#include "src/io/hdf5_image.h"
#include "src/io/sandbox.h"
#include "src/plugin/plugin.h"

namespace strata {
namespace {

// "STRATAX3" and the xxh3 of all that stands before it.
constexpr std::string_view seal_word = "STRATAX3";
constexpr std::size_t seal_size = 16;

bool is_sealed(ByteView image) {
  return image.size() > seal_size && as_text(image.subspan(image.size() - seal_size, 8)) == seal_word;
}

bool seal_holds(ByteView image) {
  std::uint64_t stored;
  std::memcpy(&stored, image.data() + image.size() - 8, 8);
  return stored == xxh3(image.first(image.size() - seal_size));
}

const Hdf5Images& hdf5_images() {
  static const void* images = plugin_symbol(
      "hdf5", "strata_hdf5", "HDF5 files need it; it needs libhdf5 (Debian and Ubuntu: apt-get install libhdf5-dev)");
  return *static_cast<const Hdf5Images*>(images);
}

std::mutex library_mutex;

// The plug-in, opened, with one caller at a time (the HDF5 library has a global lock anyway), so that a child process can be
// forked while nobody is inside it.
class Library {
 public:
  const Hdf5Images* operator->() const { return &images_; }

 private:
  std::lock_guard<std::mutex> lock_{library_mutex};
  const Hdf5Images& images_ = hdf5_images();
};

std::string_view next_part(std::string_view& path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  const std::string_view part = path.substr(0, path.find('/'));
  path.remove_prefix(part.size());
  return part;
}

// ---- the tree through a pipe ----

enum Kind : std::uint64_t { text_kind, list_kind, tensor_kind, unreadable_kind };

void send(SandboxWriter& out, const Tensor& tensor) {
  out.number(static_cast<std::uint64_t>(tensor.dtype()));
  out.number(static_cast<std::uint64_t>(tensor.rank()));
  for (const std::int64_t d : tensor.shape()) out.number(static_cast<std::uint64_t>(d));
  out.bytes({static_cast<const std::byte*>(tensor.data()), tensor.bytes()});
}

void send(SandboxWriter& out, const H5Group& group) {
  out.number(group.attributes.size());
  for (const auto& [name, value] : group.attributes) {
    out.text(name);
    out.number(value.index());
    if (const auto* text = std::get_if<std::string>(&value)) out.text(*text);
    if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
      out.number(list->size());
      for (const std::string& s : *list) out.text(s);
    }
    if (const auto* tensor = std::get_if<Tensor>(&value)) send(out, *tensor);
    if (const auto* unreadable = std::get_if<H5Unreadable>(&value)) out.text(unreadable->why);
  }
  out.number(group.datasets.size());
  for (const auto& [name, tensor] : group.datasets) out.text(name), send(out, tensor);
  out.number(group.groups.size());
  for (const auto& [name, child] : group.groups) out.text(name), send(out, child);
}

// The child may be anything by now, so each number is checked as if it came from the file.
class Receiver {
 public:
  Receiver(SandboxReader& in, const std::string& name) : in_(in), name_(name) {}

  H5Group group(int depth) {
    if (depth < 0) refuse();
    H5Group out;
    for (std::uint64_t i = count(); i > 0; --i) {
      std::string name = in_.text();
      out.attributes[std::move(name)] = attribute();
    }
    for (std::uint64_t i = count(); i > 0; --i) {
      std::string name = in_.text();
      out.datasets[std::move(name)] = tensor();
    }
    for (std::uint64_t i = count(); i > 0; --i) {
      std::string name = in_.text();
      out.groups[std::move(name)] = group(depth - 1);
    }
    return out;
  }

 private:
  [[noreturn]] void refuse() {
    throw Error(ErrorKind::data, name_ + ": the process that reads it sent nonsense", "use another copy of the file");
  }

  std::uint64_t count() {
    const std::uint64_t n = in_.number();
    in_.take(n);  // each costs at least a byte
    return n;
  }

  H5Attribute attribute() {
    switch (in_.number()) {
      case text_kind: return in_.text();
      case list_kind: {
        std::vector<std::string> list;
        for (std::uint64_t i = count(); i > 0; --i) list.push_back(in_.text());
        return list;
      }
      case tensor_kind: return tensor();
      case unreadable_kind: return H5Unreadable{in_.text()};
      default: refuse();
    }
  }

  Tensor tensor() {
    const std::uint64_t dtype = in_.number(), rank = in_.number();
    if (dtype > static_cast<std::uint64_t>(DType::boolean) || rank > 8) refuse();
    std::vector<std::int64_t> shape;
    for (std::uint64_t i = 0; i < rank; ++i) shape.push_back(static_cast<std::int64_t>(in_.number()));
    const auto size = byte_count(shape, size_of(static_cast<DType>(dtype)));
    if (!size) refuse();
    in_.take(*size);
    Tensor tensor(static_cast<DType>(dtype), std::move(shape));
    in_.bytes({static_cast<std::byte*>(tensor.data()), tensor.bytes()});
    return tensor;
  }

  SandboxReader& in_;
  const std::string& name_;
};

}  // namespace

H5Group& H5Group::make_group(std::string_view path) {
  H5Group* here = this;
  for (std::string_view part = next_part(path); !part.empty(); part = next_part(path))
    here = &here->groups[std::string(part)];
  return *here;
}

const H5Group* H5Group::find_group(std::string_view path) const {
  const H5Group* here = this;
  for (std::string_view part = next_part(path); !part.empty(); part = next_part(path)) {
    const auto found = here->groups.find(part);
    if (found == here->groups.end()) return nullptr;
    here = &found->second;
  }
  return here;
}

const Tensor* H5Group::find_dataset(std::string_view path) const {
  const std::size_t slash = path.rfind('/');
  const H5Group* group = slash == path.npos ? this : find_group(path.substr(0, slash));
  if (!group) return nullptr;
  const auto found = group->datasets.find(slash == path.npos ? path : path.substr(slash + 1));
  return found == group->datasets.end() ? nullptr : &found->second;
}

const std::string* H5Group::text(std::string_view name) const {
  const auto found = attributes.find(name);
  if (found == attributes.end()) return nullptr;
  if (const auto* text = std::get_if<std::string>(&found->second)) return text;
  const auto* unreadable = std::get_if<H5Unreadable>(&found->second);
  throw Error(ErrorKind::data, fmt::format("the attribute {} {}, where a text is expected", name,
                                           unreadable ? unreadable->why : "is a list or a number"));
}

std::optional<std::vector<std::string>> H5Group::list(std::string_view name) const {
  const auto part = [&](std::string_view key) -> std::optional<std::vector<std::string>> {
    const auto found = attributes.find(key);
    if (found == attributes.end()) return std::nullopt;
    if (const auto* list = std::get_if<std::vector<std::string>>(&found->second)) return *list;
    if (const auto* tensor = std::get_if<Tensor>(&found->second); tensor && tensor->elements() == 0)
      return std::vector<std::string>{};
    const auto* unreadable = std::get_if<H5Unreadable>(&found->second);
    throw Error(ErrorKind::data, fmt::format("the attribute {} {}, where a list of texts is expected", key,
                                             unreadable ? unreadable->why : "is a text or a number"));
  };
  if (auto whole = part(name)) return whole;
  std::optional<std::vector<std::string>> joined;
  for (int i = 0;; ++i) {
    const auto next = part(fmt::format("{}{}", name, i));
    if (!next) return joined;
    if (!joined) joined.emplace();
    joined->insert(joined->end(), next->begin(), next->end());
  }
}

Bytes write_hdf5(const H5Group& root) {
  Bytes image = Library()->encode(root);
  const std::uint64_t hash = xxh3(image);
  const ByteView word = as_bytes(seal_word), digits = std::as_bytes(std::span(&hash, 1));
  image.insert(image.end(), word.begin(), word.end());
  image.insert(image.end(), digits.begin(), digits.end());
  return image;
}

H5Group read_hdf5(ByteView image, const std::string& name, H5Origin origin, const H5Limits& limits) {
  constexpr unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
  if (image.size() < sizeof signature || std::memcmp(image.data(), signature, sizeof signature) != 0)
    throw Error(ErrorKind::data, name + ": is not an HDF5 file (its first bytes are others)");
  const bool sealed = is_sealed(image);
  if (sealed && !seal_holds(image))
    throw Error(ErrorKind::data, name + ": its checksum does not match: the file is damaged", "use another copy");
  if (sealed) image = image.first(image.size() - seal_size);

  const Library library;  // before the fork: a child process can open nothing
  if (sealed && origin == H5Origin::own) return library->decode(image, name, limits);

  H5Group root;
  // Chunk caches and the tree itself come on top of the tensors.
  const SandboxLimits sandbox{.memory = 2 * limits.bytes + 2 * image.size() + (256u << 20),
                              .budget = limits.bytes + 4096 * limits.objects, .seconds = limits.seconds};
  run_sandboxed(
      name, sandbox, [&](SandboxWriter& out) { send(out, library->decode(image, name, limits)); },
      [&](SandboxReader& in) { root = Receiver(in, name).group(limits.depth + 1); });
  return root;
}

}  // namespace strata
