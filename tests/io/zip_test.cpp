#include "src/io/zip.h"

#include <random>

#include "tests/io/files.h"

namespace strata {
namespace {

using testing::HasSubstr;

std::string open_error(const std::string& name) {
  const Bytes bytes = golden(name);
  return error_of([&] { ZipReader(bytes, name); });
}

const std::vector<NamedBytes> members = {
    {"metadata.json", to_bytes("{}")}, {"config.json", to_bytes("{\"a\": 1}")}, {"assets/words.txt", to_bytes("")}};

}  // namespace

TEST(Zip, ReadsWhatItWrote) {
  const Bytes archive = write_zip(members);
  const ZipReader zip(archive, "model.keras");
  EXPECT_EQ(zip.names(), (std::vector<std::string>{"metadata.json", "config.json", "assets/words.txt"}));
  for (const NamedBytes& member : members) EXPECT_EQ(zip.read(member.name, 100), member.bytes);
  EXPECT_EQ(zip.size("config.json"), 8u);
  EXPECT_FALSE(zip.contains("Config.json"));
  EXPECT_THAT(error_of([&] { zip.read("weights", 9); }), HasSubstr("model.keras: has no member 'weights'"));
  EXPECT_THAT(error_of([&] { zip.read("config.json", 7); }), HasSubstr("has 8 bytes, more than the 7 allowed"));
  EXPECT_EQ(write_zip(members), archive) << "equal members are equal bytes";
  EXPECT_TRUE(ZipReader(write_zip({}), "empty").names().empty());
}

TEST(Zip, RefusesHostileArchives) {
  EXPECT_THAT(open_error("hostile_twice.zip"), HasSubstr("two members have the same name"));
  EXPECT_THAT(open_error("hostile_dots.zip"), HasSubstr("leads out of the archive"));
  EXPECT_THAT(open_error("hostile_absolute.zip"), HasSubstr("absolute name"));
  EXPECT_THAT(open_error("hostile_backslash.zip"), HasSubstr("backslash"));
  EXPECT_THAT(open_error("hostile_nul.zip"), HasSubstr("NUL"));
  EXPECT_THAT(open_error("hostile_link.zip"), HasSubstr("symbolic link"));
  EXPECT_THAT(open_error("hostile_method.zip"), HasSubstr("compressed by method 12"));
  EXPECT_THAT(open_error("hostile_encrypted.zip"), HasSubstr("is encrypted"));
  EXPECT_THAT(open_error("kinds.h5"), HasSubstr("is not a zip archive"));
}

TEST(Zip, RefusesToWriteWhatItWouldNotRead) {
  for (const char* name : {"", "../a", "/a", "a\\b"})
    EXPECT_NE(error_of([&] { write_zip(std::vector<NamedBytes>{{name, {}}}); }), "") << name;
  EXPECT_NE(error_of([&] { write_zip(std::vector<NamedBytes>{{"a", {}}, {"a", {}}}); }), "");
}

TEST(Zip, TruncatedAnywhereIsAnError) {
  const Bytes archive = write_zip(members);
  for (std::size_t size = 0; size < archive.size(); ++size)
    EXPECT_NE(error_of([&] { ZipReader(ByteView(archive).first(size), "cut.zip"); }), "") << size;
}

TEST(Zip, AFlippedBitIsAnErrorOrEqualData) {
  const Bytes archive = write_zip(members);
  std::mt19937 random(5);
  for (int i = 0; i < 5000; ++i) {
    Bytes damaged = archive;
    damaged[random() % damaged.size()] ^= static_cast<std::byte>(1u << (random() % 8));
    error_of([&] {
      const ZipReader zip(damaged, "flipped.zip");
      for (const NamedBytes& member : members) {
        if (!zip.contains(member.name)) continue;
        EXPECT_EQ(zip.read(member.name, 1000), member.bytes);
      }
    });
  }
}

}  // namespace strata
