#include <strata/schedule.h>

#include "src/compile/interpreter.h"

namespace strata {

double Schedule::at(double step) const {
  Graph graph;
  graph.outputs.push_back(port((*this)(graph.constant(DType::float64, step))));
  return interpret(graph)[0].at(0);
}

}  // namespace strata
