// The loops of one instruction set, before they become a row of function pointers.
#pragma once

#include "backend/cpu/tiles/tiles.h"

namespace strata::cpu::STRATA_ISA {

TileLoop pointwise_loop(const char* op, Element from, Element to, unsigned scalars);

float sum(const float* x, std::int64_t n);
float maximum(const float* x, std::int64_t n);
void column_sum(const float* x, std::int64_t rows, std::int64_t columns, std::int64_t stride, float* y);
void column_maximum(const float* x, std::int64_t rows, std::int64_t columns, std::int64_t stride, float* y);
void vector_by_columns(const float* a, const float* b, std::int64_t k, std::int64_t columns, std::int64_t stride, float beta, float* c);
void vector_by_rows(const float* a, const float* b, std::int64_t k, std::int64_t columns, float* c);
void rows_by_vector(const float* b, const float* a, std::int64_t rows, std::int64_t k, float beta, float* c);
std::int64_t argmax(const float* x, std::int64_t n);
void softmax(const float* x, float* y, std::int64_t rows, std::int64_t columns);
void log_softmax(const float* x, float* y, std::int64_t rows, std::int64_t columns);
void softmax_gradient(const float* y, const float* dy, float* dx, std::int64_t rows, std::int64_t columns);
void log_softmax_gradient(const float* y, const float* dy, float* dx, std::int64_t rows, std::int64_t columns);
void cross_entropy(const float* x, const void* labels, Element type, float* loss, float* logsumexp, std::int64_t rows,
                   std::int64_t columns);
void cross_entropy_gradient(const float* x, const void* labels, Element type, const float* logsumexp, const float* dloss,
                            float* dx, std::int64_t rows, std::int64_t columns);
void dense_cross_entropy(const float* x, const float* targets, float* loss, float* logsumexp, std::int64_t rows,
                         std::int64_t columns);
void dense_cross_entropy_gradient(const float* x, const float* targets, const float* logsumexp, const float* dloss, float* dx,
                                  std::int64_t rows, std::int64_t columns);

void max_pool(const PoolShape& shape, const float* x, float* y, std::uint8_t* index, std::int64_t begin, std::int64_t end);
void max_pool_gradient(const PoolShape& shape, const std::uint8_t* index, const float* dy, float* dx, std::int64_t begin, std::int64_t end);
void average_pool(const PoolShape& shape, const float* x, float* y, std::int64_t begin, std::int64_t end);
void average_pool_gradient(const PoolShape& shape, const float* dy, float* dx, std::int64_t begin, std::int64_t end);

void column_moments(const float* x, std::int64_t rows, std::int64_t columns, const float* shift, float* sum, float* squares);
void column_affine(const float* x, std::int64_t rows, std::int64_t columns, const float* mean, const float* scale, const float* offset,
                   bool relu, float* y);
void column_products(const float* x, const float* dy, std::int64_t rows, std::int64_t columns, const float* mean, float* sum,
                     float* products);
void batch_norm_gradient(const float* x, const float* dy, std::int64_t rows, std::int64_t columns, const float* mean,
                         const float* a, const float* b, const float* c, float* dx);
void layer_norm(const float* x, const float* gamma, const float* beta, float epsilon, std::int64_t rows, std::int64_t columns, float* y,
                float* mean, float* scale);
void layer_norm_gradient(const float* x, const float* gamma, const float* mean, const float* scale, const float* dy, std::int64_t rows,
                         std::int64_t columns, float* dx, float* dgamma, float* dbeta);

void random_uniform(float* y, std::int64_t begin, std::int64_t end, std::uint64_t seed, std::uint64_t step, std::uint64_t stream);
void random_normal(float* y, std::int64_t begin, std::int64_t end, std::uint64_t seed, std::uint64_t step, std::uint64_t stream);
void dropout(const float* x, float* y, std::int64_t begin, std::int64_t end, std::uint64_t seed, std::uint64_t step,
             std::uint64_t stream, float rate, float scale);

void lstm_step(const LstmStep& step, std::int64_t rows, std::int64_t units);
void lstm_step_gradient(const LstmStepGradient& step, std::int64_t rows, std::int64_t units);

}  // namespace strata::cpu::STRATA_ISA
