// An lstm over (T, N, I): one product for all steps' inputs, then the recurrence over parts of the batch side by side, each
// by one thread from the first step to the last, so that no step waits for another thread. The parts follow from the shape
// alone. Hidden values have the op table's form: gates after their activations, and c of every step.
#include <cstring>

#include <oneapi/dnnl/dnnl.h>

#include "backend/cpu/maker.h"
#include "backend/cpu/parallel.h"
#include "backend/cpu/sgemm.h"

namespace strata::cpu {
namespace {

struct Lstm {
  std::int64_t steps, batch, features, units;
  bool masked;
  std::int64_t part() const { return std::min<std::int64_t>(batch, batch >= 64 ? 32 : 16); }
  std::int64_t parts() const { return batch == 0 ? 0 : (batch + part() - 1) / part(); }
};

std::variant<Lstm, Declined> lstm_of(const Region& region) {
  if (!OwnOrder::fits(region)) return not_alone();
  const RegionOp& op = region.ops[0];
  const ArrayType &x = region.type(op.inputs[0]), &h = region.type(op.inputs[1]);
  if (!is_float32(x)) return Declined{"it is not float32"};
  if (x.dim(0) == 0) return Declined{"it has no steps"};
  return Lstm{x.dim(0), x.dim(1), x.dim(2), h.dim(1), op.attributes->flag("has_mask")};
}

}  // namespace

Answer lstm_onednn(const Region& region, const Machine& machine) {
  auto made = lstm_of(region);
  if (auto* declined = std::get_if<Declined>(&made)) return *declined;
  const Lstm l = std::get<Lstm>(made);
  const OwnOrder own(region);
  return Candidate{.name = "onednn sgemm lstm", .prepare = [=, &tiles = *machine.tiles] {
    return make_kernel([=, &tiles](void* const* inputs, void* const* outputs, void*) {
      const std::int64_t n = l.batch, h = l.units, gates_row = 4 * h;
      const float *h0 = own.in(inputs, 1), *c0 = own.in(inputs, 2), *recurrent = own.in(inputs, 4), *bias = own.in(inputs, 5);
      const std::uint8_t* mask = l.masked ? own.in<std::uint8_t>(inputs, 6) : nullptr;
      float *sequence = own.out(outputs, 0), *gates = own.out(outputs, 3), *cells = own.out(outputs, 4);
      parallel(l.steps * n, l.steps * n * gates_row, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) std::memcpy(gates + i * gates_row, bias, static_cast<std::size_t>(gates_row) * sizeof(float));
      });
      sgemm(false, false, l.steps * n, gates_row, l.features, own.in(inputs, 0), own.in(inputs, 3), 1.0f, gates);
      parallel(l.parts(), l.steps * n * gates_row * 8, [&](std::int64_t begin, std::int64_t end) {
        const OneThread one;
        for (std::int64_t p = begin; p < end; ++p) {
          const std::int64_t first = p * l.part(), rows = std::min(l.part(), n - first);
          const float *h_before = h0 + first * h, *c_before = c0 + first * h;
          for (std::int64_t t = 0; t < l.steps; ++t) {
            const std::int64_t at = t * n + first;
            sgemm_in_one_thread(false, false, rows, gates_row, h, h_before, recurrent, 1.0f, gates + at * gates_row);
            tiles.lstm_step({gates + at * gates_row, c_before, h_before, cells + at * h, sequence + at * h, mask != nullptr ? mask + at : nullptr},
                            rows, h);
            h_before = sequence + at * h;
            c_before = cells + at * h;
          }
        }
      });
      const std::size_t state = static_cast<std::size_t>(n * h) * sizeof(float);
      std::memcpy(own.out(outputs, 1), sequence + (l.steps - 1) * n * h, state);
      std::memcpy(own.out(outputs, 2), cells + (l.steps - 1) * n * h, state);
    });
  }};
}

// Inputs: those of lstm, h of every step, gates, c of every step, the cotangents of h of every step, the last h, the last c.
Answer lstm_gradient_onednn(const Region& region, const Machine& machine) {
  auto made = lstm_of(region);
  if (auto* declined = std::get_if<Declined>(&made)) return *declined;
  const Lstm l = std::get<Lstm>(made);
  const OwnOrder own(region);
  const std::int64_t rows_all = l.steps * l.batch, row = 4 * l.units;
  const Slices slices(rows_all, row);
  const std::size_t dz_bytes = static_cast<std::size_t>(rows_all * row) * sizeof(float);
  const std::size_t transposed_bytes = static_cast<std::size_t>(row * l.units) * sizeof(float);
  const std::size_t partial_bytes = static_cast<std::size_t>(slices.count * row) * sizeof(float);
  return Candidate{
      .name = "onednn sgemm lstm gradient", .scratch_bytes = dz_bytes + transposed_bytes + partial_bytes, .prepare = [=, &tiles = *machine.tiles] {
        return make_kernel([=, &tiles](void* const* inputs, void* const* outputs, void* scratch) {
          const std::int64_t n = l.batch, h = l.units;
          const int base = l.masked ? 7 : 6;
          const float *x = own.in(inputs, 0), *h0 = own.in(inputs, 1), *c0 = own.in(inputs, 2), *kernel = own.in(inputs, 3), *recurrent = own.in(inputs, 4);
          const float *sequence = own.in(inputs, base), *gates = own.in(inputs, base + 1), *cells = own.in(inputs, base + 2), *dsequence = own.in(inputs, base + 3);
          const std::uint8_t* mask = l.masked ? own.in<std::uint8_t>(inputs, 6) : nullptr;
          float *dh = own.out(outputs, 1), *dc = own.out(outputs, 2);
          float *dz = static_cast<float*>(scratch), *transposed = dz + rows_all * row, *partial = transposed + row * h;
          const std::size_t state = static_cast<std::size_t>(n * h) * sizeof(float);
          std::memcpy(dh, own.in(inputs, base + 4), state);
          std::memcpy(dc, own.in(inputs, base + 5), state);
          for (std::int64_t i = 0; i < h; i += 16)  // the product with the transposed kernel is faster on a transposed copy
            for (std::int64_t j = 0; j < row; ++j)
              for (std::int64_t k = i; k < std::min(i + 16, h); ++k) transposed[j * h + k] = recurrent[k * row + j];
          parallel(l.parts(), rows_all * row * 8, [&](std::int64_t begin, std::int64_t end) {
            const OneThread one;
            for (std::int64_t p = begin; p < end; ++p) {
              const std::int64_t first = p * l.part(), rows = std::min(l.part(), n - first);
              for (std::int64_t t = l.steps; t-- > 0;) {
                const std::int64_t at = t * n + first;
                const float* c_before = t > 0 ? cells + (at - n) * h : c0 + first * h;
                tiles.lstm_step_gradient({gates + at * row, cells + at * h, c_before, dsequence + at * h, mask != nullptr ? mask + at : nullptr,
                                          dh + first * h, dc + first * h, dz + at * row},
                                         rows, h);
                sgemm_in_one_thread(false, false, rows, h, row, dz + at * row, transposed, 1.0f, dh + first * h);
              }
            }
          });
          sgemm(false, true, rows_all, l.features, row, dz, kernel, 0.0f, own.out(outputs, 0));
          sgemm(true, false, l.features, row, rows_all, x, dz, 0.0f, own.out(outputs, 3));
          sgemm(true, false, h, row, n, h0, dz, 0.0f, own.out(outputs, 4));
          if (l.steps > 1) sgemm(true, false, h, row, rows_all - n, sequence, dz + n * row, 1.0f, own.out(outputs, 4));
          parallel(slices.count, rows_all * row, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i)
              tiles.column_sum(dz + slices.begin(i) * row, slices.begin(i + 1) - slices.begin(i), row, row, partial + i * row);
          });
          tiles.column_sum(partial, slices.count, row, row, own.out(outputs, 5));
        });
      }};
}

}  // namespace strata::cpu
