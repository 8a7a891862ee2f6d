// Compiled kernels on disk. What cannot be read or written is as if it were not there: a kernel can always be compiled again.
#pragma once

#include <optional>
#include <string>

namespace strata::cuda {

// $XDG_CACHE_HOME/strata/cuda or ~/.cache/strata/cuda, made with mode 0700 where it is not there; "" where it is not a folder
// of this user's alone, or there is no home.
std::string kernel_cache_folder();

// The code stored under `key` (all that it was made from). A file holds its key and a checksum, so that neither a collision of
// names nor a damaged file passes.
std::optional<std::string> cached_kernel(const std::string& folder, const std::string& key);
// Written beside and renamed: a reader sees all of it or none.
void cache_kernel(const std::string& folder, const std::string& key, const std::string& code);

}  // namespace strata::cuda
