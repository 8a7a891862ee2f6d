#include "cli/program.h"

namespace strata {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(Report, OnePageAboutARun) {
  const Workplace w;
  ASSERT_EQ(w.run({"train", "mlp.yaml", "--run-dir", "r", "--quiet"}).code, 0);
  const Finished f = w.run({"report", "r"});
  ASSERT_EQ(f.code, 0) << f.err;
  EXPECT_THAT(f.out, HasSubstr("r/report.html\n"));
  EXPECT_EQ(f.err, "");
  const std::string page = w.read("r/report.html");
  EXPECT_THAT(page, AllOf(HasSubstr("<h1>mlp</h1>"), HasSubstr(">Confusion matrix</h2>"), HasSubstr(">Best</th>"), HasSubstr("200 rows (data.test), predicted by best.keras"),
                          HasSubstr("<td class=\"short\">batch_normalization</td>"), HasSubstr("learning_rate: 0.01"), HasSubstr(">device</td>")));
  for (const char* outside : {"<script", "http:", "https:", "<link"}) EXPECT_THAT(page, Not(HasSubstr(outside)));
  // What evaluate says stands in the results.
  const double loss = w.run({"evaluate", "r", "--json"}).json()["loss"];
  EXPECT_THAT(page, HasSubstr(std::to_string(loss).substr(0, 5)));
  // The same again: the same bytes; --out and --json.
  const Finished json = w.run({"report", "r", "--out", "pages/one.html", "--json"});
  EXPECT_EQ(json.json()["report"], "pages/one.html");
  EXPECT_EQ(w.read("pages/one.html"), page);
}

TEST(Report, RowsThatValidationSplitKeepsBackWillDo) {
  const Workplace w;
  std::string spec = w.read("mlp.yaml");
  const std::string test = ", test: {x: x.npy, y: y.npy}";
  spec.erase(spec.find(test), test.size());
  w.text("kept.yaml", spec);
  ASSERT_EQ(w.run({"train", "kept.yaml", "--run-dir", "r", "--quiet"}).code, 0);
  ASSERT_EQ(w.run({"report", "r"}).code, 0);
  EXPECT_THAT(w.read("r/report.html"), HasSubstr("40 rows (what fit.validation_split keeps back of data.train)"));
}

TEST(Report, ARunWithoutValidationOrTestSaysSo) {
  const Workplace w;
  w.text("plain.yaml", "model:\n  - Input: {shape: [6]}\n  - Dense: {units: 1}\ncompile: {optimizer: adam, loss: mse}\ndata: {train: {x: x.npy, y: y.npy}}\nfit: {epochs: 1}\n");
  ASSERT_EQ(w.run({"train", "plain.yaml", "--run-dir", "r", "--quiet"}).code, 0);
  const Finished f = w.run({"report", "r"});
  EXPECT_EQ(f.code, 0);
  EXPECT_THAT(f.err, HasSubstr("names no rows but those it was trained on"));
  const std::string page = w.read("r/report.html");
  EXPECT_THAT(page, AllOf(HasSubstr("names no rows but those it was trained on"), HasSubstr(">loss</text>"), Not(HasSubstr(">Best</th>"))));
  // Rows on the command line.
  ASSERT_EQ(w.run({"report", "r", "--x", "x.npy", "--y", "y.npy"}).code, 0);
  EXPECT_THAT(w.read("r/report.html"), AllOf(HasSubstr("200 rows (the rows of --x)"), HasSubstr("Absolute error"), HasSubstr("predictions against truth")));
}

TEST(Report, DataThatIsGoneIsSaidInItsSection) {
  const Workplace w;
  ASSERT_EQ(w.run({"train", "mlp.yaml", "--run-dir", "r", "--quiet"}).code, 0);
  std::filesystem::remove(w / "x.npy");
  const Finished f = w.run({"report", "r"});
  EXPECT_EQ(f.code, 0);
  EXPECT_THAT(f.err, HasSubstr("x.npy: there is no such file"));
  EXPECT_THAT(w.read("r/report.html"), AllOf(HasSubstr("x.npy: there is no such file"), HasSubstr(">Layers</h2>")));
}

TEST(Report, PicturesAreDrawn) {
  const Workplace w;
  w.text("pixels.yaml", R"(name: <script>alert(1)</script>
model:
  - Input: {shape: [6]}
  - Dense: {units: 16}
  - Reshape: {target_shape: [4, 4, 1]}
  - Flatten
  - Dense: {units: 3, activation: softmax, name: "a<b"}
compile: {optimizer: adam, loss: sparse_categorical_crossentropy}
data: {train: {x: x.npy, y: y.npy}, test: {x: x.npy, y: y.npy}}
)");
  ASSERT_EQ(w.run({"train", "pixels.yaml", "--run-dir", "rows", "--quiet"}).code, 0);
  ASSERT_EQ(w.run({"report", "rows"}).code, 0);
  EXPECT_THAT(w.read("rows/report.html"), AllOf(Not(HasSubstr("<img")), HasSubstr("input_layer[0]"), HasSubstr("a&lt;b"), Not(HasSubstr("<script"))));

  Tensor x(DType::uint8, {30, 64}), y(DType::int64, {30});
  for (std::int64_t i = 0; i < x.elements(); ++i) x.set(i, static_cast<double>((i * 37) % 256));
  for (std::int64_t i = 0; i < 30; ++i) y.set(i, static_cast<double>(i % 2));
  write_atomically(w / "p.npy", write_npy(x));
  write_atomically(w / "l.npy", write_npy(y));
  w.text("grey.yaml", R"(model:
  - Input: {shape: [64]}
  - Rescaling: {scale: 0.004}
  - Reshape: {target_shape: [8, 8, 1]}
  - Flatten
  - Dense: {units: 1, activation: sigmoid}
compile: {optimizer: adam, loss: binary_crossentropy}
data: {train: {x: p.npy, y: l.npy}, test: {x: p.npy, y: l.npy}}
)");
  ASSERT_EQ(w.run({"train", "grey.yaml", "--run-dir", "pictures", "--quiet"}).code, 0);
  const Finished f = w.run({"report", "pictures"});
  ASSERT_EQ(f.code, 0) << f.err;
  EXPECT_THAT(w.read("pictures/report.html"), HasSubstr("<img src=\"data:image/png;base64,iVBORw0KGgo"));
}

TEST(Report, SeveralInputsAndOutputsAndAModelInside) {
  const Workplace w;
  w.text("towers.yaml", R"(name: towers
model:
  inputs: {a: {shape: [6]}, b: {shape: [6]}}
  layers:
    - Dense: {name: first, units: 6, inputs: a}
    - Model:
        name: encoder
        inputs: {h: {shape: [6]}}
        layers:
          - Dense: {name: wide, units: 8, activation: relu, inputs: h}
          - Dense: {name: narrow, units: 4}
        outputs: narrow
    - Dense: {name: other, units: 4, inputs: b}
    - Add: {name: sum, inputs: [encoder, other]}
    - Dense: {name: label, units: 3, activation: softmax, inputs: sum}
    - Dense: {name: size, units: 1, inputs: sum}
  outputs: [label, size]
compile: {optimizer: adam, loss: {label: sparse_categorical_crossentropy, size: mse}, metrics: {label: [accuracy]}}
data: {train: {x: {a: x.npy, b: x.npy}, y: {label: y.npy, size: y.npy}}}
fit: {epochs: 2, validation_split: 0.2}
)");
  const Finished t = w.run({"train", "towers.yaml", "--run-dir", "r", "--quiet"});
  ASSERT_EQ(t.code, 0) << t.err;
  const Finished f = w.run({"report", "r"});
  ASSERT_EQ(f.code, 0) << f.err;
  EXPECT_THAT(w.read("r/report.html"), AllOf(HasSubstr("Output label"), HasSubstr("Output size"), HasSubstr("Inside encoder"), HasSubstr("encoder/narrow"), HasSubstr("Functional of 3 layers")));
}

TEST(Report, WhatIsNoRunExitsWithTwo) {
  const Workplace w;
  Finished f = w.run({"report", "nowhere"});
  EXPECT_EQ(f.code, 2);
  EXPECT_THAT(f.err, HasSubstr("nowhere: there is no such run directory"));
  std::filesystem::create_directory(w / "empty");
  EXPECT_EQ(w.run({"report", "empty"}).code, 2);
  EXPECT_EQ(w.run({"report"}).code, 2);
  EXPECT_EQ(w.run({"plot", "nowhere", "--json"}).code, 2);
  // A run that has not ended an epoch: the page says so, a plot has nothing to draw.
  std::filesystem::create_directory(w / "begun");
  w.text("begun/spec.yaml", w.read("mlp.yaml"));
  f = w.run({"report", "begun"});
  EXPECT_EQ(f.code, 0);
  EXPECT_THAT(w.read("begun/report.html"), AllOf(HasSubstr("No epoch of this run has ended yet."), HasSubstr("has saved no model yet"), HasSubstr("batch_normalization")));
  EXPECT_EQ(w.run({"plot", "begun"}).code, 2);
  w.text("begun/metrics.jsonl", "{\n");
  EXPECT_EQ(w.run({"report", "begun"}).code, 3);
  EXPECT_EQ(w.run({"plot", "begun"}).code, 3);
}

TEST(Plot, RunsLieOverEachOther) {
  const Workplace w;
  ASSERT_EQ(w.run({"train", "mlp.yaml", "--run-dir", "one", "--quiet"}).code, 0);
  ASSERT_EQ(w.run({"train", "mlp.yaml", "--run-dir", "two", "--quiet", "--epochs", "1", "--seed", "3"}).code, 0);
  Finished f = w.run({"plot", "one"});
  ASSERT_EQ(f.code, 0) << f.err;
  EXPECT_EQ(f.out, "curves.svg\n");
  EXPECT_THAT(w.read("curves.svg"), AllOf(testing::StartsWith("<svg xmlns="), HasSubstr(">loss</text>"), HasSubstr(">accuracy</text>"), HasSubstr(">validation</text>")));
  f = w.run({"plot", "one", "two", "--metric", "accuracy", "--out", "p/a.svg", "--json"});
  ASSERT_EQ(f.code, 0) << f.err;
  EXPECT_EQ(f.json()["plot"], "p/a.svg");
  EXPECT_THAT(w.read("p/a.svg"), AllOf(HasSubstr(">one</text>"), HasSubstr(">two</text>"), Not(HasSubstr(">loss</text>"))));
  f = w.run({"plot", "one", "--out", "-"});
  EXPECT_EQ(f.out, w.read("curves.svg"));
  f = w.run({"plot", "one", "--metric", "acuracy"});
  EXPECT_EQ(f.code, 2);
  EXPECT_THAT(f.err, HasSubstr("did you mean 'accuracy'?"));
  EXPECT_EQ(w.run({"plot", "one", "--scale", "log", "--out", "l.svg"}).code, 0);
  EXPECT_THAT(w.read("l.svg"), HasSubstr("loss (logarithmic)"));
}

}  // namespace
}  // namespace strata
