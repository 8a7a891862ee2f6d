// What a build without cudnn-frontend's headers says of their kernels.
#include "backend/cuda/maker.h"

namespace strata::cuda {
namespace {
Declined without_frontend() { return {"this build is without cudnn-frontend's headers: its configuration says how to get them"}; }
}  // namespace

Answer convolution_cudnn(const Region&, const Machine&) { return without_frontend(); }
Answer convolution_input_gradient_cudnn(const Region&, const Machine&) { return without_frontend(); }
Answer convolution_kernel_gradient_cudnn(const Region&, const Machine&) { return without_frontend(); }
Answer batch_norm_cudnn(const Region&, const Machine&) { return without_frontend(); }
Answer batch_norm_gradient_cudnn(const Region&, const Machine&) { return without_frontend(); }
Answer attention_cudnn(const Region&, const Machine&) { return without_frontend(); }
Answer attention_gradient_cudnn(const Region&, const Machine&) { return without_frontend(); }

}  // namespace strata::cuda
