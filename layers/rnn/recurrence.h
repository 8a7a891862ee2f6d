// What LSTM, GRU and SimpleRNN share: their arguments' checks, direction, initial and kept states, masks, outputs. Inside,
// sequences are time-major, (T, N, ...), the first step first.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include <strata/activation.h>
#include <strata/layer.h>

namespace strata {

struct RecurrenceOptions {
  bool return_sequences = false, return_state = false, go_backwards = false, stateful = false, zero_output_for_mask = false;
};

template <class T>
Fields recurrent_fields() {
  return {field("recurrent_initializer", &T::recurrent_initializer, "How the recurrent kernel begins."),
          field("recurrent_regularizer", &T::recurrent_regularizer, "Penalty on the recurrent kernel."),
          field("recurrent_constraint", &T::recurrent_constraint, "Projection of the recurrent kernel after each update.")};
}
template <class T>
Fields step_dropout_fields() {
  return {field("dropout", &T::dropout, "Fraction of the input's features to drop, the same at every step.", between(0, 1)),
          field("recurrent_dropout", &T::recurrent_dropout, "Fraction of the state to drop, the same units at every step.", between(0, 1)),
          field("seed", &T::seed, "Makes this layer's random stream differ.")};
}
// The arguments that end a recurrent layer's own.
template <class T>
Fields recurrence_fields() {
  return {field("return_sequences", &T::return_sequences, "Whether the output of every step is given, or the last one's."),
          field("return_state", &T::return_state, "Whether the last states are given as well."),
          field("go_backwards", &T::go_backwards, "Whether the last step comes first; sequences come out in that order."),
          field("stateful", &T::stateful, "Whether a batch begins with the last one's states; the batch size must be known."),
          field("unroll", &T::unroll, "Accepted: every loop over steps is planned ahead."),
          field("zero_output_for_mask", &T::zero_output_for_mask, "Whether a masked step gives zeros instead of the step before.")};
}

template <class T>
Field cudnn_field() {
  Field f = field("use_cudnn", &T::use_cudnn, "Accepted: kernels are chosen by the compiler.");
  f.in_keras = false;
  return f;
}

struct RecurrentState {
  std::string name;   // of the variable that keeps it
  std::int64_t size;  // (N, size)
};

// What multiplies a layer's input or its state at every step of a sequence: 1 / (1 - rate) or 0. One for all gates, one for
// each, or none where nothing is dropped.
using StepDropout = std::vector<Value>;

// `masks` of `shape` for an input like `like`.
inline StepDropout step_dropout(Scope& s, Value like, const Shape& shape, double rate, std::optional<std::int64_t> seed, int masks) {
  StepDropout all;
  if (!s.training() || rate == 0) return all;
  for (int k = 0; k < masks; ++k) {
    const Value kept = full(like, shape, rate == 1 ? 0 : 1, like.dtype());
    if (rate == 1) {
      all.push_back(kept);
      continue;
    }
    const Scope::Random random = s.random(seed);
    all.push_back(dropout(kept, random.state, rate, random.stream));
  }
  return all;
}

// Part k of the last axis cut into `gates`.
inline Value gate(Value v, int k, int gates) {
  const Dim units = floor_div(v.dim(-1), gates);
  return slice(v, -1, units * Dim(k), units * Dim(k + 1));
}

// x kernel for all gates, where each sees x through its own mask.
inline Value dropped_matmul(Value x, Value kernel, std::span<const Value> masks) {
  if (masks.empty()) return matmul(x, kernel);
  if (masks.size() == 1) return matmul(x * masks[0], kernel);
  std::vector<Value> parts;
  const auto gates = static_cast<int>(masks.size());
  for (int k = 0; k < gates; ++k) parts.push_back(matmul(x * masks[static_cast<std::size_t>(k)], gate(kernel, k, gates)));
  return concatenate(parts, -1);
}

class Recurrence {
 public:
  // Inputs: x (N, T, features), then where given the initial states.
  Recurrence(Scope& s, const std::string& layer, const Inputs& inputs, std::vector<RecurrentState> states, const RecurrenceOptions& options)
      : scope_(s), options_(options), states_(std::move(states)) {
    const Value input = inputs[0];
    if (!input || input.rank() != 3)
      throw Error(ErrorKind::spec, layer + " takes an input of 3 axes, (batch, steps, features)" +
                                       (input ? "; received " + input.shape().str() : std::string()),
                  "a recurrent layer before it gives all its steps with return_sequences: true; a Reshape can add an axis");
    if (inputs.size() != 1 && inputs.size() != 1 + states_.size())
      throw Error(ErrorKind::spec, layer + " takes its input, or its input and " + std::to_string(states_.size()) + " initial state" +
                                       (states_.size() > 1 ? "s" : "") + "; " + std::to_string(inputs.size()) + " inputs are given");
    if (options.stateful && !input.dim(0).is_known())
      throw Error(ErrorKind::spec, layer + ": stateful needs a batch size that is known, its input is " + input.shape().str(),
                  "give the Input a batch_size");
    travelling_mask_ = s.mask(input);
    x = in_time(input);
    // Keras hands a mask that travels with the input to a call without initial states alone.
    if (travelling_mask_ && (inputs.size() == 1 || inputs.named("mask"))) {
      if (travelling_mask_.rank() < 2)
        throw Error(ErrorKind::spec, layer + ": a mask " + travelling_mask_.shape().str() + " arrives with its input " + input.shape().str(),
                    "a mask (batch, steps) is needed");
      // Of a step that is itself a sequence, as TimeDistributed hands it on: masked where all of it is.
      Axes inside;
      for (int i = 2; i < travelling_mask_.rank(); ++i) inside.push_back(i);
      mask = in_time(inside.empty() ? travelling_mask_ : reduce_any(travelling_mask_, inside));
    }
    for (std::size_t i = 0; i < states_.size(); ++i) {
      const Shape shape{input.dim(0), states_[i].size};
      Value state = inputs[1 + i];
      if (state && (state.rank() != 2 || state.dim(1) != shape[1]))
        throw Error(ErrorKind::spec, layer + ": the initial state '" + states_[i].name + "' has shape " + state.shape().str() + ", " +
                                         shape.str() + " is needed");
      if (options.stateful) {
        const Value kept = s.state(states_[i].name, shape);
        if (!state) state = kept;
      }
      initial.push_back(state ? cast(state, x.dtype()) : full(x, shape, 0, x.dtype()));
    }
  }

  static CallSignature signature() { return {.inputs = {"sequences"}, .rest = "initial_state"}; }
  static CallSignature step_signature() { return {.inputs = {"inputs"}, .rest = "states"}; }

  Value x;                     // (T, N, features)
  Value mask;                  // (T, N), or none
  std::vector<Value> initial;  // (N, size) each

  // step(states, projected, invariants) gives the new states, the first of which is the output. At a masked step states
  // and output stay.
  using Step = std::function<std::vector<Value>(const std::vector<Value>& states, Value projected, const std::vector<Value>& invariants)>;
  struct Recurred {
    Value sequence;             // (T, N, units)
    std::vector<Value> states;  // after the last step
    std::size_t output = 0;     // which of the states the last output is
  };
  Recurred over_time(const Step& step, Value projected, const std::vector<Value>& invariants) const {
    std::vector<Value> sequences{projected};
    if (mask) sequences.push_back(mask);
    const auto body = [&](const std::vector<Value>& carries, const std::vector<Value>& elements, const std::vector<Value>& constants) {
      std::vector<Value> next = step(carries, elements[0], constants);
      if (elements.size() > 1)
        for (std::size_t i = 0; i < next.size(); ++i) next[i] = select(expand_dims(elements[1], -1), next[i], carries[i]);
      return ScanStep{next, {next[0]}};
    };
    const Scan s = scan(body, initial, sequences, invariants);
    return {s.sequences[0], s.carries};
  }

  // The same course over the sequence that comes out of another cell below, from other states.
  Recurrence above(const Recurred& below, std::vector<Value> states) const {
    Recurrence next = *this;
    next.x = below.sequence;
    next.initial = std::move(states);
    return next;
  }

  // A cell called by itself: x (N, features), then its states -> the output, then the states.
  template <class Cell>
  static std::vector<Value> one_step(Scope& s, const Cell& cell, const std::string& layer, const Inputs& inputs) {
    std::vector<Value> values = inputs.values();
    if (values.size() != 1 + cell.states().size() || values[0].rank() != 2)
      throw Error(ErrorKind::spec, layer + " takes an input (batch, features) and its states, (batch, " + std::to_string(*cell.units) + ") each");
    values[0] = expand_dims(values[0], 1);
    const Recurred r = cell.over_time(s, "", Recurrence(s, layer, Inputs(std::move(values)), cell.states(), {}));
    std::vector<Value> outputs{r.states[0]};
    outputs.insert(outputs.end(), r.states.begin(), r.states.end());
    return outputs;
  }

  // The layer's outputs from what every step gave and the last states.
  std::vector<Value> outputs(Recurred recurred) const {
    Value sequence = recurred.sequence, last = recurred.states[recurred.output];
    if (mask && options_.zero_output_for_mask) {
      sequence = select(expand_dims(mask, -1), sequence, 0);
      last = take(sequence, 0, -1);
    }
    if (options_.stateful)
      for (std::size_t i = 0; i < states_.size(); ++i)
        scope_.advance(states_[i].name, cast(stop_gradient(recurred.states[i]), scope_.variable_dtype()));
    std::vector<Value> all{options_.return_sequences ? transpose(sequence, {1, 0, 2}) : last};
    if (options_.return_sequences) scope_.set_mask(all[0], travelling_mask_);
    if (options_.return_state) all.insert(all.end(), recurred.states.begin(), recurred.states.end());
    return all;
  }

 private:
  // (N, T, ...) -> (T, N, ...) in the order of going.
  Value in_time(Value v) const {
    const Value t = transpose(v, v.rank() == 3 ? Axes{1, 0, 2} : Axes{1, 0});
    return options_.go_backwards ? reverse(t, 0) : t;
  }

  Scope& scope_;
  RecurrenceOptions options_;
  std::vector<RecurrentState> states_;
  Value travelling_mask_;
};

}  // namespace strata
