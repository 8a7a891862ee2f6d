#include "backend/cpu/tiles/loops.h"

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
    .vector_by_columns = vector_by_columns,
    .vector_by_rows = vector_by_rows,
    .rows_by_vector = rows_by_vector,
    .argmax = argmax,
    .softmax = softmax,
    .log_softmax = log_softmax,
    .softmax_gradient = softmax_gradient,
    .log_softmax_gradient = log_softmax_gradient,
    .cross_entropy = cross_entropy,
    .cross_entropy_gradient = cross_entropy_gradient,
    .dense_cross_entropy = dense_cross_entropy,
    .dense_cross_entropy_gradient = dense_cross_entropy_gradient,
    .max_pool = max_pool,
    .average_pool = average_pool,
    .max_pool_gradient = max_pool_gradient,
    .average_pool_gradient = average_pool_gradient,
    .column_moments = column_moments,
    .column_affine = column_affine,
    .column_products = column_products,
    .batch_norm_gradient = batch_norm_gradient,
    .layer_norm = layer_norm,
    .layer_norm_gradient = layer_norm_gradient,
    .random_uniform = random_uniform,
    .random_normal = random_normal,
    .dropout = dropout,
    .lstm_step = lstm_step,
    .lstm_step_gradient = lstm_step_gradient,
};

}  // namespace strata::cpu::STRATA_ISA
