// The kernels of the reference backend, by group. Each takes one operation and gives what runs it, or says why not.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "backend/backend.h"

namespace strata::reference {

struct Operation {
  std::string_view name;
  Attributes attributes;
  std::vector<ArrayType> inputs;
  ArrayType output;
};

struct Arguments {
  const void* const* inputs;
  void* output;
  void* scratch;

  template <class T>
  const T* in(int i = 0) const { return static_cast<const T*>(inputs[i]); }
  template <class T>
  T* out() const { return static_cast<T*>(output); }
};

struct Definition {
  std::function<void(const Arguments&)> run = nullptr;
  std::size_t scratch_bytes = 0;
  std::string refusal = {};  // where run is empty
};

inline Definition refuse(std::string reason) { return {nullptr, 0, std::move(reason)}; }
Definition refuse_dtype(const Operation& op, DType dtype);

// A function that an op's name is not in returns neither run nor refusal.
Definition elementwise(const Operation& op);
Definition movement(const Operation& op);
Definition reduction(const Operation& op);
Definition contraction(const Operation& op);
Definition random(const Operation& op);

}  // namespace strata::reference
