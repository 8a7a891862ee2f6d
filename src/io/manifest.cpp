#include "src/io/manifest.h"

#include <charconv>

#include <fmt/format.h>

#include <strata/error.h>

#include "src/io/atomic_file.h"
#include "src/io/checksum.h"

namespace strata {
namespace {

constexpr std::string_view first_line = "strata manifest 1\n";
constexpr std::uint64_t manifest_limit = 1u << 20;

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
  throw Error(ErrorKind::data, path.string() + ": " + why, "use another copy; this one is damaged");
}

bool is_file_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find_first_of(std::string_view("/\n\0", 3)) == name.npos;
}

}  // namespace

std::string manifest_of(std::span<const NamedBytes> files) {
  std::string text(first_line);
  for (const NamedBytes& file : files) {
    if (!is_file_name(file.name) || file.name == manifest_name)
      throw Error(ErrorKind::runtime, fmt::format("'{}' cannot be a file beside a manifest", file.name));
    text += fmt::format("{} {} {}\n", xxh3_hex(file.bytes), file.bytes.size(), file.name);
  }
  return text + xxh3_hex(as_bytes(text)) + " end\n";
}

void write_with_manifest(const std::filesystem::path& directory, std::vector<NamedBytes> files) {
  files.push_back({manifest_name, to_bytes(manifest_of(files))});
  write_directory_atomically(directory, files);
}

std::vector<NamedBytes> read_with_manifest(const std::filesystem::path& directory, std::uint64_t limit) {
  const std::filesystem::path path = directory / manifest_name;
  const Bytes bytes = read_file(path, manifest_limit);
  const std::string_view text = as_text(bytes);
  constexpr std::size_t last_line = 16 + 5;  // digits, " end\n"
  if (!text.starts_with(first_line)) refuse(path, "is no manifest of this version (its first line is not 'strata manifest 1')");
  if (text.size() < first_line.size() + last_line || !text.ends_with(" end\n") ||
      text.substr(text.size() - last_line, 16) != xxh3_hex(as_bytes(text.substr(0, text.size() - last_line))))
    refuse(path, "its own checksum does not match");

  std::vector<NamedBytes> files;
  std::uint64_t left = limit;
  std::string_view rest = text.substr(first_line.size(), text.size() - first_line.size() - last_line);
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(line.data() + std::min<std::size_t>(17, line.size()),
                                              line.data() + line.size(), size);
    const std::string_view name(end, static_cast<std::size_t>(line.data() + line.size() - end));
    if (error != std::errc() || line.size() < 20 || line[16] != ' ' || !name.starts_with(' ') || !is_file_name(name.substr(1)))
      refuse(path, fmt::format("the line '{}' is not '<xxh3> <bytes> <name>'", line));
    NamedBytes file{std::string(name.substr(1)), {}};
    file.bytes = read_file(directory / file.name, left);
    left -= file.bytes.size();
    if (file.bytes.size() != size)
      refuse(directory / file.name, fmt::format("has {} bytes, the manifest says {}", file.bytes.size(), size));
    if (const std::string found = xxh3_hex(file.bytes); found != line.substr(0, 16))
      refuse(directory / file.name, fmt::format("its checksum is {}, the manifest says {}", found, line.substr(0, 16)));
    files.push_back(std::move(file));
  }
  return files;
}

}  // namespace strata
