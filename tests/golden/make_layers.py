"""Golden layers: outputs and gradients of single Keras layers in float64.

    pip install keras==3.15.1 jax==0.10.2 numpy
    python tests/golden/make_layers.py [class ...] [--out FOLDER]

Writes layers/<Class>.npz; README.md says what the keys mean. A case is a row of CASES.
"""
import argparse
import pathlib

from golden import FOLDER, PositionEmbedding, generator, numpy, random_weight, save, text, value_and_gradients

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
STEPS, VOLUME = normal(2, 7, 4), normal(2, 4, 3, 4, 2)
MASK = mask_of([1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [0, 1, 1, 0, 1])
MASKS = [MASK, mask_of([1, 0, 1, 1], [0, 1, 1, 0], [1, 1, 0, 0])]  # of a query of 5 steps and a value of 4
QUERY_VALUE, QUERY_VALUE_KEY = [SERIES, normal(3, 4, 4)], [SERIES, normal(3, 4, 2), normal(3, 4, 4)]
SEEN = np.random.Generator(np.random.PCG64(3)).random((3, 5, 4)) < 0.6
STATE = lambda shift: np.linspace(-1 + shift, 1, 9).reshape(3, 3)


def layer_of(kind, **arguments):
    """A layer as an argument of a layer."""
    return {kind: arguments}


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
        "unroll_mask": (dict(units=3, return_sequences=True, unroll=True), SERIES, dict(mask=MASK)),
        "recurrent_dropout_inference": (dict(units=3, dropout=0.3, recurrent_dropout=0.4), SERIES, dict(training=False)),
        "no_forget_bias": (dict(units=3, unit_forget_bias=False, activation="linear"), SERIES, {}),
        "masked_steps_inside": (dict(units=3), SERIES, dict(masks=[np.stack([MASK, MASK[::-1]], -1)])),
        "travelling_mask": (dict(units=3, return_sequences=True), SERIES, dict(masks=[MASK])),
        "travelling_mask_initial_state": (dict(units=3), SERIES, dict(masks=[MASK], initial_state=[STATE(0.1), STATE(0.5)])),
        "mask_initial_state": (dict(units=3, return_sequences=True), SERIES, dict(mask=MASK, initial_state=[STATE(0.1), STATE(0.5)])),
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
        "mask_sequences_state": (dict(units=3, return_sequences=True, return_state=True), SERIES, dict(mask=MASK)),
        "mask_zero_output": (dict(units=3, return_sequences=True, zero_output_for_mask=True), SERIES, dict(mask=MASK)),
        "mask_zero_output_last": (dict(units=3, return_state=True, zero_output_for_mask=True), SERIES, dict(mask=MASK)),
        "recurrent_dropout_inference": (dict(units=3, dropout=0.3, recurrent_dropout=0.4, unroll=True), SERIES, dict(training=False)),
        "travelling_mask": (dict(units=3), SERIES, dict(masks=[MASK])),
    },
    "SimpleRNN": {
        "default": (dict(units=3), SERIES, {}),
        "sequences_state": (dict(units=3, return_sequences=True, return_state=True), SERIES, {}),
        "no_bias_mask": (dict(units=3, use_bias=False), SERIES, dict(mask=MASK)),
        "backwards": (dict(units=3, go_backwards=True, return_sequences=True, activation="sigmoid"), SERIES, {}),
        "mask_zero_output_backwards": (dict(units=3, return_sequences=True, return_state=True, zero_output_for_mask=True, go_backwards=True), SERIES,
                                       dict(mask=MASK)),
        "initial_state": (dict(units=3, unroll=True), SERIES, dict(initial_state=[STATE(0.25)])),
        "travelling_mask": (dict(units=3), SERIES, dict(masks=[MASK])),
    },
    "Bidirectional": {
        "concat": (dict(layer=layer_of("LSTM", units=3)), SERIES, {}),
        "sequences_state": (dict(layer=layer_of("LSTM", units=3, return_sequences=True, return_state=True)), SERIES, {}),
        "sum_gru": (dict(layer=layer_of("GRU", units=3, return_sequences=True), merge_mode="sum"), SERIES, {}),
        "mul_simple_rnn": (dict(layer=layer_of("SimpleRNN", units=3), merge_mode="mul"), SERIES, {}),
        "ave": (dict(layer=layer_of("LSTM", units=3, return_sequences=True), merge_mode="ave"), SERIES, {}),
        "none": (dict(layer=layer_of("GRU", units=3, return_sequences=True), merge_mode=None), SERIES, {}),
        "mask_sequences": (dict(layer=layer_of("LSTM", units=3, return_sequences=True)), SERIES, dict(mask=MASK)),
        "mask_last": (dict(layer=layer_of("GRU", units=3)), SERIES, dict(mask=MASK)),
        "backward_layer": (dict(layer=layer_of("LSTM", units=3, return_sequences=True, name="there"),
                                backward_layer=layer_of("GRU", units=2, activation="relu", return_sequences=True, go_backwards=True, name="back")),
                           SERIES, dict(mask=MASK)),
        "initial_state": (dict(layer=layer_of("LSTM", units=3, return_state=True)), SERIES,
                          dict(initial_state=[STATE(k / 4) for k in range(4)])),
    },
    "LSTMCell": {
        "default": (dict(units=3), [ROWS, normal(4, 3), normal(4, 3)], {}),
        "no_bias_relu": (dict(units=3, use_bias=False, activation="relu"), [ROWS, normal(4, 3), normal(4, 3)], {}),
    },
    "GRUCell": {
        "default": (dict(units=3), [ROWS, normal(4, 3)], {}),
        "reset_before": (dict(units=3, reset_after=False), [ROWS, normal(4, 3)], {}),
    },
    "SimpleRNNCell": {"default": (dict(units=3), [ROWS, normal(4, 3)], {})},
    "StackedRNNCells": {
        "three": (dict(cells=[layer_of("LSTMCell", units=3), layer_of("GRUCell", units=2), layer_of("LSTMCell", units=4)]),
                  [ROWS, normal(4, 3), normal(4, 3), normal(4, 2), normal(4, 4), normal(4, 4)], {}),
    },
    "RNN": {
        "lstm": (dict(cell=layer_of("LSTMCell", units=3)), SERIES, {}),
        "gru_sequences_state": (dict(cell=layer_of("GRUCell", units=3), return_sequences=True, return_state=True), SERIES, {}),
        "simple_mask_backwards": (dict(cell=layer_of("SimpleRNNCell", units=3, name="own"), return_sequences=True, go_backwards=True), SERIES,
                                  dict(mask=MASK)),
        "stack": (dict(cell=layer_of("StackedRNNCells", cells=[layer_of("LSTMCell", units=3), layer_of("GRUCell", units=2), layer_of("LSTMCell", units=4)]),
                       return_state=True), SERIES, {}),
        "stack_mask_sequences": (dict(cell=layer_of("StackedRNNCells", cells=[layer_of("GRUCell", units=3), layer_of("LSTMCell", units=2)]),
                                      return_sequences=True, go_backwards=True), SERIES, dict(mask=MASK)),
        "mask_zero_output": (dict(cell=layer_of("GRUCell", units=3), return_sequences=True, zero_output_for_mask=True), SERIES, dict(mask=MASK)),
        "initial_state": (dict(cell=layer_of("LSTMCell", units=3)), SERIES, dict(initial_state=[STATE(0.25), STATE(0.75)])),
    },
    "TimeDistributed": {
        "dense": (dict(layer=layer_of("Dense", units=2, activation="relu")), SERIES, {}),
        "conv": (dict(layer=layer_of("Conv2D", filters=2, kernel_size=3)), normal(2, 3, 5, 4, 2), {}),
        "batch_normalization": (dict(layer=layer_of("BatchNormalization", momentum=0.8)), SERIES, dict(training=True)),
        "batch_normalization_inference": (dict(layer=layer_of("BatchNormalization")), SERIES, dict(training=False)),
        "lstm_mask": (dict(layer=layer_of("LSTM", units=3)), normal(2, 3, 5, 4), dict(mask=np.stack([MASK, MASK[::-1]]))),
        "bidirectional": (dict(layer=layer_of("Bidirectional", layer=layer_of("GRU", units=2))), normal(2, 3, 4, 3), {}),
    },
    "MultiHeadAttention": {
        "self": (dict(num_heads=2, key_dim=3), [SERIES, SERIES], {}),
        "query_value": (dict(num_heads=2, key_dim=3, value_dim=5), QUERY_VALUE, {}),
        "query_value_key_no_bias": (dict(num_heads=3, key_dim=2, use_bias=False), QUERY_VALUE_KEY, {}),
        "output_shape": (dict(num_heads=2, key_dim=3, output_shape=7), QUERY_VALUE, {}),
        "output_shapes": (dict(num_heads=2, key_dim=3, output_shape=[2, 3]), QUERY_VALUE, {}),
        "causal": (dict(num_heads=2, key_dim=3), [SERIES, SERIES], dict(use_causal_mask=True)),
        "attention_mask": (dict(num_heads=2, key_dim=3), QUERY_VALUE, dict(attention_mask=SEEN)),
        "attention_mask_causal_scores": (dict(num_heads=2, key_dim=3), QUERY_VALUE,
                                         dict(attention_mask=SEEN, use_causal_mask=True, return_attention_scores=True)),
        "attention_mask_of_heads": (dict(num_heads=2, key_dim=3), QUERY_VALUE, dict(attention_mask=np.stack([SEEN, ~SEEN], 1))),
        "scores": (dict(num_heads=2, key_dim=3), QUERY_VALUE, dict(return_attention_scores=True)),
        "masks": (dict(num_heads=2, key_dim=3), QUERY_VALUE, dict(masks=MASKS)),
        "masks_key": (dict(num_heads=2, key_dim=3), QUERY_VALUE_KEY, dict(masks=MASKS + [MASKS[1][::-1]])),
        "masks_causal": (dict(num_heads=2, key_dim=3), QUERY_VALUE, dict(masks=MASKS, use_causal_mask=True)),
        "masks_scores": (dict(num_heads=2, key_dim=3), QUERY_VALUE, dict(masks=MASKS, return_attention_scores=True)),
        "value_mask": (dict(num_heads=2, key_dim=3), QUERY_VALUE, dict(masks=[None, MASKS[1]])),
        "dropout_inference": (dict(num_heads=2, key_dim=3, dropout=0.4), QUERY_VALUE, dict(training=False, masks=MASKS)),
        "sliding_window": (dict(num_heads=2, key_dim=3, sliding_window=2), [SERIES, SERIES], {}),
        "sliding_window_causal": (dict(num_heads=2, key_dim=3, sliding_window=2), [SERIES, SERIES], dict(use_causal_mask=True)),
        "gate": (dict(num_heads=2, key_dim=3, value_dim=2, use_gate=True), QUERY_VALUE, {}),
        "two_axes": (dict(num_heads=2, key_dim=3), [normal(2, 3, 4, 5), normal(2, 2, 3, 5)], dict(return_attention_scores=True)),
        "axis_2": (dict(num_heads=2, key_dim=3, attention_axes=[2]), [normal(2, 3, 4, 5), normal(2, 3, 2, 5)],
                   dict(return_attention_scores=True)),
        "axis_1": (dict(num_heads=2, key_dim=3, attention_axes=[1]), [normal(2, 3, 4, 5), normal(2, 3, 4, 5)], dict(use_causal_mask=True)),
        "axis_2_attention_mask": (dict(num_heads=2, key_dim=3, attention_axes=[2]), [normal(3, 2, 5, 3), normal(3, 2, 4, 3)],
                                  dict(attention_mask=SEEN)),
        "two_axes_attention_mask": (dict(num_heads=1, key_dim=3), [normal(2, 2, 3, 4), normal(2, 3, 2, 4)],
                                    dict(attention_mask=SEEN.ravel()[:36].reshape(1, 2, 3, 3, 2))),
    },
    "GroupedQueryAttention": {
        "groups": (dict(head_dim=3, num_query_heads=4, num_key_value_heads=2), QUERY_VALUE, {}),
        "one_group_no_bias": (dict(head_dim=3, num_query_heads=2, num_key_value_heads=1, use_bias=False), QUERY_VALUE_KEY, {}),
        "masks_causal": (dict(head_dim=3, num_query_heads=4, num_key_value_heads=2), QUERY_VALUE, dict(masks=MASKS, use_causal_mask=True)),
        "scores_window_gate": (dict(head_dim=3, num_query_heads=2, num_key_value_heads=2, sliding_window=2, use_gate=True), QUERY_VALUE,
                               dict(return_attention_scores=True)),
    },
    "Attention": {
        "default": ({}, QUERY_VALUE, {}),
        "key": ({}, QUERY_VALUE_KEY, {}),
        "scale": (dict(use_scale=True), QUERY_VALUE, {}),
        "concat": (dict(score_mode="concat"), QUERY_VALUE, {}),
        "concat_scale_scores": (dict(score_mode="concat", use_scale=True), QUERY_VALUE, dict(return_attention_scores=True)),
        "causal": ({}, QUERY_VALUE, dict(use_causal_mask=True)),
        "masks": ({}, QUERY_VALUE, dict(masks=MASKS)),
        "masks_causal_scores": (dict(use_scale=True), QUERY_VALUE, dict(masks=MASKS, use_causal_mask=True, return_attention_scores=True)),
        "query_mask": ({}, QUERY_VALUE, dict(masks=[MASK, None])),
    },
    "AdditiveAttention": {
        "default": ({}, QUERY_VALUE, {}),
        "no_scale": (dict(use_scale=False), QUERY_VALUE_KEY, {}),
        "masks_causal_scores": ({}, QUERY_VALUE, dict(masks=MASKS, use_causal_mask=True, return_attention_scores=True)),
    },
    "PositionEmbedding": {"default": (dict(sequence_length=7), SERIES, {}), "whole": (dict(sequence_length=5), SERIES, {})},
    "Conv1D": {
        "valid": (dict(filters=3, kernel_size=3), STEPS, {}),
        "same_strides": (dict(filters=3, kernel_size=4, strides=2, padding="same"), STEPS, {}),
        "causal": (dict(filters=3, kernel_size=3, padding="causal"), STEPS, {}),
        "causal_dilated": (dict(filters=3, kernel_size=2, padding="causal", dilation_rate=3, activation="tanh"), STEPS, {}),
        "causal_strides": (dict(filters=3, kernel_size=3, padding="causal", strides=2), STEPS, {}),
        "groups_no_bias": (dict(filters=4, kernel_size=2, groups=2, use_bias=False), STEPS, {}),
        "channels_first": (dict(filters=2, kernel_size=3, padding="same", data_format="channels_first"), STEPS, {}),
        "channels_first_causal": (dict(filters=2, kernel_size=3, padding="causal", data_format="channels_first"), STEPS, {}),
    },
    "Conv3D": {
        "valid": (dict(filters=3, kernel_size=2), VOLUME, {}),
        "same_strides": (dict(filters=2, kernel_size=(3, 2, 3), strides=(2, 1, 3), padding="same"), VOLUME, {}),
        "dilated_groups": (dict(filters=4, kernel_size=2, dilation_rate=(2, 1, 2), groups=2, activation="relu"), VOLUME, {}),
        "channels_first": (dict(filters=2, kernel_size=2, data_format="channels_first"), normal(1, 2, 3, 4, 3), {}),
    },
    "DepthwiseConv2D": {
        "valid": (dict(kernel_size=3), IMAGE, {}),
        "same_strides_multiplier": (dict(kernel_size=(3, 2), strides=2, padding="same", depth_multiplier=2, activation="tanh"), IMAGE, {}),
        "dilated_no_bias": (dict(kernel_size=2, dilation_rate=(2, 3), use_bias=False), IMAGE, {}),
        "channels_first": (dict(kernel_size=3, padding="same", depth_multiplier=2, data_format="channels_first"), normal(2, 3, 4, 5), {}),
    },
    "DepthwiseConv1D": {
        "valid": (dict(kernel_size=3), STEPS, {}),
        "same_strides_multiplier": (dict(kernel_size=3, strides=2, padding="same", depth_multiplier=3), STEPS, {}),
        "dilated": (dict(kernel_size=2, dilation_rate=3), STEPS, {}),
        "channels_first": (dict(kernel_size=2, data_format="channels_first", activation="relu"), STEPS, {}),
    },
    "SeparableConv2D": {
        "valid": (dict(filters=4, kernel_size=3), IMAGE, {}),
        "same_strides_multiplier": (dict(filters=2, kernel_size=(3, 2), strides=2, padding="same", depth_multiplier=2, activation="tanh"), IMAGE, {}),
        "dilated_no_bias": (dict(filters=3, kernel_size=2, dilation_rate=(2, 3), use_bias=False), IMAGE, {}),
        "channels_first": (dict(filters=3, kernel_size=3, padding="same", data_format="channels_first"), normal(2, 3, 4, 5), {}),
    },
    "SeparableConv1D": {
        "valid": (dict(filters=3, kernel_size=3), STEPS, {}),
        "same_strides_multiplier": (dict(filters=3, kernel_size=4, strides=3, padding="same", depth_multiplier=2), STEPS, {}),
        "dilated": (dict(filters=2, kernel_size=2, dilation_rate=3, activation="relu"), STEPS, {}),
        "channels_first": (dict(filters=3, kernel_size=2, data_format="channels_first"), STEPS, {}),
    },
    "Conv1DTranspose": {
        "valid": (dict(filters=3, kernel_size=3), STEPS, {}),
        "strides_beyond_kernel": (dict(filters=3, kernel_size=2, strides=3), STEPS, {}),
        "same_strides": (dict(filters=3, kernel_size=3, strides=2, padding="same"), STEPS, {}),
        "same_output_padding": (dict(filters=3, kernel_size=5, strides=3, padding="same", output_padding=2), STEPS, {}),
        "same_even_output_padding_0": (dict(filters=3, kernel_size=4, strides=2, padding="same", output_padding=0), STEPS, {}),
        "channels_first_dilated": (dict(filters=3, kernel_size=3, dilation_rate=2, data_format="channels_first"), STEPS, {}),
    },
    "Conv2DTranspose": {
        "valid": (dict(filters=4, kernel_size=3), IMAGE, {}),
        "valid_strides": (dict(filters=2, kernel_size=(3, 2), strides=(2, 3)), IMAGE, {}),
        "valid_output_padding": (dict(filters=2, kernel_size=3, strides=2, output_padding=1), IMAGE, {}),
        "valid_output_padding_0": (dict(filters=2, kernel_size=2, strides=3, output_padding=0), IMAGE, {}),
        "same": (dict(filters=2, kernel_size=3, padding="same"), IMAGE, {}),
        "same_strides": (dict(filters=2, kernel_size=4, strides=2, padding="same", activation="tanh"), IMAGE, {}),
        "same_strides_beyond_kernel": (dict(filters=2, kernel_size=2, strides=3, padding="same"), IMAGE, {}),
        "same_output_padding": (dict(filters=2, kernel_size=(3, 4), strides=3, padding="same", output_padding=(2, 1)), IMAGE, {}),
        "same_output_padding_0": (dict(filters=2, kernel_size=(4, 3), strides=2, padding="same", output_padding=0), IMAGE, {}),
        "same_output_padding_beyond_kernel": (dict(filters=2, kernel_size=(1, 2), strides=4, padding="same", output_padding=3), IMAGE, {}),
        "dilated": (dict(filters=2, kernel_size=(2, 3), dilation_rate=(2, 3), use_bias=False), IMAGE, {}),
        "dilated_same": (dict(filters=2, kernel_size=(2, 3), dilation_rate=2, padding="same"), IMAGE, {}),
        "channels_first": (dict(filters=2, kernel_size=3, strides=2, padding="same", data_format="channels_first"), normal(2, 3, 4, 5), {}),
    },
    "Conv3DTranspose": {
        "valid": (dict(filters=3, kernel_size=2), normal(1, 2, 3, 2, 2), {}),
        "same_strides": (dict(filters=2, kernel_size=(3, 2, 3), strides=(2, 1, 3), padding="same"), normal(1, 2, 3, 2, 2), {}),
        "channels_first_output_padding": (dict(filters=2, kernel_size=3, strides=2, output_padding=(1, 0, 1), data_format="channels_first"),
                                          normal(1, 2, 2, 2, 3), {}),
    },
    "AveragePooling1D": {
        "default": (dict(pool_size=2), STEPS, {}),
        "same_strides": (dict(pool_size=3, strides=2, padding="same"), STEPS, {}),
        "channels_first": (dict(pool_size=2, strides=1, data_format="channels_first"), STEPS, {}),
    },
    "AveragePooling3D": {
        "default": (dict(pool_size=2), VOLUME, {}),
        "same_strides": (dict(pool_size=(3, 2, 2), strides=(1, 2, 3), padding="same"), VOLUME, {}),
        "channels_first": (dict(pool_size=2, data_format="channels_first"), normal(1, 2, 4, 3, 2), {}),
    },
    "MaxPooling1D": {
        "default": ({}, distinct(2, 7, 4), {}),
        "same_strides": (dict(pool_size=3, strides=2, padding="same"), distinct(2, 7, 4), {}),
        "channels_first": (dict(pool_size=2, strides=1, data_format="channels_first"), distinct(2, 4, 7), {}),
    },
    "MaxPooling3D": {
        "default": ({}, distinct(2, 4, 3, 4, 2), {}),
        "same_strides": (dict(pool_size=(3, 2, 2), strides=(1, 2, 3), padding="same"), distinct(2, 4, 3, 4, 2), {}),
        "channels_first": (dict(pool_size=2, data_format="channels_first"), distinct(1, 2, 4, 3, 2), {}),
    },
    "GlobalAveragePooling3D": {"default": ({}, VOLUME, {}), "channels_first": (dict(data_format="channels_first", keepdims=True), VOLUME, {})},
    "GlobalMaxPooling3D": {"default": ({}, distinct(2, 4, 3, 4, 2), {}),
                           "channels_first": (dict(data_format="channels_first", keepdims=True), distinct(2, 4, 3, 4, 2), {})},
    "ZeroPadding1D": {
        "default": ({}, STEPS, {}),
        "sides": (dict(padding=(2, 0)), STEPS, {}),
        "channels_first": (dict(padding=(1, 3), data_format="channels_first"), STEPS, {}),
    },
    "ZeroPadding3D": {
        "default": ({}, VOLUME, {}),
        "sides": (dict(padding=((1, 0), (2, 3), (0, 1))), VOLUME, {}),
        "channels_first": (dict(padding=((1, 1), (0, 0), (2, 2)), data_format="channels_first"), VOLUME, {}),
    },
    "Cropping1D": {"default": ({}, STEPS, {}), "sides": (dict(cropping=(3, 0)), STEPS, {})},
    "Cropping3D": {
        "default": ({}, VOLUME, {}),
        "sides": (dict(cropping=((1, 0), (0, 2), (1, 2))), VOLUME, {}),
        "channels_first": (dict(cropping=((1, 1), (0, 1), (0, 0)), data_format="channels_first"), VOLUME, {}),
    },
    "UpSampling1D": {"default": ({}, STEPS, {}), "three": (dict(size=3), STEPS, {})},
    "UpSampling2D": {
        "default": ({}, IMAGE, {}),
        "nearest": (dict(size=(1, 3)), IMAGE, {}),
        "bilinear": (dict(interpolation="bilinear"), IMAGE, {}),
        "bilinear_odd": (dict(size=(3, 4), interpolation="bilinear"), IMAGE, {}),
        "bilinear_one_row": (dict(size=2, interpolation="bilinear"), normal(2, 1, 3, 2), {}),
        "channels_first": (dict(size=(2, 1), data_format="channels_first"), IMAGE, {}),
        "channels_first_bilinear": (dict(size=(2, 3), data_format="channels_first", interpolation="bilinear"), IMAGE, {}),
    },
    "UpSampling3D": {"default": ({}, VOLUME, {}), "channels_first": (dict(size=(1, 3, 2), data_format="channels_first"), VOLUME, {})},
    "Dot": {
        "rows": (dict(axes=1), [ROWS, ROWS], {}),
        "last": (dict(axes=-1), [SERIES, SERIES], {}),
        "pair": (dict(axes=(1, 2)), [normal(2, 3, 5), normal(2, 4, 3)], {}),
        "ranks": (dict(axes=(1, 2)), [normal(2, 3), normal(2, 4, 3)], {}),
        "ranks_reversed": (dict(axes=(3, 1)), [normal(2, 3, 2, 4), normal(2, 4)], {}),
        "four_axes": (dict(axes=(2, 1)), [normal(2, 3, 4, 2), normal(2, 4, 5, 2)], {}),
        "normalize": (dict(axes=1, normalize=True), [ROWS, ROWS], {}),
        "normalize_pair": (dict(axes=(2, 1), normalize=True), [normal(2, 3, 4), normal(2, 4, 5)], {}),
    },
    "EinsumDense": {
        "dense": (dict(equation="ab,bc->ac", output_shape=3, bias_axes="c"), ROWS, {}),
        "sequence": (dict(equation="abc,cd->abd", output_shape=(None, 3), bias_axes="d", activation="relu"), SERIES, {}),
        "sequence_bias_over_two": (dict(equation="abc,cd->abd", output_shape=(5, 3), bias_axes="bd"), SERIES, {}),
        "elided_left": (dict(equation="...x,xy->...y", output_shape=3, bias_axes="y"), normal(2, 3, 4, 5), {}),
        "elided_right": (dict(equation="ab...,bc->ac...", output_shape=3, bias_axes="c"), normal(2, 4, 3), {}),
        "heads": (dict(equation="abc,cde->abde", output_shape=(None, 2, 3), bias_axes="de"), SERIES, {}),
        "heads_joined": (dict(equation="abde,dec->abc", output_shape=(None, 5), bias_axes="c"), normal(2, 3, 2, 4), {}),
        "bias_first_axis": (dict(equation="abc,cde->adbe", output_shape=(2, None, 3), bias_axes="d"), SERIES, {}),
        "shared_axis": (dict(equation="abc,bcd->abd", output_shape=(5, 2)), SERIES, {}),
        "summed_alone": (dict(equation="abc,cd->ad", output_shape=3), SERIES, {}),
    },
    "GaussianNoise": {"inference": (dict(stddev=0.4), ROWS, dict(training=False)), "none_training": (dict(stddev=0.0), ROWS, dict(training=True))},
    "GaussianDropout": {"inference": (dict(rate=0.4), ROWS, dict(training=False)), "none_training": (dict(rate=0.0), ROWS, dict(training=True))},
    "AlphaDropout": {"inference": (dict(rate=0.4), ROWS, dict(training=False)), "none_training": (dict(rate=0.0), ROWS, dict(training=True))},
    "SpatialDropout1D": {"inference": (dict(rate=0.4), SERIES, dict(training=False)), "none_training": (dict(rate=0.0), SERIES, dict(training=True))},
    "SpatialDropout2D": {"inference": (dict(rate=0.4), IMAGE, dict(training=False)),
                         "none_training": (dict(rate=0.0, data_format="channels_first"), IMAGE, dict(training=True))},
    "SpatialDropout3D": {"inference": (dict(rate=0.4), VOLUME, dict(training=False)),
                         "none_training": (dict(rate=0.0, data_format="channels_first"), VOLUME, dict(training=True))},
    "ActivityRegularization": {"default": ({}, ROWS, {}), "both": (dict(l1=0.5, l2=0.25), ROWS, dict(training=True))},
    "ELU": {"default": ({}, ROWS, {}), "alpha": (dict(alpha=0.5), SERIES, {})},
    "PReLU": {"default": ({}, ROWS, {}), "shared": (dict(shared_axes=[1, 2]), IMAGE, {}), "shared_first": (dict(shared_axes=1), SERIES, {})},
    "UnitNormalization": {
        "default": ({}, ROWS, {}),
        "axis_1": (dict(axis=1), SERIES, {}),
        "axes": (dict(axis=[1, 2]), SERIES, {}),
    },
    "GroupNormalization": {
        "two": (dict(groups=2), normal(2, 3, 4, 4), {}),
        "one": (dict(groups=1, epsilon=0.1), IMAGE, {}),
        "each": (dict(groups=-1), IMAGE, {}),
        "rows": (dict(groups=2), normal(3, 4), {}),
        "axis_1": (dict(groups=2, axis=1), normal(2, 4, 3, 5), {}),
        "axis_2": (dict(groups=2, axis=2), normal(2, 3, 4, 5), {}),
        "axis_from_end": (dict(groups=3, axis=-2), normal(2, 3, 6, 5), {}),
        "no_scale": (dict(groups=2, scale=False), SERIES, {}),
        "no_center": (dict(groups=2, center=False), SERIES, {}),
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


# Keras' classes under the names that they have here.
CLASSES = {"GroupedQueryAttention": keras.layers.GroupQueryAttention, "PositionEmbedding": PositionEmbedding}
ONE_BY_ONE = ("MultiHeadAttention", "GroupedQueryAttention")  # their inputs are no list


def made(kind, arguments):
    def inside(key, value):
        if key == "cells":
            return [inside("cell", cell) for cell in value]
        return made(*next(iter(value.items()))) if key in ("layer", "backward_layer", "cell") else value

    inner = {key: inside(key, value) for key, value in arguments.items()}
    return CLASSES.get(kind, getattr(keras.layers, kind, None))(**inner)


def states_of(cell, flat):
    """As the cell takes them: a list, for a stack a list of lists."""
    flat = iter(flat)
    if not isinstance(cell, keras.layers.StackedRNNCells):
        return list(flat)
    return [[next(flat) for _ in keras.tree.flatten(size)] for size in cell.state_size]


def differentiable(value):
    return np.issubdtype(value.dtype, np.floating)


def path_inside(layer, variable):
    """Without the layer's own name, where it stands in the path."""
    prefix = layer.name + "/"
    return variable.path[variable.path.index(prefix) + len(prefix):] if prefix in variable.path else variable.path


def run(kind, name, arguments, inputs, call):
    """The arrays of one case: gradients are of sum(y * dy), over all outputs, with the call arguments given."""
    rng = generator(f"{kind}/{name}")
    several = isinstance(inputs, list)
    x = [make(rng) for make in inputs] if several else [inputs(rng)]
    keras.utils.clear_session()             # names without numbers
    layer = made(kind, arguments)
    record = {f"{name}/config": text(arguments)}
    if name.startswith("adapt"):
        record[f"{name}/data"] = data = 3 + 2 * rng.standard_normal((16,) + x[0].shape[1:])
        layer.adapt(data)
    masks = call.get("masks")                    # that travel with the inputs
    call = {key: value for key, value in call.items() if key != "masks"}
    for index, mask in enumerate(masks or []):
        if mask is not None:
            record[f"{name}/masks/{index}"] = mask
    plain = {key: value for key, value in call.items() if isinstance(value, bool)}
    arrays = {key: [ops.convert_to_tensor(v) for v in value] if isinstance(value, list) else ops.convert_to_tensor(value)
              for key, value in call.items() if key not in plain}
    record[f"{name}/call"] = text(plain)
    for key, value in call.items():
        if key not in plain:
            for index, array in enumerate(value) if isinstance(value, list) else [("", value)]:
                record[f"{name}/call/{key}{index}"] = array

    def forward(*tensors):
        if masks:
            tensors = [ops.copy(tensor) for tensor in tensors]
            for tensor, mask in zip(tensors, masks):
                if mask is not None:
                    keras.src.backend.set_keras_mask(tensor, ops.convert_to_tensor(mask))
        if kind in ONE_BY_ONE:
            y = layer(*tensors, **plain, **arrays)
        elif "Cell" in kind:
            y = layer(tensors[0], states_of(layer, tensors[1:]), **plain, **arrays)
        else:
            y = layer(list(tensors) if several else tensors[0], **plain, **arrays)
        return keras.tree.flatten(y)

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
    record[f"{name}/weights"] = text([path_inside(layer, v) for v in layer.weights])
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
