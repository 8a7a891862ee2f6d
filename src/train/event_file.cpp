#include <strata/callbacks/event_file.h>

#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <strata/error.h>

namespace strata {
namespace {

// Castagnoli's polynomial, bits reversed.
constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0x82f63b78u : 0);
    table[i] = crc;
  }
  return table;
}

template <class T>
std::string little_endian(T value) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    bytes.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xff));
  return bytes;
}

std::string masked_crc(std::string_view bytes) { return little_endian(std::rotr(crc32c(bytes), 15) + 0xa282ead8u); }

// --- protocol buffers --------------------------------------------------------------------------------------------------
enum Wire { varint_wire = 0, fixed64_wire = 1, length_wire = 2 };

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
  bytes.push_back(static_cast<char>(value));
  return bytes;
}
std::string key(int field, Wire wire) { return varint(static_cast<std::uint64_t>(field) << 3 | wire); }
// A field of its default value is not written.
std::string integer(int field, std::int64_t value) {
  return value == 0 ? "" : key(field, varint_wire) + varint(static_cast<std::uint64_t>(value));
}
std::string fixed64(int field, double value) {
  return key(field, fixed64_wire) + little_endian(std::bit_cast<std::uint64_t>(value));
}
std::string text(int field, std::string_view value) {
  return key(field, length_wire) + varint(value.size()) + std::string(value);
}

// Summary.Value (tensorflow/core/framework/summary.proto): tag 1, tensor 8, metadata 9 with plugin_data 1.
std::string summary_event(double time, std::int64_t step, std::string_view tag, std::string_view tensor,
                          std::string_view plugin) {
  const std::string value = text(1, tag) + text(8, tensor) + text(9, text(1, plugin));
  return fixed64(1, time) + integer(2, step) + text(5, text(1, value));
}

// TensorProto: dtype 1, tensor_shape 2, tensor_content 4, string_val 8. A scalar has an empty shape.
enum TensorDType { dtype_float = 1, dtype_string = 7 };

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  static constexpr std::array<std::uint32_t, 256> table = crc_table();
  std::uint32_t crc = ~0u;
  for (const char c : bytes) crc = (crc >> 8) ^ table[(crc ^ static_cast<unsigned char>(c)) & 0xff];
  return ~crc;
}

std::string event_record(std::string_view payload) {
  const std::string length = little_endian(std::uint64_t{payload.size()});
  return length + masked_crc(length) + std::string(payload) + masked_crc(payload);
}

std::string version_event(double time) { return fixed64(1, time) + text(3, "brain.Event:2"); }

std::string scalar_event(double time, std::int64_t step, std::string_view tag, double value) {
  const std::string content = little_endian(std::bit_cast<std::uint32_t>(static_cast<float>(value)));
  return summary_event(time, step, tag, integer(1, dtype_float) + text(2, "") + text(4, content), text(1, "scalars"));
}

std::string keras_model_event(double time, std::int64_t step, std::string_view tag, std::string_view json) {
  return summary_event(time, step, tag, integer(1, dtype_string) + text(2, "") + text(8, json),
                       text(1, "graph_keras_model") + text(2, "1"));
}

double wall_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void EventFile::append(std::string_view event) {
  std::string records;
  if (path_.empty()) {
    static std::atomic<int> number = 0;
    char host[256] = "host";
    gethostname(host, sizeof host - 1);
    std::filesystem::create_directories(folder_);
    path_ = folder_ + "/events.out.tfevents." + std::to_string(static_cast<std::int64_t>(wall_time())) + "." + host +
            "." + std::to_string(getpid()) + "." + std::to_string(number++) + ".v2";
    records = event_record(version_event(wall_time()));
  }
  records += event_record(event);
  std::ofstream file(path_, std::ios::binary | std::ios::app);
  file.write(records.data(), static_cast<std::streamsize>(records.size()));
  file.flush();
  if (!file) throw Error(ErrorKind::runtime, "TensorBoard cannot write '" + path_ + "'");
  bytes_ += static_cast<std::int64_t>(records.size());
}

void EventFile::go_back(const std::string& path, std::int64_t bytes) {
  std::error_code failed;
  const auto size = std::filesystem::file_size(path, failed);
  // A file that is gone or shorter than it was then is not gone on with.
  if (path.empty() || failed || static_cast<std::int64_t>(size) < bytes) return;
  std::filesystem::resize_file(path, static_cast<std::uintmax_t>(bytes));
  path_ = path;
  bytes_ = bytes;
}

}  // namespace strata
