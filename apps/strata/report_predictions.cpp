#include "apps/strata/report_predictions.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <strata/error.h>
#include "apps/strata/model_view.h"
#include "src/files/spec_data.h"
#include "src/io/image.h"
#include "src/model/model_state.h"
#include "src/report/assessment.h"
#include "src/report/markup.h"
#include "src/report/scatter_chart.h"

namespace strata {
namespace {

constexpr std::size_t most_pictures = 24, most_rows = 20, most_points = 1500, most_columns = 8;

// --- what an output predicts --------------------------------------------------------------------------------------------

const Loss* loss_of(const ModelState& state, std::size_t output) {
  if (!state.compiled) return nullptr;
  const PerOutput<Loss>& loss = state.compiled->loss;
  const Loss* found = nullptr;
  if (loss.single()) found = &loss.entries()[0];
  else if (output < loss.entries().size()) found = &loss.entries()[output];
  for (const auto& [name, value] : loss.by_name())
    if (name == state.graph.output_names()[output]) found = &value;
  return found && *found ? found : nullptr;
}

TargetKind kind_of(const ModelState& state, std::size_t output, const Tensor& prediction, const std::vector<std::string>& classes) {
  TargetKind kind;
  const Loss* loss = loss_of(state, output);
  if (!loss || loss->name().find("Crossentropy") == std::string::npos) return kind;
  const bool binary = loss->name().starts_with("Binary"), one = prediction.rank() < 2 || prediction.dim(-1) == 1;
  kind.target = !binary ? Target::classes : one ? Target::binary : Target::labels;
  if (const Config logits = loss->argument("from_logits"); const bool* yes = logits.as<bool>()) kind.from_logits = *yes;
  kind.classes = classes;
  return kind;
}

// --- inputs as pictures -------------------------------------------------------------------------------------------------

struct PictureForm {
  std::size_t input = 0;
  std::int64_t height = 0, width = 0, channels = 0;
  double low = 0, high = 1;  // values of black and white
};

// (height, width, channels) of a row that is a picture: as the input has it, or as the first layers make it by scaling and
// reshaping alone.
std::optional<PictureForm> picture_form(const LayerGraph& graph, const ModelState& state, std::size_t input) {
  const auto as_picture = [&](const Shape& row) -> std::optional<PictureForm> {
    if (row.rank() != 3 || !row.is_known() || row[0] == Dim(-1) || row[1] == Dim(-1)) return {};
    const std::int64_t channels = row[2].number();
    if (row[0].number() < 4 || row[1].number() < 4 || (channels != 1 && channels != 3 && channels != 4)) return {};
    return PictureForm{input, row[0].number(), row[1].number(), channels, 0, 1};
  };
  LayerOutput at = graph.inputs()[input];
  const Shape row = at.call()->input->shape;
  if (const auto form = as_picture(row)) return form;
  for (;;) {
    const LayerCall* next = nullptr;
    for (const auto& call : graph.calls())
      if (!call->inputs.empty() && call->inputs[0] == at) {
        if (next) return {};
        next = call.get();
      }
    if (!next || next->inputs.size() != 1) return {};
    const std::string& type = next->layer.name();
    if (type == "Flatten" && row.rank() == 2 && row.is_known()) return as_picture(Shape{row[0], row[1], 1});
    if (type != "Rescaling" && type != "Normalization" && type != "Reshape") return {};
    const auto shapes = state.output_shapes.find(graph.name(*next));
    if (shapes == state.output_shapes.end() || shapes->second.size() != 1) return {};
    if (const auto form = as_picture(shapes->second[0].slice(1, shapes->second[0].rank()))) return form;
    const auto& calls = graph.calls();
    at = {*std::find_if(calls.begin(), calls.end(), [&](const auto& c) { return c.get() == next; }), 0};
  }
}

// Pixels are in [0, 1], in [0, 255], or between their least and largest value.
void find_brightness(PictureForm& form, const Tensor& x) {
  double low = INFINITY, high = -INFINITY;
  const std::int64_t step = std::max<std::int64_t>(1, x.elements() / 2'000'000);
  for (std::int64_t i = 0; i < x.elements(); i += step)
    if (const double v = x.at(i); std::isfinite(v)) low = std::min(low, v), high = std::max(high, v);
  form.low = low, form.high = high;
  if (low >= 0 && high <= 1) form.low = 0, form.high = 1;
  else if (low >= 0 && high <= 255 && high > 64) form.low = 0, form.high = 255;
  if (!(form.high > form.low)) form.high = form.low + 1;
}

// Large pictures become smaller by whole numbers, each pixel the mean of a square.
std::string picture(const PictureForm& form, const Tensor& x, std::int64_t row) {
  const std::int64_t square = std::max<std::int64_t>(1, (std::max(form.height, form.width) + 127) / 128);
  const std::int64_t height = (form.height + square - 1) / square, width = (form.width + square - 1) / square, channels = form.channels == 1 ? 1 : 3;
  Tensor pixels(DType::uint8, {height, width, channels});
  std::int64_t at = 0;
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t z = 0; z < width; ++z)
      for (std::int64_t c = 0; c < channels; ++c) {
        double sum = 0;
        std::int64_t count = 0;
        for (std::int64_t i = y * square; i < std::min(form.height, (y + 1) * square); ++i)
          for (std::int64_t j = z * square; j < std::min(form.width, (z + 1) * square); ++j, ++count)
            sum += x.at(((row * form.height + i) * form.width + j) * form.channels + c);
        const double share = (sum / static_cast<double>(count) - form.low) / (form.high - form.low);
        pixels.set(at++, std::round(255 * (share > 0 ? std::min(share, 1.0) : 0)));
      }
  return data_uri("image/png", write_png(pixels));
}

// --- what is shown of an output -----------------------------------------------------------------------------------------

std::string percent(double share) { return std::isfinite(share) ? fmt::format("{:.1f} %", 100 * share) : "–"; }
std::string plural(std::int64_t n, const char* what) { return fmt::format("{} {}{}", grouped(n), what, n == 1 ? "" : "s"); }

std::string score_table(const std::vector<ClassScore>& scores, const char* what) {
  PageTable t{{what, "Rows", "Precision", "Recall", "F1"}, {false, true, true, true, true}, {}};
  for (const ClassScore& s : scores) t.rows.push_back({s.name, grouped(s.rows), percent(s.precision()), percent(s.recall()), percent(s.f1())});
  return scrolling("scores by class", table(t));
}

std::string confusion_table(const ConfusionMatrix& m) {
  const std::vector<Confusion> worst = worst_confusions(m, 10);
  if (worst.empty()) return "";
  PageTable t{{"Confused class", "Taken for", "Rows", "Of its class"}, {false, false, true, true}, {}};
  for (const Confusion& c : worst)
    t.rows.push_back({m.classes[c.truth], m.classes[c.predicted], grouped(c.count), percent(static_cast<double>(c.count) / static_cast<double>(m.rows_of(c.truth)))});
  return scrolling("most frequent confusions", table(t));
}

std::string matrix_part(const Assessment& a) {
  std::string s = paragraph(fmt::format("{} of {} are right ({}).", grouped(a.hits), plural(a.places, "prediction"), percent(static_cast<double>(a.hits) / static_cast<double>(a.places))));
  const bool drawn = a.matrix.size() <= most_drawn_classes;
  if (!drawn) s += note(fmt::format("A matrix of {} classes is too large to be drawn.", a.matrix.size()));
  s += "<div class=\"beside\">\n";
  if (drawn) s += scrolling("confusion matrix", svg_element(draw(a.matrix)));
  s += score_table(a.scores, "Class");
  if (a.matrix.size() > 2) s += confusion_table(a.matrix);
  return s + "</div>\n";
}

std::string scatter_part(const Tensor& truth, const Tensor& prediction) {
  const std::int64_t rows = prediction.dim(0);
  if (prediction.elements() != rows || truth.elements() != rows) return note("Predictions of several values a row are not drawn; the worst rows stand below.");
  std::vector<CurvePoint> points;
  const double step = std::max(1.0, static_cast<double>(rows) / most_points);
  for (double r = 0; r < static_cast<double>(rows); r += step) points.push_back({truth.at(static_cast<std::int64_t>(r)), prediction.at(static_cast<std::int64_t>(r))});
  const std::string which = points.size() < static_cast<std::size_t>(rows) ? fmt::format(" ({} of {}, evenly chosen)", grouped(static_cast<std::int64_t>(points.size())), plural(rows, "row")) : "";
  return paragraph(fmt::format("Each point is a row: predicted value against true value{}. On the line they are equal.", which)) + scrolling("predictions against truth", svg_element(draw_scatter(points)));
}

std::string row_name(const HeldOutRows& held_out, std::int64_t row) { return grouped(row + 1 + std::max<std::int64_t>(0, held_out.first_row)); }

std::string worst_pictures(const PictureForm& form, const Tensor& x, const Assessment& a, const TargetKind& kind, const HeldOutRows& held_out) {
  std::vector<PageExample> list;
  for (const AssessedRow& row : a.worst) {
    if (list.size() == most_pictures) break;
    const std::string name = "row\u00a0" + row_name(held_out, row.row);
    PageExample e{picture(form, x, row.row), name, {}};
    if (!row.prediction.empty()) {
      e.lines.push_back(std::isfinite(row.probability) ? fmt::format("{} ({})", row.prediction, percent(row.probability)) : row.prediction);
      e.lines.push_back("true: " + row.truth);
    }
    e.lines.push_back(fmt::format("{} {:.2f}, {}", kind.target == Target::values ? "error" : "loss", row.error, name));
    list.push_back(std::move(e));
  }
  return examples(list);
}

std::string worst_table(const LoadedModel& loaded, const Assessment& a, const TargetKind& kind, const HeldOutRows& held_out) {
  const bool classes = kind.target == Target::classes || kind.target == Target::binary;
  PageTable t{{"Row", kind.target == Target::values ? "Absolute error" : "Cross-entropy"}, {true, true}, {}};
  const bool words = !a.worst.empty() && !(a.worst[0].truth.empty() && a.worst[0].prediction.empty());
  if (words) t.header.insert(t.header.end(), {"Truth", "Prediction"}), t.numbers.insert(t.numbers.end(), 2, kind.target == Target::values);
  if (words && classes) t.header.push_back("Probability"), t.numbers.push_back(true);
  struct Cell { const Tensor* x; std::int64_t at, width; };
  std::vector<Cell> cells;
  const Arrays& x = held_out.rows.data.x;
  const auto& data = loaded.spec.data;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto& [name, column] = x.columns()[i];
    const std::int64_t width = column.dim(0) ? column.elements() / column.dim(0) : 0;
    const std::string input = !name.empty() ? name : i < loaded.model.input_names().size() ? loaded.model.input_names()[i] : "x";
    const bool named = data && data->train && data->train->features && x.size() == 1 && static_cast<std::int64_t>(data->train->features->size()) == width;
    for (std::int64_t k = 0; k < width && cells.size() < most_columns; ++k) {
      cells.push_back({&column, k, width});
      t.header.push_back(named ? (*data->train->features)[static_cast<std::size_t>(k)] : width == 1 ? input : fmt::format("{}[{}]", input, k));
      t.numbers.push_back(column.dtype() != DType::string);
    }
  }
  for (const AssessedRow& row : a.worst) {
    if (t.rows.size() == most_rows) break;
    std::vector<std::string> line{row_name(held_out, row.row), readable(row.error)};
    if (words) line.insert(line.end(), {row.truth, row.prediction});
    if (words && classes) line.push_back(percent(row.probability));
    for (const Cell& c : cells) {
      const std::int64_t at = row.row * c.width + c.at;
      line.push_back(c.x->dtype() == DType::string ? shortened(c.x->values<std::string>()[static_cast<std::size_t>(at)], 160) : readable(c.x->at(at)));
    }
    t.rows.push_back(std::move(line));
  }
  return scrolling("worst-predicted rows", table(t));
}

// The truth of an output among the targets.
const Tensor* truth_of(const Arrays& y, const std::string& output, std::size_t number, std::size_t outputs) {
  if (const Tensor* named = y.find(output)) return named;
  return y.size() == outputs && y.columns()[number].first.empty() ? &y.columns()[number].second : nullptr;
}

}  // namespace

HeldOutRows held_out_rows(const DataChoice& choice, const LoadedModel& loaded, const CommonOptions& common) {
  const auto& data = loaded.spec.data;
  CommonOptions quiet = common;
  quiet.quiet = true;
  if (!choice.x.empty()) return {rows_to_use(choice, loaded, quiet, "report on"), "the rows of --x", 0};
  if (data && (data->test || data->validation)) return {rows_to_use(choice, loaded, quiet, "report on"), data->test ? "data.test" : "data.validation", 0};
  const double split = loaded.spec.fit.empty() ? 0 : loaded.spec.fit.back().validation_split;
  if (!data || !data->train || split <= 0)
    throw Error(ErrorKind::spec, "the run's spec names no rows but those it was trained on: neither data.test nor data.validation nor fit.validation_split",
                fmt::format("name some: strata report {} --x FILE --y FILE", loaded.name));
  Rows all = load_rows(for_inputs(loaded.model, row_source(loaded.spec, *data->train)));
  const std::int64_t rows = all.data.rows();
  Dataset kept = split_rows(all.data, split, data->stratify).second;
  const std::int64_t first = data->stratify ? -1 : rows - kept.rows();
  return {{std::move(kept), std::move(all.classes)}, "what fit.validation_split keeps back of data.train", first};
}

PredictionParts prediction_parts(LoadedModel& loaded, const HeldOutRows& held_out, std::int64_t batch_size) {
  const ModelState& state = loaded.model.state();
  const Dataset& data = held_out.rows.data;
  PredictionParts parts;
  if (data.y.empty()) throw Error(ErrorKind::spec, "there are no targets to compare predictions with", "name them: --y FILE");
  if (state.compiled) parts.logs = loaded.model.evaluate(data, {.batch_size = batch_size});
  const Arrays outputs = loaded.model.predict(data.x, PredictArguments{.batch_size = batch_size});
  std::optional<PictureForm> form;
  const Tensor* pictures = nullptr;
  for (std::size_t i = 0; i < state.graph.inputs().size() && i < data.x.size() && !form; ++i)
    if (state.graph.inputs()[i].call()->input->dtype != DType::string && (form = picture_form(state.graph, state, i))) {
      pictures = data.x.find(loaded.model.input_names()[i]);
      if (!pictures) pictures = &data.x.columns()[i].second;
      find_brightness(*form, *pictures);
    }
  parts.classifies = true;
  for (std::size_t o = 0; o < outputs.size(); ++o) {
    const auto& [name, prediction] = outputs.columns()[o];
    if (outputs.size() > 1) parts.predictions += heading("Output " + name), parts.worst += heading("Output " + name);
    const Tensor* truth = truth_of(data.y, name, o, outputs.size());
    if (!truth) {
      parts.predictions += note("This output has no targets.");
      continue;
    }
    const TargetKind kind = kind_of(state, o, prediction, held_out.rows.classes);
    const Assessment a = assess(*truth, prediction, kind, std::max(most_pictures, most_rows));
    parts.classifies = parts.classifies && a.matrix.size() > 0;
    switch (kind.target) {
      case Target::classes:
      case Target::binary: parts.predictions += matrix_part(a); break;
      case Target::labels: parts.predictions += score_table(a.scores, "Label"); break;
      case Target::values: parts.predictions += scatter_part(*truth, prediction);
    }
    parts.worst += form ? worst_pictures(*form, *pictures, a, kind, held_out) : worst_table(loaded, a, kind, held_out);
  }
  return parts;
}

}  // namespace strata
