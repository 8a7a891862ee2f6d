// Directories with a manifest that says what they hold, by checksum.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "src/io/bytes.h"

namespace strata {

inline constexpr const char* manifest_name = "MANIFEST";

// The manifest of `files`:
//   strata manifest 1
//   <xxh3> <bytes> <name>      one line per file
//   <xxh3 of the lines above> end
std::string manifest_of(std::span<const NamedBytes> files);

// Writes `files` and their manifest as one directory, atomically.
void write_with_manifest(const std::filesystem::path& directory, std::vector<NamedBytes> files);

// The files that the manifest names, in its order, after size and checksum of each were compared. Nothing parses a byte before
// that. A missing or damaged manifest or file, or more than `limit` bytes together, is an error that names the file.
std::vector<NamedBytes> read_with_manifest(const std::filesystem::path& directory, std::uint64_t limit);

}  // namespace strata
