#include "src/io/zip_archive.h"

#include <cstring>
#include <set>

#include <fmt/format.h>
#include <zip.h>

#include <strata/error.h>

namespace strata {
namespace {

constexpr std::size_t member_limit = 10'000;

std::string message_of(zip_error_t& error) {
  std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return text;
}

std::uint32_t little(ByteView bytes, std::size_t at, std::size_t width) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < width; ++i) value |= std::to_integer<std::uint32_t>(bytes[at + i]) << (8 * i);
  return value;
}

// libzip hands names out as C strings, which end at a NUL; so the names of the central directory are looked at here.
// (APPNOTE.TXT 4.3.12 and 4.3.16; a zip64 directory has its own record and no archive of ours needs one.)
bool has_nul_in_a_name(ByteView archive) {
  constexpr std::size_t end_size = 22, header_size = 46;
  if (archive.size() < end_size) return false;
  for (std::size_t at = archive.size() - end_size;; --at) {
    if (little(archive, at, 4) == 0x06054b50) {
      std::size_t here = little(archive, at + 16, 4);
      for (std::uint32_t left = little(archive, at + 10, 2); left > 0; --left) {
        if (here > archive.size() || archive.size() - here < header_size || little(archive, here, 4) != 0x02014b50) return false;
        const std::size_t name = little(archive, here + 28, 2);
        if (archive.size() - here - header_size < name) return false;
        if (as_text(archive.subspan(here + header_size, name)).find('\0') != std::string_view::npos) return true;
        here += header_size + name + little(archive, here + 30, 2) + little(archive, here + 32, 2);
      }
      return false;
    }
    if (at == 0 || archive.size() - at > end_size + 0xffff) return false;
  }
}

// Why a member may not have this name, or null.
const char* fault_of_name(std::string_view name) {
  if (name.empty()) return "has an empty name";
  if (name.find('\\') != name.npos) return "has a backslash in its name";
  if (name.front() == '/' || (name.size() > 1 && name[1] == ':')) return "has an absolute name";
  for (std::size_t first = 0; first <= name.size();) {
    const std::size_t last = std::min(name.find('/', first), name.size());
    if (name.substr(first, last - first) == "..") return "leads out of the archive ('..')";
    first = last + 1;
  }
  return nullptr;
}

class Archive : public ZipArchive {
 public:
  Archive(ByteView bytes, std::string name);
  Bytes read(std::size_t i) const override;

 private:
  std::string name_;
  std::unique_ptr<zip_t, void (*)(zip_t*)> zip_{nullptr, zip_discard};
};

Archive::Archive(ByteView bytes, std::string name) : name_(std::move(name)) {
  const auto refuse = [&](const std::string& why) { throw Error(ErrorKind::data, name_ + ": " + why); };
  if (!as_text(bytes).starts_with("PK")) refuse("is not a zip archive (its first bytes are others)");
  if (has_nul_in_a_name(bytes)) refuse("a member has a NUL character in its name");
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  if (!source) refuse("is not read: " + message_of(error));
  zip_.reset(zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error));
  if (!zip_) {
    zip_source_free(source);
    if (zip_error_code_zip(&error) == ZIP_ER_EXISTS) refuse("two members have the same name");
    refuse("is a damaged zip archive: " + message_of(error));
  }
  const auto count = static_cast<zip_uint64_t>(zip_get_num_entries(zip_.get(), 0));
  if (count > member_limit) refuse(fmt::format("has {} members; at most {} are read", count, member_limit));

  std::set<std::string> seen;
  for (zip_uint64_t i = 0; i < count; ++i) {
    zip_stat_t status;
    if (zip_stat_index(zip_.get(), i, ZIP_FL_ENC_RAW, &status) != 0 || !(status.valid & ZIP_STAT_NAME))
      refuse(fmt::format("member {} is damaged", i));
    const std::string member = status.name;
    const std::string subject = fmt::format("member '{}' ", member);
    if (const char* fault = fault_of_name(member)) refuse(subject + fault);
    if (!seen.insert(member).second) refuse("two members have the same name");
    if (!(status.valid & ZIP_STAT_SIZE) || !(status.valid & ZIP_STAT_COMP_METHOD)) refuse(subject + "is damaged");
    if ((status.valid & ZIP_STAT_ENCRYPTION_METHOD) && status.encryption_method != ZIP_EM_NONE) refuse(subject + "is encrypted");
    if (status.comp_method != ZIP_CM_STORE && status.comp_method != ZIP_CM_DEFLATE)
      refuse(subject + fmt::format("is compressed by method {}; stored (0) and deflated (8) are read", status.comp_method));
    zip_uint8_t system = 0;
    zip_uint32_t attributes = 0;
    constexpr zip_uint32_t kind_mask = 0170000, symbolic_link = 0120000;  // the upper half is a Unix mode
    if (zip_file_get_external_attributes(zip_.get(), i, 0, &system, &attributes) == 0 &&
        system == ZIP_OPSYS_UNIX && ((attributes >> 16) & kind_mask) == symbolic_link)
      refuse(subject + "is a symbolic link");
    constexpr std::uint64_t deflate_ratio = 1032;  // the most that deflate can expand
    const std::uint64_t ratio = status.comp_method == ZIP_CM_STORE ? 1 : deflate_ratio;
    if (!(status.valid & ZIP_STAT_COMP_SIZE) || status.comp_size > bytes.size() || status.size / ratio > status.comp_size)
      refuse(subject + fmt::format("states {} bytes, which its {} stored bytes cannot hold", status.size, status.comp_size));
    names.push_back(member);
    sizes.push_back(status.size);
  }
}

Bytes Archive::read(std::size_t i) const {
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorKind::data, fmt::format("{}: member '{}' {}", name_, names[i], why));
  };
  const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(zip_fopen_index(zip_.get(), i, 0), zip_fclose);
  if (!file) refuse(std::string("is not read: ") + zip_strerror(zip_.get()));
  Bytes bytes(sizes[i]);
  std::size_t done = 0;
  while (done < bytes.size()) {
    const zip_int64_t n = zip_fread(file.get(), bytes.data() + done, bytes.size() - done);
    if (n < 0) refuse(std::string("is damaged: ") + zip_file_strerror(file.get()));
    if (n == 0) refuse(fmt::format("is damaged: it ends after {} of {} bytes", done, bytes.size()));
    done += static_cast<std::size_t>(n);
  }
  std::byte more;  // the read that finds the end is the one that compares the CRC
  const zip_int64_t n = zip_fread(file.get(), &more, 1);
  if (n < 0) refuse(std::string("is damaged: ") + zip_file_strerror(file.get()));
  if (n > 0) refuse(fmt::format("holds more than the {} bytes it states", bytes.size()));
  return bytes;
}

Bytes write(std::span<const NamedBytes> members) {
  zip_error_t error;
  zip_error_init(&error);
  const auto fail = [](const std::string& why) { throw Error(ErrorKind::runtime, "a zip archive cannot be made: " + why); };
  const std::unique_ptr<zip_source_t, void (*)(zip_source_t*)> target(zip_source_buffer_create(nullptr, 0, 0, &error),
                                                                      zip_source_free);
  if (!target) fail(message_of(error));
  zip_source_keep(target.get());  // zip_close gives up one hold, `target` the other
  zip_t* zip = zip_open_from_source(target.get(), ZIP_CREATE | ZIP_TRUNCATE, &error);
  if (!zip) {
    zip_source_free(target.get());
    fail(message_of(error));
  }
  const auto fail_and_discard = [&] {
    const std::string why = zip_strerror(zip);
    zip_discard(zip);
    fail(why);
  };
  for (const NamedBytes& member : members) {
    if (const char* fault = fault_of_name(member.name)) {
      zip_discard(zip);
      fail(fmt::format("member '{}' {}", member.name, fault));
    }
    zip_source_t* source = zip_source_buffer(zip, member.bytes.data(), member.bytes.size(), 0);
    if (!source) fail_and_discard();
    const zip_int64_t i = zip_file_add(zip, member.name.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (i < 0) {
      zip_source_free(source);
      fail_and_discard();
    }
    constexpr zip_uint16_t midnight = 0, first_of_january_1980 = (0 << 9) | (1 << 5) | 1;
    if (zip_set_file_compression(zip, static_cast<zip_uint64_t>(i), ZIP_CM_STORE, 0) != 0 ||
        zip_file_set_dostime(zip, static_cast<zip_uint64_t>(i), midnight, first_of_january_1980, 0) != 0)
      fail_and_discard();
  }
  if (members.empty()) {  // libzip deletes an archive without members; this is the empty one: its end record alone
    zip_discard(zip);
    Bytes empty(22);
    std::memcpy(empty.data(), "PK\5\6", 4);
    return empty;
  }
  if (zip_close(zip) != 0) fail_and_discard();

  zip_stat_t status;
  if (zip_source_stat(target.get(), &status) != 0 || zip_source_open(target.get()) != 0)
    fail(zip_error_strerror(zip_source_error(target.get())));
  Bytes bytes(status.size);
  const zip_int64_t n = zip_source_read(target.get(), bytes.data(), bytes.size());
  zip_source_close(target.get());
  if (n != static_cast<zip_int64_t>(bytes.size())) fail("it was not read back whole");
  return bytes;
}

std::unique_ptr<ZipArchive> open(ByteView archive, const std::string& name) { return std::make_unique<Archive>(archive, name); }

}  // namespace

const ZipArchives strata_zip{open, write};

}  // namespace strata
