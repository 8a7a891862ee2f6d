#pragma once
// Batch norm over (rows, channels) in blocks whose number follows from the shape alone: the same bytes at any thread
// count.
#include <cstdint>
#include <vector>

namespace strata::measure {

class BatchNorm {
public:
  BatchNorm(int64_t rows, int channels);
  void forward(const float* x, const float* gamma, const float* beta, float* y, float* mean, float* variance);
  void backward(const float* x, const float* dy, const float* gamma, const float* mean, const float* variance,
                float* dx, float* dgamma, float* dbeta);

private:
  template <class Body>
  void for_each_block(Body body) const;
  int64_t rows_, block_;
  int channels_, lanes_, blocks_;
  std::vector<float> partial_;      // two sums per block and lane
};

}      // namespace strata::measure
