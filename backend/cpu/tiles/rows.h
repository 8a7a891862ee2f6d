#pragma once

#include "backend/cpu/tiles/tiles.h"

namespace strata::cpu::STRATA_ISA {
float sum(const float* x, std::int64_t n);
float maximum(const float* x, std::int64_t n);
void column_sum(const float* x, std::int64_t rows, std::int64_t columns, std::int64_t stride, float* y);
void column_maximum(const float* x, std::int64_t rows, std::int64_t columns, std::int64_t stride, float* y);
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
}
