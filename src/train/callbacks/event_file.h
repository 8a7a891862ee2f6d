// What TensorBoard reads: files of records, each a protocol buffer, as TensorFlow writes them.
//
// A record (tensorflow/core/lib/io/record_writer.h): length of the payload as 8 bytes, the masked CRC-32C of these, the
// payload, its masked CRC-32C; numbers little-endian. The payload is an Event (tensorflow/core/util/event.proto).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace strata {

std::uint32_t crc32c(std::string_view bytes);
std::string event_record(std::string_view payload);

// Events; `wall_time` is seconds since 1970.
std::string version_event(double wall_time);
std::string scalar_event(double wall_time, std::int64_t step, std::string_view tag, double value);
// The architecture of a model, Keras' JSON, for the tab of graphs.
std::string keras_model_event(double wall_time, std::int64_t step, std::string_view tag, std::string_view json);

double wall_time();

// A file that grows. It is made with the first event.
class EventFile {
 public:
  explicit EventFile(std::string folder = {}) : folder_(std::move(folder)) {}

  bool empty() const { return path_.empty(); }
  void append(std::string_view event);

  // Where it stands, and back there: what was written since goes.
  const std::string& path() const { return path_; }
  std::int64_t bytes() const { return bytes_; }
  void go_back(const std::string& path, std::int64_t bytes);

 private:
  std::string folder_, path_;
  std::int64_t bytes_ = 0;
};

}  // namespace strata
