// Files that are old or new, never half: whatever stops the process or the disk, a reader finds the former content or
// the whole of the new one.
//
// The order is: a temporary beside the target, all bytes, fsync, rename, fsync of the folder. A failed fsync voids the
// attempt (the kernel may have marked the pages clean: Rebello et al., USENIX ATC 2020), so nothing is synced twice.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "src/io/bytes.h"

namespace strata {

// Replaces or creates `path`. The old file's mode is kept; a symbolic link stays and its target is replaced. On failure the
// temporary is gone and the error says how many bytes were needed and how many are free.
void write_atomically(const std::filesystem::path& path, ByteView bytes);

// Makes `directory` hold exactly `files` in one rename. A directory that stands there already is exchanged with the new one
// and removed afterwards.
void write_directory_atomically(const std::filesystem::path& directory, std::span<const NamedBytes> files);

// Removes from `folder` the temporaries of processes of this machine that no longer run, and says which.
std::vector<std::filesystem::path> remove_stale_temporaries(const std::filesystem::path& folder);

// All bytes of a regular file; one of more than `limit` bytes is an error and is not read.
Bytes read_file(const std::filesystem::path& path, std::uint64_t limit);

}  // namespace strata
