// The one door to xtensor-blas in the backend.
#pragma once

#include <xtensor-blas/xblas.hpp>
