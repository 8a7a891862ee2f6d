"""Golden layers: outputs and gradients of single Keras layers in float64.

    pip install keras==3.15.1 jax==0.10.2 numpy
    python tests/golden/make_layers.py [class ...] [--out FOLDER]

Writes layers/<Class>.npz; README.md says what the keys mean. A case is a row of CASES.
"""
import argparse
import pathlib

from golden import FOLDER, generator, numpy, random_weight, save, text, value_and_gradients

import keras
import numpy as np
from keras import ops


def normal(*shape):
    return lambda rng: rng.standard_normal(shape)


def distinct(*shape):
    """No two values within 0.01: a maximum has one place, so its gradient is the same everywhere."""
    return lambda rng: (rng.permutation(int(np.prod(shape))) * 0.05 - 1).reshape(shape)


def integers(high, *shape):
    return lambda rng: rng.integers(0, high, shape).astype(np.int32)


def mask_of(*rows):
    return np.array(rows, bool)


# class -> {case: (arguments, inputs, call arguments)}. Array-valued call arguments are stored as <case>/call/<name>.
IMAGE, SERIES, ROWS = normal(2, 6, 5, 3), normal(3, 5, 4), normal(4, 5)
MASK = mask_of([1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [0, 1, 1, 0, 1])
CASES = {
    "Dense": {
        "linear": (dict(units=3), ROWS, {}),
        "relu": (dict(units=3, activation="relu"), ROWS, {}),
        "no_bias_tanh": (dict(units=3, activation="tanh", use_bias=False), ROWS, {}),
        "three_axes_softmax": (dict(units=3, activation="softmax"), SERIES, {}),
        "four_axes_gelu": (dict(units=2, activation="gelu"), normal(2, 3, 2, 4), {}),
    },
    "Activation": {name: (dict(activation=name), ROWS, {})
                   for name in ("linear", "relu", "softmax", "tanh", "sigmoid", "gelu", "elu", "log_softmax")},
    "Flatten": {
        "image": ({}, IMAGE, {}),
        "rows": ({}, ROWS, {}),
        "one_axis": ({}, normal(4), {}),
        "channels_first": (dict(data_format="channels_first"), IMAGE, {}),
    },
    "Reshape": {
        "split": (dict(target_shape=(2, 3)), normal(4, 6), {}),
        "inferred": (dict(target_shape=(-1, 2)), normal(2, 3, 4), {}),
        "to_one_axis": (dict(target_shape=(12,)), normal(2, 3, 4), {}),
    },
    "Conv2D": {
        "valid": (dict(filters=4, kernel_size=3), IMAGE, {}),
        "same": (dict(filters=4, kernel_size=3, padding="same"), IMAGE, {}),
        "same_even_kernel": (dict(filters=2, kernel_size=(2, 4), padding="same"), IMAGE, {}),
        "valid_strides": (dict(filters=2, kernel_size=(3, 2), strides=(2, 1)), IMAGE, {}),
        "same_strides": (dict(filters=2, kernel_size=3, strides=2, padding="same"), IMAGE, {}),
        "same_strides_even": (dict(filters=2, kernel_size=2, strides=(3, 2), padding="same"), IMAGE, {}),
        "dilated": (dict(filters=2, kernel_size=2, dilation_rate=(2, 3)), IMAGE, {}),
        "dilated_same": (dict(filters=2, kernel_size=3, dilation_rate=2, padding="same"), IMAGE, {}),
        "groups": (dict(filters=4, kernel_size=3, groups=2), normal(2, 4, 4, 6), {}),
        "relu_no_bias": (dict(filters=3, kernel_size=3, activation="relu", use_bias=False), IMAGE, {}),
        "pointwise": (dict(filters=5, kernel_size=1), IMAGE, {}),
    },
    "MaxPooling2D": {
        "default": ({}, distinct(2, 6, 5, 3), {}),
        "same": (dict(padding="same"), distinct(2, 6, 5, 3), {}),
        "strides": (dict(pool_size=3, strides=(2, 1)), distinct(2, 6, 5, 3), {}),
        "same_strides": (dict(pool_size=(3, 2), strides=2, padding="same"), distinct(2, 6, 5, 3), {}),
        "strides_beyond_pool": (dict(pool_size=2, strides=3), distinct(2, 6, 5, 3), {}),
        "all_negative_same": (dict(pool_size=3, padding="same"), lambda rng: distinct(1, 4, 4, 2)(rng) - 10, {}),
    },
    "BatchNormalization": {
        "training": ({}, SERIES, dict(training=True)),
        "inference": ({}, SERIES, dict(training=False)),
        "image_momentum": (dict(momentum=0.5, epsilon=1e-2), IMAGE, dict(training=True)),
        "no_center": (dict(center=False), ROWS, dict(training=True)),
        "no_scale": (dict(scale=False), ROWS, dict(training=True)),
        "neither": (dict(scale=False, center=False), ROWS, dict(training=True)),
        "axis_1": (dict(axis=1), normal(2, 3, 4, 4), dict(training=True)),
        "axis_1_inference": (dict(axis=1), normal(2, 3, 4, 4), dict(training=False)),
        "masked": ({}, SERIES, dict(training=True, mask=MASK)),
        "frozen": (dict(trainable=False), ROWS, dict(training=True)),
    },
    "LayerNormalization": {
        "default": ({}, SERIES, {}),
        "epsilon": (dict(epsilon=0.1), ROWS, {}),
        "no_scale": (dict(scale=False), ROWS, {}),
        "no_center": (dict(center=False), ROWS, {}),
        "neither": (dict(scale=False, center=False), ROWS, {}),
        "axis_1": (dict(axis=1), SERIES, {}),
        "axes": (dict(axis=[1, 2]), SERIES, {}),
        "image_axes": (dict(axis=[1, 2, 3]), normal(2, 3, 2, 4), {}),
    },
    "Embedding": {
        "default": (dict(input_dim=7, output_dim=3), integers(7, 2, 4), {}),
        "mask_zero": (dict(input_dim=7, output_dim=3, mask_zero=True), integers(7, 3, 5), {}),
        "one_axis": (dict(input_dim=4, output_dim=2), integers(4, 6), {}),
        "three_axes": (dict(input_dim=4, output_dim=2), integers(4, 2, 3, 2), {}),
    },
    "LSTM": {
        "last": (dict(units=3), SERIES, {}),
        "sequences": (dict(units=3, return_sequences=True), SERIES, {}),
        "state": (dict(units=3, return_state=True), SERIES, {}),
        "sequences_state": (dict(units=3, return_sequences=True, return_state=True), SERIES, {}),
        "backwards": (dict(units=3, go_backwards=True), SERIES, {}),
        "backwards_sequences": (dict(units=3, go_backwards=True, return_sequences=True), SERIES, {}),
        "no_bias": (dict(units=3, use_bias=False, return_sequences=True), SERIES, {}),
        "relu_hard_sigmoid": (dict(units=3, activation="relu", recurrent_activation="hard_sigmoid"), SERIES, {}),
        "mask": (dict(units=3), SERIES, dict(mask=MASK)),
        "mask_sequences": (dict(units=3, return_sequences=True, return_state=True), SERIES, dict(mask=MASK)),
        "mask_backwards": (dict(units=3, return_sequences=True, go_backwards=True), SERIES, dict(mask=MASK)),
        "mask_all": (dict(units=3, return_sequences=True), SERIES,
                     dict(mask=mask_of([0, 0, 0, 0, 0], [0, 0, 0, 0, 1], [1, 0, 0, 0, 0]))),
        "mask_zero_output": (dict(units=3, return_sequences=True, zero_output_for_mask=True), SERIES, dict(mask=MASK)),
        "initial_state": (dict(units=3, return_sequences=True), SERIES,
                          dict(initial_state=[np.linspace(-1, 1, 9).reshape(3, 3), np.linspace(1, -2, 9).reshape(3, 3)])),
        "one_step": (dict(units=3), normal(2, 1, 4), {}),
    },
    "Add": {
        "two": ({}, [ROWS, ROWS], {}),
        "three": ({}, [SERIES, SERIES, SERIES], {}),
        "broadcast": ({}, [SERIES, normal(3, 1, 4)], {}),
    },
    "Concatenate": {
        "last": ({}, [ROWS, normal(4, 2)], {}),
        "axis_1": (dict(axis=1), [SERIES, normal(3, 2, 4)], {}),
        "three": (dict(axis=-2), [SERIES, normal(3, 1, 4), normal(3, 2, 4)], {}),
    },
    "Normalization": {
        "adapt": ({}, ROWS, {}),
        "adapt_series": ({}, SERIES, {}),
        "adapt_axis_none": (dict(axis=None), ROWS, {}),
        "adapt_axes": (dict(axis=[1, 2]), SERIES, {}),
        "adapt_invert": (dict(invert=True), ROWS, {}),
        "given": (dict(mean=0.5, variance=4.0, axis=None), ROWS, {}),
        "given_per_feature": (dict(mean=[0.5, 1, 2, 3, 4], variance=[1, 2, 3, 4, 0.0]), ROWS, {}),
    },
    "ReLU": {
        "default": ({}, ROWS, {}),
        "bounded": (dict(max_value=1.0, negative_slope=0.2, threshold=0.3), ROWS, {}),
    },
    "LeakyReLU": {"default": ({}, ROWS, {})},
    "Softmax": {
        "default": ({}, SERIES, {}),
        "axis_1": (dict(axis=1), SERIES, {}),
        "mask": ({}, ROWS, dict(mask=mask_of([1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [0, 1, 1, 0, 1], [0, 0, 0, 0, 0]))),
    },
    "Identity": {"default": ({}, ROWS, {})},
    "Masking": {"default": (dict(mask_value=2.0), lambda rng: np.where(rng.random((3, 5, 1)) < 0.4, 2.0, rng.standard_normal((3, 5, 4))), {})},
    "AveragePooling2D": {
        "default": (dict(pool_size=2), IMAGE, {}),
        "same_strides": (dict(pool_size=(3, 2), strides=2, padding="same"), IMAGE, {}),
    },
    "GlobalAveragePooling1D": {
        "default": ({}, SERIES, {}),
        "keepdims": (dict(keepdims=True), SERIES, {}),
        "mask": ({}, SERIES, dict(mask=MASK)),
        "channels_first": (dict(data_format="channels_first"), SERIES, {}),
    },
    "GlobalAveragePooling2D": {"default": ({}, IMAGE, {}), "channels_first": (dict(data_format="channels_first", keepdims=True), IMAGE, {})},
    "GlobalMaxPooling1D": {"default": ({}, distinct(3, 5, 4), {})},
    "GlobalMaxPooling2D": {"default": ({}, distinct(2, 6, 5, 3), {})},
    "RMSNormalization": {"default": ({}, SERIES, {}), "axes": (dict(axis=[1, 2], epsilon=0.1), SERIES, {})},
    "Average": {"three": ({}, [ROWS, ROWS, ROWS], {})},
    "Maximum": {"two": ({}, [ROWS, ROWS], {}), "ranks": ({}, [SERIES, normal(3, 4)], {})},
    "Minimum": {"three": ({}, [ROWS, ROWS, ROWS], {})},
    "Multiply": {"broadcast": ({}, [SERIES, normal(3, 1, 4)], {})},
    "Subtract": {"two": ({}, [ROWS, ROWS], {})},
    "Rescaling": {"number": (dict(scale=0.5, offset=-1.0), ROWS, {}), "list": (dict(scale=[1, 2, 3, 4, 5], offset=[0.5, 0, 0, 0, 1]), ROWS, {})},
    "Permute": {"image": (dict(dims=(3, 1, 2)), IMAGE, {})},
    "RepeatVector": {"default": (dict(n=3), ROWS, {})},
    "ZeroPadding2D": {
        "number": (dict(padding=1), IMAGE, {}),
        "sides": (dict(padding=((1, 0), (2, 3))), IMAGE, {}),
        "channels_first": (dict(padding=(1, 2), data_format="channels_first"), IMAGE, {}),
    },
    "Cropping2D": {
        "number": (dict(cropping=1), IMAGE, {}),
        "sides": (dict(cropping=((1, 0), (0, 2))), IMAGE, {}),
        "channels_first": (dict(cropping=(1, 0), data_format="channels_first"), IMAGE, {}),
    },
    "GRU": {
        "default": (dict(units=3), SERIES, {}),
        "sequences_state": (dict(units=3, return_sequences=True, return_state=True), SERIES, {}),
        "reset_before": (dict(units=3, reset_after=False), SERIES, {}),
        "no_bias": (dict(units=3, use_bias=False, return_sequences=True), SERIES, {}),
        "relu_hard_sigmoid": (dict(units=3, activation="relu", recurrent_activation="hard_sigmoid", reset_after=False), SERIES, {}),
        "mask_backwards": (dict(units=3, return_sequences=True, go_backwards=True), SERIES, dict(mask=MASK)),
        "initial_state": (dict(units=3), SERIES, dict(initial_state=[np.linspace(-1, 1, 9).reshape(3, 3)])),
    },
    "SimpleRNN": {
        "default": (dict(units=3), SERIES, {}),
        "sequences_state": (dict(units=3, return_sequences=True, return_state=True), SERIES, {}),
        "no_bias_mask": (dict(units=3, use_bias=False), SERIES, dict(mask=MASK)),
        "backwards": (dict(units=3, go_backwards=True, return_sequences=True, activation="sigmoid"), SERIES, {}),
    },
    "CategoryEncoding": {
        "one_hot": (dict(num_tokens=5, output_mode="one_hot"), integers(5, 4, 1), {}),
        "one_hot_rows": (dict(num_tokens=5, output_mode="one_hot"), integers(5, 4, 3), {}),
        "multi_hot": (dict(num_tokens=5), integers(5, 4, 3), {}),
        "count": (dict(num_tokens=5, output_mode="count"), integers(5, 4, 6), {}),
    },
    "Discretization": {mode: (dict(bin_boundaries=[1.0, 2.5, 4.0], output_mode=mode), integers(6, 4, 3), {}) for mode in ("one_hot", "multi_hot", "count")},
    "Resizing": {
        "larger": (dict(height=9, width=7), IMAGE, {}),
        "smaller": (dict(height=4, width=2), IMAGE, {}),
        "antialias": (dict(height=4, width=2, antialias=True), IMAGE, {}),
        "nearest": (dict(height=4, width=8, interpolation="nearest"), IMAGE, {}),
        "bicubic": (dict(height=4, width=8, interpolation="bicubic"), IMAGE, {}),
        "lanczos3": (dict(height=8, width=3, interpolation="lanczos3", antialias=True), IMAGE, {}),
        "lanczos5": (dict(height=8, width=3, interpolation="lanczos5"), IMAGE, {}),
        "crop": (dict(height=8, width=4, crop_to_aspect_ratio=True), IMAGE, {}),
        "pad": (dict(height=8, width=4, pad_to_aspect_ratio=True, fill_value=0.5), IMAGE, {}),
        "channels_first": (dict(height=3, width=4, data_format="channels_first"), IMAGE, {}),
    },
    "CenterCrop": {
        "inside": (dict(height=3, width=4), IMAGE, {}),
        "beyond": (dict(height=8, width=4), IMAGE, {}),
        "channels_first": (dict(height=3, width=2, data_format="channels_first"), IMAGE, {}),
    },
    # One number twice leaves a random layer no choice.
    "RandomFlip": {"inference": ({}, IMAGE, dict(training=False))},
    "RandomCrop": {"smaller_image": (dict(height=8, width=4), IMAGE, dict(training=True))},
    "RandomTranslation": {
        "inference": (dict(height_factor=0.3, width_factor=0.2), IMAGE, dict(training=False)),
        "nearest_pixel": (dict(height_factor=[0.25, 0.25], width_factor=[-0.5, -0.5], interpolation="nearest", fill_mode="nearest"), IMAGE, dict(training=True)),
        "channels_first": (dict(height_factor=[0.25, 0.25], width_factor=[0.125, 0.125], data_format="channels_first"), normal(2, 3, 6, 4), dict(training=True)),
        **{mode: (dict(height_factor=[-0.75, -0.75], width_factor=[0.25, 0.25], fill_mode=mode, fill_value=0.5), IMAGE, dict(training=True))
           for mode in ("reflect", "wrap", "constant", "nearest")},
    },
    "RandomRotation": {
        "inference": (dict(factor=0.2), IMAGE, dict(training=False)),
        **{mode: (dict(factor=[0.1, 0.1], fill_mode=mode, fill_value=-1.0), IMAGE, dict(training=True)) for mode in ("reflect", "wrap", "constant", "nearest")},
        "nearest_pixel": (dict(factor=[-0.13, -0.13], interpolation="nearest"), IMAGE, dict(training=True)),
    },
    "RandomZoom": {
        "out": (dict(height_factor=[0.5, 0.5], width_factor=[0.25, 0.25]), IMAGE, dict(training=True)),
        "in": (dict(height_factor=[-0.5, -0.5], fill_mode="constant", fill_value=2.0), IMAGE, dict(training=True)),
        "wrap": (dict(height_factor=[0.75, 0.75], fill_mode="wrap"), IMAGE, dict(training=True)),
    },
    "RandomBrightness": {
        "inference": (dict(factor=0.2), IMAGE, dict(training=False)),
        "lighter": (dict(factor=[0.25, 0.25], value_range=[-1, 1]), IMAGE, dict(training=True)),
    },
    "RandomContrast": {
        "inference": (dict(factor=0.2), IMAGE, dict(training=False)),
        "more": (dict(factor=[-0.5, 0.5], value_range=[-1, 1]), IMAGE, dict(training=True)),
    },
    "Dropout": {
        "inference": (dict(rate=0.4), ROWS, dict(training=False)),
        "rate_zero_training": (dict(rate=0.0), ROWS, dict(training=True)),
    },
}


def differentiable(value):
    return np.issubdtype(value.dtype, np.floating)


def run(kind, name, arguments, inputs, call):
    """The arrays of one case: gradients are of sum(y * dy), over all outputs, with the call arguments given."""
    rng = generator(f"{kind}/{name}")
    several = isinstance(inputs, list)
    x = [make(rng) for make in inputs] if several else [inputs(rng)]
    layer = getattr(keras.layers, kind)(**arguments)
    record = {f"{name}/config": text(arguments)}
    if name.startswith("adapt"):
        record[f"{name}/data"] = data = 3 + 2 * rng.standard_normal((16,) + x[0].shape[1:])
        layer.adapt(data)
    plain = {key: value for key, value in call.items() if isinstance(value, bool)}
    arrays = {key: [ops.convert_to_tensor(v) for v in value] if isinstance(value, list) else ops.convert_to_tensor(value)
              for key, value in call.items() if key not in plain}
    record[f"{name}/call"] = text(plain)
    for key, value in call.items():
        if key not in plain:
            for index, array in enumerate(value) if isinstance(value, list) else [("", value)]:
                record[f"{name}/call/{key}{index}"] = array

    def forward(*tensors):
        y = layer(list(tensors) if several else tensors[0], **plain, **arrays)
        return list(y) if isinstance(y, (list, tuple)) else [y]

    tensors = [ops.convert_to_tensor(value) for value in x]
    forward(*tensors)                       # builds
    if not name.startswith("adapt"):
        for variable in layer.weights:
            variable.assign(random_weight(rng, variable.name, variable.shape))
    before = [numpy(v) for v in layer.weights]
    y = [numpy(value) for value in forward(*tensors)]
    after = [numpy(v) for v in layer.weights]
    for variable, value in zip(layer.weights, before):
        variable.assign(value)
    dy = [rng.standard_normal(value.shape) for value in y]
    floating = [k for k, value in enumerate(x) if differentiable(value)]

    def scalar(*given):
        full = list(tensors)
        for k, value in zip(floating, given):
            full[k] = value
        return sum(ops.sum(a * b) for a, b in zip(forward(*full), dy)), None

    _, _, dw, dx = value_and_gradients(scalar, layer.trainable_weights, [tensors[k] for k in floating])
    suffix = lambda values: range(len(values)) if len(values) > 1 else [""]
    for index, value in zip(suffix(x), x):
        record[f"{name}/x{index}"] = value
    for index, value, cotangent in zip(suffix(y), y, dy):
        assert value.dtype == np.float64, (kind, name, value.dtype)
        record[f"{name}/y{index}"], record[f"{name}/dy{index}"] = value, cotangent
    for k, gradient in zip(floating, dx):
        record[f"{name}/dx{k if len(x) > 1 else ''}"] = gradient
    trainable = {id(v): gradient for v, gradient in zip(layer.trainable_weights, dw)}
    record[f"{name}/weights"] = text([v.path.split("/", 1)[-1] for v in layer.weights])
    for index, variable in enumerate(layer.weights):
        record[f"{name}/w/{index}"] = before[index]
        if id(variable) in trainable:
            record[f"{name}/dw/{index}"] = trainable[id(variable)]
        if not np.array_equal(before[index], after[index]):
            record[f"{name}/after/{index}"] = after[index]
    mask = layer.compute_mask(tensors if several else tensors[0], call.get("mask")) if kind in ("Embedding", "Masking") else None
    if mask is not None:
        record[f"{name}/mask"] = numpy(mask)
    return record


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("classes", nargs="*")
    parser.add_argument("--out", type=pathlib.Path, default=FOLDER / "layers")
    arguments = parser.parse_args()
    for kind, cases in CASES.items():
        if not arguments.classes or kind in arguments.classes:
            record = {}
            for name, case in cases.items():
                record.update(run(kind, name, *case))
            save(arguments.out / f"{kind}.npz", record)


if __name__ == "__main__":
    main()
