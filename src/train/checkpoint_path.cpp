#include <strata/callbacks/model_checkpoint.h>

#include <fmt/args.h>
#include <fmt/format.h>

namespace strata {

std::string checkpoint_path(const std::string& pattern, int epoch, std::optional<std::int64_t> batch, const Logs& logs) {
  fmt::dynamic_format_arg_store<fmt::format_context> values;
  values.push_back(fmt::arg("epoch", epoch + 1));
  if (batch) values.push_back(fmt::arg("batch", *batch + 1));
  std::string names = batch ? "epoch, batch" : "epoch";
  for (const auto& [name, value] : logs) {
    values.push_back(fmt::arg(name.c_str(), value));
    names += ", " + name;
  }
  try {
    return fmt::vformat(pattern, values);
  } catch (const fmt::format_error& e) {
    throw Error(ErrorKind::spec,
                "the filepath '" + pattern + "' of ModelCheckpoint cannot be filled in: " + e.what(), "it may name " + names);
  }
}

}  // namespace strata
