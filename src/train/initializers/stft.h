#pragma once

#include <cmath>

#include <strata/initializer.h>

namespace strata::initializers {

struct STFT {
  std::string side = "real";
  std::optional<std::string> window = "hann";
  std::optional<std::string> scaling = "density";
  bool periodic = false;

  static Schema schema() {
    return describe<STFT>("STFT",
        "Kernel of a convolution that takes the short-time Fourier transform: (frame, 1, fft / 2 + 1).",
        field("side", &STFT::side, "Real or imaginary part.", one_of({"real", "imag"})),
        field("window", &STFT::window,
              "Window over the frame; null: none.", one_of({"hann", "hamming", "blackman", "bartlett", "boxcar"})),
        field("scaling", &STFT::scaling,
              "Norm that the window is divided by: density its L2, spectrum its L1; null: none.",
              one_of({"density", "spectrum"})),
        field("periodic", &STFT::periodic,
              "Whether the window is one period of a periodic one.")).also_named({"STFTInitializer"});
  }
  Tensor call(const std::vector<std::int64_t>& shape, const RandomStream&) const {
    if (shape.size() != 3)
      throw Error(ErrorKind::spec,
                  "the initializer STFT needs a weight (frame, 1, bins), received rank " + std::to_string(shape.size()));
    const auto frame = static_cast<std::size_t>(shape[0]);
    std::vector<double> weights(frame, 1.0);
    double norm = 1;
    if (window) {
      double l1 = 0, l2 = 0;
      for (std::size_t t = 0; t < frame; ++t) {
        weights[t] = window_at(static_cast<double>(t), static_cast<double>(periodic ? frame : frame - 1));
        l1 += std::abs(weights[t]);
        l2 += weights[t] * weights[t];
      }
      if (scaling) norm = *scaling == "density" ? std::sqrt(l2) : l1;
    }
    const auto channels = static_cast<std::uint64_t>(shape[1]), bins = static_cast<std::uint64_t>(shape[2]);
    const double period = 2.0 * static_cast<double>(bins - 1);
    return filled(shape, [&](std::uint64_t i) {
      const std::uint64_t t = i / (channels * bins), bin = i % bins;
      const double angle = -2 * pi * static_cast<double>(t) * (static_cast<double>(bin) / period);
      return (side == "real" ? std::cos(angle) : std::sin(angle)) * weights[t] / norm;
    });
  }

 private:
  static constexpr double pi = 3.14159265358979323846;
  // Position t of a window whose last position is `last`.
  double window_at(double t, double last) const {
    if (last == 0 || *window == "boxcar") return 1;
    const double x = 2 * pi * t / last;
    if (*window == "hann") return 0.5 - 0.5 * std::cos(x);
    if (*window == "hamming") return 0.54 - 0.46 * std::cos(x);
    if (*window == "blackman") return 0.42 - 0.5 * std::cos(x) + 0.08 * std::cos(2 * x);
    return 1 - std::abs(2 * t / last - 1);  // bartlett
  }
};

}  // namespace strata::initializers
