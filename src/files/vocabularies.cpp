#include "src/files/vocabularies.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include <fmt/format.h>

#include <strata/error.h>
#include "src/files/keras_order.h"

namespace strata {
namespace {

constexpr std::uint64_t max_vocabulary_bytes = std::uint64_t{256} << 20;

std::string member(const std::string& group) { return "assets/" + group + "/vocabulary.txt"; }
bool has_vocabulary(const Layer& layer) { return layer && layer.type().schema.find("vocabulary"); }
std::string line(const Config& token) {
  if (const auto* text = token.as<std::string>()) return *text;
  return fmt::format("{}", *token.as<std::int64_t>());
}

void visit(ModelState& model, const std::string& path, const std::function<void(ModelState&, const LayerGraph::Entry&, const std::string& group)>& f) {
  for (const auto& [layer, group] : layer_groups(model, path)) {
    if (const Nested* nested = layer.layer ? layer.layer.as<Nested>() : nullptr) visit(*nested->model, group, f);
    else if (has_vocabulary(layer.layer)) f(model, layer, group);
  }
}

}  // namespace

bool is_asset(const ModelState& model, const LayerGraph::Entry& layer) {
  const auto learned = model.learned.find(layer.name);
  if (learned == model.learned.end() || !learned->second.count("vocabulary")) return false;
  const Config vocabulary = layer.layer.argument("vocabulary");
  const auto* tokens = vocabulary.as<Config::List>();
  return tokens && std::none_of(tokens->begin(), tokens->end(), [](const Config& token) {
    const auto* text = token.as<std::string>();
    return text && text->find_first_of("\n\r") != text->npos;
  });
}

std::vector<NamedBytes> vocabulary_assets(const Model& model) {
  std::vector<NamedBytes> assets;
  visit(model.state(), "", [&](ModelState& state, const LayerGraph::Entry& e, const std::string& group) {
    if (!is_asset(state, e)) return;
    const Config vocabulary = e.layer.argument("vocabulary");
    std::string text;
    for (const Config& token : *vocabulary.as<Config::List>()) text += (&token == &vocabulary.as<Config::List>()->front() ? "" : "\n") + line(token);
    // TextVectorization keeps a StringLookup, and Keras the vocabulary of both.
    if (e.layer.name() == "TextVectorization") assets.push_back({member(group + "/_lookup_layer"), to_bytes(text)});
    assets.push_back({member(group), to_bytes(text)});
  });
  return assets;
}

Config vocabulary_in(const ZipReader& zip, const std::string& group, bool integers) {
  const std::string name = member(group);
  if (!zip.contains(name)) return {};
  const Bytes bytes = zip.read(name, max_vocabulary_bytes);
  std::string_view text = as_text(bytes);
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  Config::List tokens;
  while (true) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view token = text.substr(0, end);
    if (integers) {
      std::int64_t number = 0;
      const auto [last, error] = std::from_chars(token.data(), token.data() + token.size(), number);
      if (error != std::errc() || last != token.data() + token.size())
        throw Error(ErrorKind::data, fmt::format("{}: line {} is no integer", name, tokens.size() + 1));
      tokens.emplace_back(number);
    } else {
      tokens.emplace_back(std::string(token));
    }
    if (end == text.size()) return tokens;
    text.remove_prefix(end + 1);
  }
}

void read_vocabularies(Model& model, const ZipReader& zip) {
  visit(model.state(), "", [&](ModelState& state, const LayerGraph::Entry& e, const std::string& group) {
    const Config tokens = vocabulary_in(zip, group, e.layer.name() == "IntegerLookup");
    if (!tokens.is_null()) state.learn(e.layer, "vocabulary", tokens);
  });
  model.state().forget_steps();
}

std::optional<Tensor> idf_weights(const Layer& layer) {
  if (!has_vocabulary(layer) || layer.argument("output_mode") != Config("tf_idf")) return std::nullopt;
  const Config given = layer.argument("idf_weights"), vocabulary = layer.argument("vocabulary");
  const auto *weights = given.as<Config::List>(), *tokens = vocabulary.as<Config::List>();
  if (!weights || !tokens) return std::nullopt;
  std::vector<float> all;
  for (const Config& w : *weights) all.push_back(static_cast<float>(w.number()));
  // Unknown tokens come first; where the vocabulary does not name them they weigh the mean of all.
  const Config unknown = layer.argument("num_oov_indices"), oov = layer.argument("oov_token");
  const std::int64_t n = unknown.is_null() ? 1 : *unknown.as<std::int64_t>();
  const bool named = n > 0 && static_cast<std::int64_t>(tokens->size()) >= n &&
                     std::all_of(tokens->begin(), tokens->begin() + n, [&](const Config& t) { return t == (unknown.is_null() ? Config("[UNK]") : oov); });
  if (!named && all.size() == tokens->size())
    all.insert(all.begin(), static_cast<std::size_t>(n), std::accumulate(all.begin(), all.end(), 0.0f) / static_cast<float>(all.size()));
  if (const Config pad = layer.argument("pad_to_max_tokens"), most = layer.argument("max_tokens"); pad == Config(true) && !most.is_null())
    all.resize(static_cast<std::size_t>(*most.as<std::int64_t>()));
  return Tensor::of<float>({static_cast<std::int64_t>(all.size())}, all);
}

void read_idf_weights(Model& model, const H5Group& tree) {
  visit(model.state(), "", [&](ModelState& state, const LayerGraph::Entry& e, const std::string& group) {
    const Tensor* weights = tree.find_dataset(group + "/vars/" + idf_weights_name);
    if (!weights || !state.learned[e.name].count("vocabulary") || e.layer.argument("output_mode") != Config("tf_idf")) return;
    Config::List list;
    for (std::int64_t i = 0; i < weights->elements(); ++i) list.emplace_back(weights->at(i));
    state.learn(e.layer, "idf_weights", list);
  });
}

}  // namespace strata
