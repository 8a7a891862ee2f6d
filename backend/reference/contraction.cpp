// matmul: c[..., i, j] = sum over k of a[..., i, k] * b[..., k, j]; leading axes broadcast.
#include <algorithm>

#include "backend/reference/element.h"
#include "backend/reference/kernels.h"
#include "backend/reference/walk.h"

namespace strata::reference {

Definition contraction(const Operation& op) {
  if (op.name != "matmul") return {};
  const ArrayType &a = op.inputs[0], &b = op.inputs[1], &c = op.output;
  if (c.dtype == DType::boolean) return refuse_dtype(op, c.dtype);
  const bool ta = op.attributes.flag("transpose_a"), tb = op.attributes.flag("transpose_b");
  const std::int64_t m = c.dim(-2), n = c.dim(-1), k = a.dim(ta ? -2 : -1);
  const std::int64_t a_row = ta ? 1 : k, a_column = ta ? m : 1, b_row = tb ? 1 : n, b_column = tb ? k : 1;

  // Offsets of the matrices: the leading axes, with the strides of the whole arrays.
  const std::vector<std::int64_t> leading(c.dims.begin(), c.dims.end() - 2);
  const auto matrices = [&](const ArrayType& x) {
    Strides s = broadcast_strides(x.dims, c.dims.size());
    s.resize(leading.size());
    return s;
  };
  const Walk<3> walk{leading, {matrices(a), matrices(b), matrices(c)}};
  return with_element(c.dtype, [&]<class S>(Type<S>) -> Definition {
    return {[=](const Arguments& arguments) {
      walk.each([&](const auto& at) {
        const S *x = arguments.in<S>(0) + at[0], *y = arguments.in<S>(1) + at[1];
        S* z = arguments.out<S>() + at[2];
        for (std::int64_t i = 0; i < m; ++i)
          for (std::int64_t j = 0; j < n; ++j) {
            Sum<S> sum = 0;
            for (std::int64_t l = 0; l < k; ++l)
              sum += static_cast<Sum<S>>(load(x[i * a_row + l * a_column])) * static_cast<Sum<S>>(load(y[l * b_row + j * b_column]));
            z[i * n + j] = store<S>(sum);
          }
      });
    }};
  });
}

}  // namespace strata::reference
