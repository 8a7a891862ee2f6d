// Places, diagnostics, suggestions, and writing what was read.
#include <cmath>
#include <cstring>

#include <gmock/gmock.h>

#include "spec/reading.h"
#include "src/spec/suggest.h"
#include "src/spec/write.h"

namespace strata {
namespace {

std::string piece(const Node& node) {
  return node.source()->text().substr(node.range().begin, node.range().end - node.range().begin);
}

TEST(Positions, YamlCountsCharacters) {
  const Node root = read_text("a.yaml", "né: {ü: 'ö', x: 1}\r\nb:\n  - \"é\" # c\n  - &a two words\n  -\nnull_: *a\nabsent:\nlast: [ 1, 2 ]\n");
  EXPECT_EQ(root.key(0).place(), (Place{1, 1}));
  EXPECT_EQ(piece(root.key(0)), "né");
  EXPECT_EQ(piece(root[0]), "{ü: 'ö', x: 1}");
  EXPECT_EQ(root[0].find("x")->place(), (Place{1, 17}));
  EXPECT_EQ(piece((*root.find("b"))[0]), "\"é\"");
  EXPECT_EQ(piece((*root.find("b"))[1]), "two words");
  EXPECT_EQ((*root.find("b"))[2].place(), (Place{5, 4}));   // behind its dash
  EXPECT_EQ(root.find("absent")->place(), (Place{7, 8}));   // behind its colon, not on the next line
  EXPECT_TRUE(root.find("absent")->is_null());
  EXPECT_EQ(root.find("null_")->place(), (Place{4, 8}));    // where the anchor is
  EXPECT_EQ(piece(*root.find("last")), "[ 1, 2 ]");
}

TEST(Positions, JsonCountsCharacters) {
  const Node root = read_text("a.json", "{\"né\": [1, -2.5e3],\n \"x\": {\"y\": \"a\\\"b\"}, \"z\": null}");
  EXPECT_EQ(root.key(0).place(), (Place{1, 2}));
  EXPECT_EQ(piece(root[0]), "[1, -2.5e3]");
  EXPECT_EQ(root[0][1].place(), (Place{1, 12}));
  EXPECT_EQ(piece(root[0][1]), "-2.5e3");
  EXPECT_EQ(piece(*root[1].find("y")), "\"a\\\"b\"");
  EXPECT_EQ(piece(root), root.source()->text());
  EXPECT_EQ(piece(root[2]), "null");
}

TEST(Scalars, CoreSchema) {
  const Node n = read_text("a.yaml", "[no, on, 1e-3, 0x1F, 0o17, ~, True, -0.0, 'true', +3, .5, 1., 12e03, 1e, a b]");
  using Kind = Node::Kind;
  const Kind kinds[] = {Kind::string, Kind::string,  Kind::number, Kind::integer, Kind::integer, Kind::null,   Kind::boolean, Kind::number,
                        Kind::string, Kind::integer, Kind::number, Kind::number,  Kind::number,  Kind::string, Kind::string};
  for (std::size_t i = 0; i < n.size(); ++i) EXPECT_EQ(n[i].kind(), kinds[i]) << n[i].text();
  EXPECT_EQ(n[3].as_integer(), 31);
  EXPECT_EQ(n[4].as_integer(), 15);
  EXPECT_EQ(n[2].as_number(), 1e-3);
}

TEST(Diagnostics, Golden) {
  const SourceRef source = SourceText::from_text("mnist.yaml", "compile:\n  optimizer:\n    learning_rat: 0.001\n\tname: \"é\"\n");
  Diagnostics d;
  d.warning(source, {44, 46}, "a tab");
  d.error(source, {26, 38}, "unknown argument 'learning_rat' of optimizer Adam", did_you_mean("learning_rat", {"learning_rate", "beta_1"}));
  EXPECT_EQ(d.text(),
            "mnist.yaml:3:5: error: unknown argument 'learning_rat' of optimizer Adam\n"
            "  |\n"
            "3 |     learning_rat: 0.001\n"
            "  |     ^^^^^^^^^^^^ did you mean 'learning_rate'?\n"
            "\n"
            "mnist.yaml:3:23: warning: a tab\n"
            "  |\n"
            "3 |     learning_rat: 0.001\n"
            "  |                       ^\n"
            "\n"
            "1 error, 1 warning");
  EXPECT_EQ(json_of(d.sorted()),
            "{\"errors\":[{\"file\":\"mnist.yaml\",\"line\":3,\"column\":5,\"message\":\"unknown argument 'learning_rat' of optimizer "
            "Adam\",\"hint\":\"did you mean 'learning_rate'?\"}],\"warnings\":[{\"file\":\"mnist.yaml\",\"line\":3,\"column\":23,"
            "\"message\":\"a tab\",\"hint\":null}]}");
}

TEST(Diagnostics, TabsControlCharactersAndLongLines) {
  const SourceRef source = SourceText::from_text("a", "\tx\x1b[1m: é\n" + std::string(300, '-') + "here" + std::string(300, '-'));
  Diagnostics d;
  d.error(source, {8, 10}, "bad \x1b\n\xE2\x80\xAE");
  d.error(source, {311, 315}, "far");
  const std::string text = d.text();
  EXPECT_THAT(text, testing::HasSubstr("a:1:9: error: bad \\x1b\\n\\u202e\n"));
  EXPECT_THAT(text, testing::HasSubstr("1 |     x\\x1b[1m: é\n  |               ^\n"));
  EXPECT_THAT(text, testing::HasSubstr("..." + std::string(40, '-') + "here" + std::string(56, '-') + "...\n"));
  EXPECT_THAT(text, testing::HasSubstr("  | " + std::string(43, ' ') + "^^^^\n"));
}

TEST(Diagnostics, AllErrorsOfOneText) {
  try {
    read_text("a.yaml", "a: 010\nb: !x 1\nb: 2\n<<: 3\nc\n");
    FAIL();
  } catch (const SpecError& e) {
    ASSERT_EQ(e.diagnostics().size(), 5u) << e.what();
    for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(e.diagnostics()[i].place.line, i + 1);
    EXPECT_THAT(e.what(), testing::EndsWith("\n5 errors"));
    EXPECT_EQ(e.kind(), ErrorKind::spec);
  }
}

TEST(Diagnostics, ShowsTwentyThenACount) {
  const SourceRef source = SourceText::from_text("a", std::string(30, 'x'));
  Diagnostics d;
  for (std::size_t i = 0; i < 30; ++i) d.error(source, {29 - i, 30 - i}, "wrong");
  EXPECT_THAT(d.text(), testing::EndsWith("a:1:20: error: wrong\n  |\n1 | " + std::string(30, 'x') + "\n  | " + std::string(19, ' ') +
                                          "^\n\n... and 10 more\n\n30 errors"));
}

TEST(Suggest, SpellingAndSynonyms) {
  const std::vector<std::string> names = {"Conv2D", "Dense", "learning_rate", "batch_size", "epochs", "units", "relu", "Adam"};
  EXPECT_EQ(suggest("Desne", names), "Dense");
  EXPECT_EQ(suggest("conv2d", names), "Conv2D");
  EXPECT_EQ(suggest("lr", names), "learning_rate");
  EXPECT_EQ(suggest("bs", names), "batch_size");
  EXPECT_EQ(suggest("n_epochs", names), "epochs");
  EXPECT_EQ(suggest("hidden_units", names), "units");
  EXPECT_EQ(suggest("rleu", names), "relu");
  EXPECT_EQ(suggest("addam", names), "Adam");
  EXPECT_EQ(suggest("zzzzzz", names), std::nullopt);
  EXPECT_EQ(suggest("x", names), std::nullopt);
  EXPECT_EQ(edit_distance("rleu", "relu"), 1u);
}

TEST(Write, Yaml) {
  Node layer = Node::mapping();
  layer.set("Dense", Node::mapping()).set("units", Node::integer(3));
  layer.find("Dense")->set("rate", Node::number(3));
  layer.find("Dense")->set("name", Node::string("010"));
  Node root = Node::mapping();
  root.set("model", Node::sequence({layer, Node::string("Flatten")}));
  root.set("shape", Node::sequence({Node::integer(28), Node::null()}));
  EXPECT_EQ(write_yaml(root),
            "model:\n  - Dense:\n      units: 3\n      rate: 3.0\n      name: \"010\"\n  - Flatten\nshape: [28, null]\n");
  EXPECT_EQ(write_json(root, -1), "{\"model\": [{\"Dense\": {\"units\": 3, \"rate\": 3.0, \"name\": \"010\"}}, \"Flatten\"], \"shape\": [28, null]}");
}

class RandomTree {
 public:
  explicit RandomTree(std::uint64_t seed) : state_(seed) {}

  Node make(int depth) {
    switch (random(depth > 0 ? 9 : 6)) {
      case 0: return Node::null();
      case 1: return Node::boolean(random(2) == 0);
      case 2: return Node::integer(static_cast<std::int64_t>(bits() * (random(2) ? 1 : 0)) >> random(63));
      case 3: return Node::number(number());
      case 4:
      case 5: return Node::string(text());
      case 6: {
        Node n = Node::sequence();
        for (std::size_t i = random(5); i > 0; --i) n.append(make(depth - 1));
        return n;
      }
      default: {
        Node n = Node::mapping();
        for (std::size_t i = random(5); i > 0; --i) n.set(text(), make(depth - 1));
        return n;
      }
    }
  }

 private:
  std::uint64_t bits() {
    state_ += 0x9E3779B97F4A7C15u;  // splitmix64
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  std::size_t random(std::size_t n) { return bits() % n; }
  double number() {
    for (;;) {
      const std::uint64_t b = bits();
      double value;
      std::memcpy(&value, &b, sizeof value);
      if (std::isfinite(value)) return random(2) ? value : static_cast<double>(random(1000)) / 8;
    }
  }
  std::string text() {
    static const char* const pieces[] = {"a", "B", "1", "0", " ", ":", "#", "-", "\n", "\t", "\"", "'", "\\", "é", "漢", "\x1b", "[", "}", ",",
                                         "&", "*", "!", "~", "null", "true", "1e3", "<<", "? ", "|", "%", ".", "\xC2\x85", "\xE2\x80\xA8", "---", "_"};
    std::string all;
    for (std::size_t i = random(6); i > 0; --i) all += pieces[random(std::size(pieces))];
    if (random(200) == 0) all += std::string(1500, 'k');
    return all;
  }
  std::uint64_t state_;
};

TEST(Write, ReadingBackIsIdentity) {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    const Node tree = Node::sequence({RandomTree(seed).make(5)});
    for (const char* name : {"a.yaml", "a.json"}) {
      const bool json = std::string(name) == "a.json";
      for (const int indent : {-1, 2}) {
        const std::string text = json ? write_json(tree, indent) : write_yaml(tree);
        ASSERT_EQ(first_error(name, text), "no error") << seed << "\n" << text;
        ASSERT_TRUE(read_text(name, text) == tree) << seed << "\n" << text;
      }
    }
    // JSON is YAML.
    ASSERT_TRUE(read_text("a.yaml", write_yaml(tree)) == read_text("a.json", write_json(tree))) << seed;
  }
}

}  // namespace
}  // namespace strata
