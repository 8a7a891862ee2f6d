// What SpatialDropout1D, 2D and 3D share.
// Source: Tompson et al. 2014.
#pragma once

#include <strata/layers/regularization/noise.h>
#include <strata/layers/window.h>

namespace strata {

template <class T>
Field rate_field() {
  return field("rate", &T::rate, "Fraction of the channels to drop.", between(0, 1));
}

// Keras' constructors take no `trainable`.
template <class T>
Fields spatial_dropout_layer_fields() {
  Fields fields = layer_fields<T>();
  for (Field& f : fields)
    if (f.name == "trainable") f.in_keras = false;
  return fields;
}

// One element per channel of each sample.
inline Shape channel_shape(Value x, const std::optional<std::string>& data_format) {
  Shape shape = x.shape();
  const int channels = is_channels_first(data_format) ? 1 : x.rank() - 1;
  for (int i = 1; i < shape.rank(); ++i)
    if (i != channels) shape[i] = 1;
  return shape;
}

}  // namespace strata
