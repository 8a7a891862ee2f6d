#include "backend/cpu/tiles/tiles.h"

#include "backend/cpu/tiles/pointwise.h"
#include "backend/cpu/tiles/rows.h"

#define STRATA_TEXT_(x) #x
#define STRATA_TEXT(x) STRATA_TEXT_(x)

namespace strata::cpu::STRATA_ISA {

const Tiles tiles = {
    .isa = "x86-64-" STRATA_TEXT(STRATA_ISA),
    .pointwise = pointwise_loop,
    .sum = sum,
    .maximum = maximum,
    .column_sum = column_sum,
    .column_maximum = column_maximum,
    .argmax = argmax,
    .softmax = softmax,
    .log_softmax = log_softmax,
    .softmax_gradient = softmax_gradient,
    .log_softmax_gradient = log_softmax_gradient,
    .cross_entropy = cross_entropy,
    .cross_entropy_gradient = cross_entropy_gradient,
    .dense_cross_entropy = dense_cross_entropy,
    .dense_cross_entropy_gradient = dense_cross_entropy_gradient,
};

}  // namespace strata::cpu::STRATA_ISA
