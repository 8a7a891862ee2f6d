#pragma once

#include <strata/regularizer.h>
#include <strata/ops.h>

namespace strata::regularizers {

struct OrthogonalRegularizer {
  double factor = 0.01;
  std::string mode = "rows";

  static Schema schema() {
    return describe<OrthogonalRegularizer>("OrthogonalRegularizer",
        "factor times the mean absolute cosine between each two rows (or columns) of a matrix.",
        field("factor", &OrthogonalRegularizer::factor, "Factor.", at_least(0)),
        field("mode", &OrthogonalRegularizer::mode, "Vectors that should be orthogonal.", one_of({"rows", "columns"})));
  }
  Value call(Value w) const {
    if (w.rank() != 2)
      throw Error(ErrorKind::spec, "OrthogonalRegularizer needs a matrix, received shape " + w.shape().str());
    const Value vectors = mode == "rows" ? w : transpose(w, {1, 0});
    const Value units = vectors * rsqrt(maximum(sum(square(vectors), Axes{1}, true), 1e-12));
    const Value cosines = absolute(matmul(units, units, false, true));
    const Value n = iota(w, vectors.dim(0), DType::int32);
    const Value others = select(not_equal(expand_dims(n, 0), expand_dims(n, 1)), cosines, 0);
    const double size = static_cast<double>(vectors.dim(0).value());
    return factor * 0.5 * sum(others) / (size * (size - 1) / 2);
  }
};

}  // namespace strata::regularizers
