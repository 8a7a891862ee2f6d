"""Golden losses, metrics, activations, optimizers, schedules, regularizers and constraints of Keras in float64.

    pip install keras==3.15.1 jax==0.10.2 numpy
    python tests/golden/make_losses.py [file ...] [--out FOLDER]

Writes <file>.npz beside this script; README.md says what the keys mean.
"""
import argparse
import pathlib

from golden import FOLDER, generator, numpy, save, text, value_and_gradients

import keras
import numpy as np
from keras import ops
from keras.src.backend import set_keras_mask


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def one_hot(indices, classes):
    return np.eye(classes)[indices]


# ---- Data: rng -> (y_true, y_pred)

def real(*shape):
    return lambda rng: (rng.standard_normal(shape), rng.standard_normal(shape))


def positive(*shape):
    return lambda rng: (rng.random(shape) * 3 + 0.1, rng.random(shape) * 3 + 0.1)


def signs(*shape):
    return lambda rng: (rng.integers(0, 2, shape) * 2.0 - 1, rng.standard_normal(shape))


def zero_one(*shape):
    return lambda rng: (rng.integers(0, 2, shape).astype(float), rng.standard_normal(shape))


def binary(*shape, logits=False):
    return lambda rng: (rng.integers(0, 2, shape).astype(float),
                        2 * rng.standard_normal(shape) if logits else sigmoid(2 * rng.standard_normal(shape)))


def categorical(*shape, logits=False):
    return lambda rng: (one_hot(rng.integers(0, shape[-1], shape[:-1]), shape[-1]),
                        2 * rng.standard_normal(shape) if logits else softmax(2 * rng.standard_normal(shape)))


def soft(*shape):
    return lambda rng: (softmax(rng.standard_normal(shape)), softmax(rng.standard_normal(shape)))


def sparse(*shape, logits=False, low=0):
    return lambda rng: (rng.integers(low, shape[-1], shape[:-1]),
                        2 * rng.standard_normal(shape) if logits else softmax(2 * rng.standard_normal(shape)))


def column(data):
    def make(rng):
        y_true, y_pred = data(rng)
        return y_true[..., None], y_pred
    return make


def fixed(y_true, y_pred):
    return lambda rng: (np.array(y_true), np.array(y_pred, float))


def unnormalised(rng):
    y_true, _ = categorical(5, 4)(rng)
    return y_true, 0.9 * rng.random((5, 4)) + 0.05


def unit_vectors(rng):
    v = rng.standard_normal((8, 4))
    return rng.integers(0, 3, 8), v / np.linalg.norm(v, axis=-1, keepdims=True)


CLIPPED = [[0.0, 1.0], [1.0, 0.0], [0.5, 0.5]]
LARGE = [[800.0, -800.0], [-800.0, 800.0], [3.0, 3.0]]

# ---- Losses

LOSSES = {
    "MeanSquaredError": {"default": ({}, real(4, 3))},
    "MeanAbsoluteError": {"default": ({}, real(4, 3))},
    "MeanAbsolutePercentageError": {"default": ({}, real(4, 3)),
                                    "zero_target": ({}, fixed([[0.0, 2.0]], [[1.0, 1.0]]))},
    "MeanSquaredLogarithmicError": {"default": ({}, positive(4, 3)), "below_zero": ({}, fixed([[0.5, -0.5]], [[-0.2, 0.7]]))},
    "CosineSimilarity": {"default": ({}, real(4, 3)), "axis_1": (dict(axis=1), real(4, 3, 2))},
    "Huber": {"default": ({}, lambda rng: (3 * rng.standard_normal((4, 3)), rng.standard_normal((4, 3)))),
              "delta": (dict(delta=0.3), real(4, 3))},
    "LogCosh": {"default": ({}, real(4, 3)), "large": ({}, fixed([[0.0, 0.0]], [[300.0, -300.0]]))},
    "Hinge": {"default": ({}, signs(4, 3)), "zero_one": ({}, zero_one(4, 3))},
    "SquaredHinge": {"default": ({}, signs(4, 3)), "zero_one": ({}, zero_one(4, 3))},
    "CategoricalHinge": {"default": ({}, categorical(5, 4, logits=True))},
    "KLDivergence": {"default": ({}, soft(5, 4)), "clipped": ({}, fixed(CLIPPED, [[0.9, 0.0], [0.0, 0.9], [0.5, 0.5]]))},
    "Poisson": {"default": ({}, positive(4, 3))},
    "BinaryCrossentropy": {
        "default": ({}, binary(5, 3)),
        "from_logits": (dict(from_logits=True), binary(5, 3, logits=True)),
        "smoothing": (dict(label_smoothing=0.2), binary(5, 3)),
        "smoothing_from_logits": (dict(label_smoothing=0.2, from_logits=True), binary(5, 3, logits=True)),
        "clipped": ({}, fixed([[1.0, 1.0], [0.0, 1.0], [1.0, 0.0]], CLIPPED)),
        "large_logits": (dict(from_logits=True), fixed([[1.0, 1.0], [0.0, 1.0], [1.0, 0.0]], LARGE)),
        "one_column": ({}, binary(6, 1)),
        "flat_target": ({}, lambda rng: (rng.integers(0, 2, 6).astype(float), sigmoid(rng.standard_normal((6, 1))))),
    },
    "BinaryFocalCrossentropy": {
        "default": ({}, binary(5, 3)),
        "from_logits": (dict(from_logits=True), binary(5, 3, logits=True)),
        "balanced": (dict(apply_class_balancing=True, alpha=0.3, gamma=1.5), binary(5, 3)),
        "smoothing": (dict(label_smoothing=0.1), binary(5, 3)),
        "axis_1": (dict(axis=1, gamma=1.0), binary(4, 3, 2)),
    },
    "CategoricalCrossentropy": {
        "default": ({}, categorical(5, 4)),
        "from_logits": (dict(from_logits=True), categorical(5, 4, logits=True)),
        "smoothing": (dict(label_smoothing=0.1), categorical(5, 4)),
        "smoothing_from_logits": (dict(label_smoothing=0.1, from_logits=True), categorical(5, 4, logits=True)),
        "soft_targets": ({}, soft(5, 4)),
        "unnormalised": ({}, unnormalised),
        "axis_1": (dict(axis=1, from_logits=True), lambda rng: (np.swapaxes(softmax(rng.standard_normal((3, 2, 4))), 1, 2),
                                                                rng.standard_normal((3, 4, 2)))),
        "clipped": ({}, fixed([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], CLIPPED)),
        "large_logits": (dict(from_logits=True), fixed([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], LARGE)),
        "series": ({}, categorical(2, 3, 4)),
    },
    "CategoricalFocalCrossentropy": {
        "default": ({}, categorical(5, 4)),
        "from_logits": (dict(from_logits=True), categorical(5, 4, logits=True)),
        "alpha_gamma_smoothing": (dict(alpha=0.5, gamma=1.0, label_smoothing=0.1), categorical(5, 4)),
        "axis_1": (dict(axis=1, from_logits=True), lambda rng: (np.swapaxes(softmax(rng.standard_normal((3, 2, 4))), 1, 2),
                                                                rng.standard_normal((3, 4, 2)))),
    },
    "CategoricalGeneralizedCrossEntropy": {"default": ({}, sparse(5, 4)), "q": (dict(q=0.8), sparse(5, 4))},    # integer targets
    "SparseCategoricalCrossentropy": {
        "default": ({}, sparse(5, 4)),
        "from_logits": (dict(from_logits=True), sparse(5, 4, logits=True)),
        "ignore_class": (dict(ignore_class=-1), sparse(8, 3, low=-1)),
        "ignore_class_from_logits": (dict(ignore_class=1, from_logits=True), sparse(8, 3, logits=True)),
        "ignore_class_series": (dict(ignore_class=0, from_logits=True), sparse(3, 4, 3, logits=True)),
        "series": (dict(from_logits=True), sparse(2, 3, 4, logits=True)),
        "target_column": ({}, column(sparse(5, 4))),
        "unnormalised": ({}, lambda rng: (rng.integers(0, 4, 5), 0.9 * rng.random((5, 4)) + 0.05)),
        "clipped": ({}, fixed([0, 0, 1], CLIPPED)),
        "large_logits": (dict(from_logits=True), fixed([0, 0, 1], LARGE)),
    },
    "Dice": {"default": ({}, binary(3, 4)), "axis": (dict(axis=(1, 2)), binary(2, 3, 4))},
    "Tversky": {"default": ({}, binary(3, 4)), "weights_axis": (dict(alpha=0.3, beta=0.7, axis=(1, 2)), binary(2, 3, 4))},
    "Circle": {"default": ({}, unit_vectors), "with_diagonal": (dict(remove_diagonal=False), unit_vectors),
               "alone": ({}, lambda rng: (np.arange(3), unit_vectors(rng)[1][:3])),
               "small_gamma": (dict(gamma=4.0, margin=0.25), unit_vectors)},
    "CTC": {"default": ({}, lambda rng: (np.array([[1, 2, 2], [3, 1, 0]]), rng.standard_normal((2, 7, 5))))},
}

# Reductions, weights and masks are one mechanism: shown on a loss per element, one per row and one per step.
REDUCED = {"MeanSquaredError": ({}, real(4, 3)),
           "SparseCategoricalCrossentropy": (dict(from_logits=True), sparse(4, 3, 5, logits=True)),
           "BinaryCrossentropy": ({}, binary(4, 3, 2))}
REDUCTIONS = ["sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none"]
WEIGHT_ROWS = np.array([1.0, 0.0, 2.5, 0.5])
WEIGHT_STEPS = np.array([[1.0, 2, 0], [0.5, 0, 3], [1, 1, 1], [0, 0, 0]])
MASK_ROWS = np.array([True, True, False, True])
MASK_STEPS = np.array([[1, 1, 0], [1, 0, 0], [0, 1, 1], [0, 0, 0]], bool)


def loss_case(key, kind, config, data, sample_weight=None, mask=None):
    rng = generator(key)
    y_true, y_pred = data(rng)
    loss = getattr(keras.losses, kind)(**config)
    shape = []

    def value(prediction):
        if mask is not None:
            set_keras_mask(prediction, ops.convert_to_tensor(mask))
        result = loss(ops.convert_to_tensor(y_true), prediction, sample_weight=sample_weight)
        shape[:] = result.shape
        return ops.sum(result), result

    result = numpy(value(ops.convert_to_tensor(y_pred))[1])
    assert result.dtype == np.float64, (key, result.dtype)
    _, _, _, (gradient,) = value_and_gradients(lambda p: (value(p)[0], None), [], [ops.convert_to_tensor(y_pred)])
    record = {"config": text(config), "y_true": y_true, "y_pred": y_pred, "value": result, "gradient": gradient}
    if sample_weight is not None:
        record["sample_weight"] = sample_weight
    if mask is not None:
        record["mask"] = mask
    return {f"{key}/{name}": array for name, array in record.items()}


def losses():
    record = {}
    for kind, cases in LOSSES.items():
        for name, (config, data) in cases.items():
            record.update(loss_case(f"{kind}/{name}", kind, config, data))
    for kind, (config, data) in REDUCED.items():
        steps = kind != "MeanSquaredError"
        # A weight per row of a (rows, steps) loss must be (rows, 1): Keras refuses (rows,).
        weights = {"plain": None, "row_weights": WEIGHT_ROWS[:, None] if steps else WEIGHT_ROWS}
        weights.update({"step_weights": WEIGHT_STEPS} if steps else {})
        masks = {"": None, "_masked": MASK_STEPS if steps else MASK_ROWS, "_all_masked": np.zeros((4, 3) if steps else 4, bool)}
        for reduction in REDUCTIONS:
            for weight_name, weight in weights.items():
                for mask_name, mask in masks.items():
                    key = f"{kind}/{reduction}_{weight_name}{mask_name}"
                    record.update(loss_case(key, kind, config | {"reduction": reduction}, data, weight, mask))
    return record


# ---- Metrics

METRICS = {
    "Mean": {"default": ({}, None)},
    "Sum": {"default": ({}, None)},
    "Accuracy": {"default": ({}, lambda rng: (rng.integers(0, 3, 6), rng.integers(0, 3, 6)))},
    "BinaryAccuracy": {"default": ({}, binary(6, 3)), "threshold": (dict(threshold=0.7), binary(6, 1))},
    "CategoricalAccuracy": {"default": ({}, categorical(6, 4)), "series": ({}, categorical(3, 4, 5))},
    "SparseCategoricalAccuracy": {"default": ({}, sparse(6, 4)), "series": ({}, sparse(3, 4, 5)),
                                  "target_column": ({}, column(sparse(6, 4)))},
    "TopKCategoricalAccuracy": {"k2": (dict(k=2), categorical(6, 5)), "series": (dict(k=2), categorical(3, 4, 5))},
    "SparseTopKCategoricalAccuracy": {"k2": (dict(k=2), sparse(6, 5)), "series": (dict(k=2), sparse(3, 4, 5)),
                                      "sorted_ids": (dict(k=2, from_sorted_ids=True), lambda rng: (rng.integers(0, 4, 6), rng.permuted(np.tile(np.arange(4.0), (6, 1)), axis=1)))},
    "BinaryCrossentropy": {"default": ({}, binary(6, 3)),
                           "from_logits": (dict(from_logits=True, label_smoothing=0.1), binary(6, 3, logits=True))},
    "CategoricalCrossentropy": {"default": ({}, categorical(6, 4)),
                                "from_logits": (dict(from_logits=True, label_smoothing=0.1), categorical(6, 4, logits=True))},
    "SparseCategoricalCrossentropy": {"default": ({}, sparse(6, 4)),
                                      "from_logits": (dict(from_logits=True), sparse(6, 4, logits=True)),
                                      "series": ({}, sparse(3, 4, 5))},
    "KLDivergence": {"default": ({}, soft(6, 4))},
    "Poisson": {"default": ({}, positive(6, 3))},
    "MeanSquaredError": {"default": ({}, real(6, 3)), "series": ({}, real(3, 4, 2))},
    "RootMeanSquaredError": {"default": ({}, real(6, 3))},
    "MeanAbsoluteError": {"default": ({}, real(6, 3))},
    "MeanAbsolutePercentageError": {"default": ({}, real(6, 3))},
    "MeanSquaredLogarithmicError": {"default": ({}, positive(6, 3))},
    "CosineSimilarity": {"default": ({}, real(6, 3)), "axis_1": (dict(axis=1), real(6, 3, 2))},
    "LogCoshError": {"default": ({}, real(6, 3))},
    "Hinge": {"default": ({}, signs(6, 3))},
    "SquaredHinge": {"default": ({}, signs(6, 3))},
    "CategoricalHinge": {"default": ({}, categorical(6, 4, logits=True))},
    "R2Score": {"default": ({}, real(6, 3)), "variance_weighted": (dict(class_aggregation="variance_weighted_average"), real(6, 3)),
                "each": (dict(class_aggregation=None), real(6, 3)), "adjusted": (dict(num_regressors=2), real(6, 3)),
                "too_many_regressors": (dict(num_regressors=100), real(6, 3))},
    "PearsonCorrelation": {"default": ({}, real(4, 6))},
    "ConcordanceCorrelation": {"default": ({}, real(4, 6))},
    "TruePositives": {"default": ({}, binary(6, 3)), "thresholds": (dict(thresholds=[0.2, 0.5, 0.8]), binary(6, 3))},
    "TrueNegatives": {"default": ({}, binary(6, 3))},
    "FalsePositives": {"default": ({}, binary(6, 3))},
    "FalseNegatives": {"default": ({}, binary(6, 3))},
    "Precision": {"default": ({}, binary(6, 3)), "thresholds": (dict(thresholds=[0.2, 0.8]), binary(6, 3)),
                  "top_k": (dict(top_k=2), binary(6, 4)), "class_id": (dict(class_id=1), binary(6, 3)),
               "unsorted": (dict(thresholds=[0.8, 0.2, 0.5]), binary(6, 3)), "even": (dict(thresholds=[0.0, 0.5, 1.0]), binary(6, 3)),
               "top_k_threshold": (dict(top_k=2, thresholds=0.6), binary(6, 4)),
               "top_k_class": (dict(top_k=2, class_id=2), binary(6, 4))},
    "Recall": {"default": ({}, binary(6, 3)), "thresholds": (dict(thresholds=[0.2, 0.8]), binary(6, 3)),
               "top_k": (dict(top_k=2), binary(6, 4)), "class_id": (dict(class_id=1), binary(6, 3)),
               "unsorted": (dict(thresholds=[0.8, 0.2, 0.5]), binary(6, 3)), "even": (dict(thresholds=[0.0, 0.5, 1.0]), binary(6, 3)),
               "top_k_threshold": (dict(top_k=2, thresholds=0.6), binary(6, 4)),
               "top_k_class": (dict(top_k=2, class_id=2), binary(6, 4))},
    "AUC": {"default": ({}, binary(12, 1)), "pr": (dict(curve="PR"), binary(12, 1)),
            "majoring": (dict(num_thresholds=50, summation_method="majoring"), binary(12, 1)),
            "minoring": (dict(num_thresholds=50, summation_method="minoring"), binary(12, 1)),
            "multi_label": (dict(multi_label=True, num_labels=3, num_thresholds=20), binary(6, 3)),
            "from_logits": (dict(from_logits=True, num_thresholds=20), binary(12, 1, logits=True)),
            "prgain": (dict(curve="PRGAIN", num_thresholds=20), binary(12, 1)),
            "pr_majoring": (dict(curve="PR", summation_method="majoring", num_thresholds=20), binary(12, 1)),
            "thresholds": (dict(thresholds=[0.9, 0.3, 0.5]), binary(12, 1)),
            "label_weights": (dict(label_weights=[1.0, 2.0, 0.5], num_thresholds=20), binary(6, 3)),
            "multi_label_weights": (dict(multi_label=True, label_weights=[1.0, 2.0, 0.5], num_thresholds=20), binary(6, 3)),
            "multi_label_pr": (dict(multi_label=True, curve="PR", thresholds=[0.2, 0.4, 0.7]), binary(6, 3))},
    "SensitivityAtSpecificity": {"default": (dict(specificity=0.5), binary(12, 1))},
    "SpecificityAtSensitivity": {"default": (dict(sensitivity=0.5), binary(12, 1))},
    "PrecisionAtRecall": {"default": (dict(recall=0.5), binary(12, 1)),
                          "class_id": (dict(recall=0.7, num_thresholds=11, class_id=1), binary(12, 3))},
    "RecallAtPrecision": {"default": (dict(precision=0.5), binary(12, 1))},
    "F1Score": {"default": ({}, categorical(8, 3)), "macro": (dict(average="macro"), categorical(8, 3)),
                "micro": (dict(average="micro", threshold=0.5), binary(8, 3)), "weighted": (dict(average="weighted"), categorical(8, 3))},
    "FBetaScore": {"default": (dict(beta=2.0), categorical(8, 3)), "threshold": (dict(beta=0.5, threshold=0.4, average="macro"), binary(8, 3))},
    "IoU": {"default": (dict(num_classes=3, target_class_ids=[0, 2]), lambda rng: (rng.integers(0, 3, 8), rng.integers(0, 3, 8))),
            "images": (dict(num_classes=3, target_class_ids=[1, 2], sparse_y_pred=False, ignore_class=0), sparse(2, 4, 4, 3)),
            "float": (dict(num_classes=3, target_class_ids=[0, 2], dtype="float64"), lambda rng: (rng.integers(0, 3, 8), rng.integers(0, 3, 8)))},
    "BinaryIoU": {"default": ({}, binary(8)), "of_ones": (dict(target_class_ids=[1], threshold=0.3), binary(8))},
    "MeanIoU": {"default": (dict(num_classes=3), lambda rng: (rng.integers(0, 3, 8), rng.integers(0, 3, 8))),
                "ignore_class": (dict(num_classes=3, ignore_class=1), lambda rng: (rng.integers(0, 3, 8), rng.integers(0, 3, 8)))},
    "OneHotIoU": {"default": (dict(num_classes=3, target_class_ids=[1, 2]), categorical(8, 3))},
    "OneHotMeanIoU": {"default": (dict(num_classes=3), categorical(8, 3))},
}
UNWEIGHTED = {"PearsonCorrelation", "ConcordanceCorrelation"}


def metric_case(key, kind, config, data, weighted, mask=None):
    rng = generator(key)
    metric = getattr(keras.metrics, kind)(**config)
    record = {f"{key}/config": text(config)}
    for step in range(3):
        at = f"{key}/step{step}"
        if data is None:
            values = rng.standard_normal((5, 2))
            arrays, given = {"values": values}, [values]
        else:
            y_true, y_pred = data(rng)
            arrays, given = {"y_true": y_true, "y_pred": y_pred}, [y_true, ops.convert_to_tensor(y_pred)]
        rows = next(iter(arrays.values())).shape[0]
        if weighted:
            # IoU takes a weight per element alone.
            arrays["sample_weight"] = rng.random(y_true.shape if kind == "IoU" else rows) * 2
        if mask is not None:
            arrays["mask"] = mask
            set_keras_mask(given[-1], ops.convert_to_tensor(mask))
        metric.update_state(*given, **({"sample_weight": arrays["sample_weight"]} if weighted else {}))
        arrays["result"] = numpy(metric.result())
        record.update({f"{at}/{name}": array for name, array in arrays.items()})
    return record


def metrics():
    record = {}
    for kind, cases in METRICS.items():
        for name, (config, data) in cases.items():
            record.update(metric_case(f"{kind}/{name}", kind, config, data, False))
            if kind not in UNWEIGHTED:
                record.update(metric_case(f"{kind}/{name}_weighted", kind, config, data, True))
    mask = np.array([[1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0]], bool)
    for kind in ("SparseCategoricalAccuracy", "SparseCategoricalCrossentropy"):
        record.update(metric_case(f"{kind}/series_masked", kind, {}, sparse(3, 4, 5), False, mask))
    return record


# ---- Activations

NAMES = ("celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear log_sigmoid "
         "log_softmax mish relu relu6 selu sigmoid silu swish soft_shrink softmax softplus softsign sparse_plus sparse_sigmoid "
         "sparsemax squareplus tanh tanh_shrink threshold").split()
OPTIONS = {"celu": [dict(alpha=0.5)], "elu": [dict(alpha=0.5)], "gelu": [dict(approximate=True)], "glu": [dict(axis=0)],
           "hard_shrink": [dict(threshold=1.0)], "soft_shrink": [dict(threshold=1.0)], "leaky_relu": [dict(negative_slope=0.01)],
           "relu": [dict(negative_slope=0.1, max_value=2.0, threshold=0.3), dict(max_value=1.0), dict(threshold=0.5)],
           "softmax": [dict(axis=0)], "log_softmax": [dict(axis=0)], "sparsemax": [dict(axis=0)], "squareplus": [dict(b=1)],
           "threshold": [dict(threshold=0.5, default_value=-1.0)]}
KINKS = np.array([[-6.0, -3.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 3.0, 6.0]])
EXTREME = np.array([[-1e4, -800.0, -40.0, -1e-9, 1e-9, 40.0, 800.0, 1e4]])


def activations():
    rng = generator("activations")
    x = np.concatenate([2 * rng.standard_normal((4, 6)), 8 * rng.standard_normal((2, 6))])
    dy = rng.standard_normal((6, 6))
    record = {"x": x, "dy": dy, "kinks/x": KINKS, "extreme/x": EXTREME}
    for name in NAMES:
        function = keras.activations.get(name)
        for index, config in enumerate(([] if name == "threshold" else [{}]) + OPTIONS.get(name, [])):
            key = f"{name}/{index or 'default'}"
            value = lambda t, d: (ops.sum(function(t, **config) * d), None)
            record[f"{key}/config"] = text(config)
            record[f"{key}/y"] = numpy(function(ops.convert_to_tensor(x), **config))
            cotangent = dy[:record[f"{key}/y"].shape[0], :record[f"{key}/y"].shape[1]]
            _, _, _, (record[f"{key}/dx"],) = value_and_gradients(lambda t: value(t, cotangent), [], [ops.convert_to_tensor(x)])
            assert record[f"{key}/y"].dtype == np.float64, key
            if name in ("glu", "softmax", "log_softmax", "sparsemax") or config:
                continue
            for part, points in (("kinks", KINKS), ("extreme", EXTREME)):
                record[f"{key}/{part}/y"] = numpy(function(ops.convert_to_tensor(points)))
                _, _, _, (record[f"{key}/{part}/dx"],) = value_and_gradients(
                    lambda t: value(t, np.ones(points.shape)), [], [ops.convert_to_tensor(points)])
    return record


# ---- Optimizers

OPTIMIZERS = {
    "SGD": {"plain": {}, "momentum": dict(momentum=0.9), "nesterov": dict(momentum=0.9, nesterov=True),
            "weight_decay": dict(weight_decay=0.1), "clipnorm": dict(clipnorm=0.5), "clipvalue": dict(clipvalue=0.3),
            "global_clipnorm": dict(global_clipnorm=0.5), "accumulate": dict(momentum=0.9, gradient_accumulation_steps=3),
            "ema": dict(use_ema=True, ema_momentum=0.8), "ema_overwrite": dict(use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=4),
            "loss_scale": dict(loss_scale_factor=8.0)},
    "Adam": {"default": {}, "amsgrad": dict(amsgrad=True), "betas_epsilon": dict(beta_1=0.7, beta_2=0.9, epsilon=1e-2),
             "weight_decay": dict(weight_decay=0.1), "clipnorm": dict(clipnorm=0.5),
             "accumulate_ema": dict(gradient_accumulation_steps=2, use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=2)},
    "AdamW": {"default": {}, "amsgrad": dict(amsgrad=True, weight_decay=0.05)},
    "Adafactor": {"default": {}, "no_relative_step": dict(relative_step=False), "options": dict(beta_2_decay=-0.5, clip_threshold=0.5,
                  epsilon_2=0.1), "weight_decay": dict(weight_decay=0.1)},
    "Lamb": {"default": {}, "weight_decay": dict(weight_decay=0.1)},
    "RMSprop": {"default": {}, "momentum": dict(momentum=0.8), "centered": dict(centered=True), "both": dict(momentum=0.8, centered=True, rho=0.7)},
    "Adagrad": {"default": {}, "accumulator": dict(initial_accumulator_value=0.5)},
    "Adadelta": {"default": {}, "rho": dict(rho=0.8, epsilon=1e-3)},
    "Adamax": {"default": {}},
    "Nadam": {"default": {}, "weight_decay": dict(weight_decay=0.1), "betas": dict(beta_1=0.8, beta_2=0.95)},
    "Lion": {"default": {}, "weight_decay": dict(weight_decay=0.1)},
    "Ftrl": {"default": {}, "all": dict(l1_regularization_strength=0.05, l2_regularization_strength=0.02,
             l2_shrinkage_regularization_strength=0.01, beta=0.1), "power": dict(learning_rate_power=-0.7)},
    "Muon": {"default": {}, "options": dict(nesterov=False, rms_rate=None, ns_steps=3, momentum=0.8, weight_decay=0.05, adam_weight_decay=None),
             "excluded": dict(exclude_layers=["kern"], adam_lr_ratio=0.5)},
    "ScheduleFreeAdamW": {"default": {}, "warmup": dict(warmup_steps=4), "weight_decay": dict(weight_decay=0.1)},
}
STEPS = 10


def optimizers():
    rng = generator("optimizers")
    initial = {"kernel": rng.standard_normal((3, 4)), "bias": np.zeros(4), "tensor": rng.standard_normal((2, 3, 2))}
    gradients = [{name: 0.7 * rng.standard_normal(value.shape) for name, value in initial.items()} for _ in range(STEPS)]
    gradients[4]["bias"][:] = 0             # nothing to learn from, once
    record = {f"initial/{name}": value for name, value in initial.items()}
    for step, values in enumerate(gradients):
        record.update({f"gradient/step{step}/{name}": value for name, value in values.items()})
    for kind, cases in OPTIMIZERS.items():
        if not hasattr(keras.optimizers, kind):
            print("not in this Keras:", kind)
            continue
        for name, config in cases.items():
            keras.utils.clear_session()
            config = dict(learning_rate=0.1) | config
            optimizer = getattr(keras.optimizers, kind)(**config)
            variables = [keras.Variable(value, name=key, dtype="float64") for key, value in initial.items()]
            key = f"{kind}/{name}"
            record[f"{key}/config"] = text(config)
            optimizer.build(variables)
            for step, values in enumerate(gradients):
                optimizer.apply([ops.convert_to_tensor(v) for v in values.values()], variables)
                record.update({f"{key}/step{step}/{v.name}": numpy(v) for v in variables})
            record[f"{key}/slots_order"] = text([v.path for v in optimizer.variables])
            record.update({f"{key}/slots/{index}": numpy(v) for index, v in enumerate(optimizer.variables)})
    return record


# ---- Schedules, regularizers, constraints

SCHEDULES = {
    "ExponentialDecay": {"default": dict(initial_learning_rate=0.1, decay_steps=7, decay_rate=0.9),
                         "staircase": dict(initial_learning_rate=0.1, decay_steps=7, decay_rate=0.9, staircase=True)},
    "PiecewiseConstantDecay": {"default": dict(boundaries=[5, 11], values=[0.1, 0.05, 0.01])},
    "PolynomialDecay": {"default": dict(initial_learning_rate=0.1, decay_steps=12),
                        "power": dict(initial_learning_rate=0.1, decay_steps=12, end_learning_rate=0.02, power=2.0),
                        "cycle": dict(initial_learning_rate=0.1, decay_steps=7, power=0.5, cycle=True)},
    "InverseTimeDecay": {"default": dict(initial_learning_rate=0.1, decay_steps=4, decay_rate=0.5),
                         "staircase": dict(initial_learning_rate=0.1, decay_steps=4, decay_rate=0.5, staircase=True)},
    "CosineDecay": {"default": dict(initial_learning_rate=0.1, decay_steps=12),
                    "alpha": dict(initial_learning_rate=0.1, decay_steps=12, alpha=0.2),
                    "warmup": dict(initial_learning_rate=0.01, decay_steps=12, alpha=0.1, warmup_target=0.2, warmup_steps=5)},
    "CosineDecayRestarts": {"default": dict(initial_learning_rate=0.1, first_decay_steps=4),
                            "options": dict(initial_learning_rate=0.1, first_decay_steps=5, t_mul=1.5, m_mul=0.7, alpha=0.1),
                            "equal_periods": dict(initial_learning_rate=0.1, first_decay_steps=6, t_mul=1.0)},
}


def schedules():
    record = {"steps": np.arange(30)}
    for kind, cases in SCHEDULES.items():
        for name, config in cases.items():
            schedule = getattr(keras.optimizers.schedules, kind)(**config)
            record[f"{kind}/{name}/config"] = text(config)
            record[f"{kind}/{name}/values"] = np.array([numpy(schedule(step)) for step in range(30)])
    return record


REGULARIZERS = {"L1": {"default": {}, "l1": dict(l1=0.3)}, "L2": {"default": {}, "l2": dict(l2=0.3)},
                "L1L2": {"default": {}, "both": dict(l1=0.1, l2=0.2)},
                "OrthogonalRegularizer": {"rows": {}, "columns": dict(factor=0.1, mode="columns")}}
CONSTRAINTS = {"MaxNorm": {"default": {}, "axes": dict(max_value=1.0, axis=[0, 1])},
               "MinMaxNorm": {"default": dict(min_value=0.5, max_value=1.0), "rate": dict(min_value=1.0, max_value=1.5, rate=0.6, axis=1)},
               "NonNeg": {"default": {}}, "UnitNorm": {"default": {}, "axis_1": dict(axis=1)}}


def regularizers():
    x = generator("regularizers").standard_normal((4, 3))
    record = {"x": x}
    for kind, cases in REGULARIZERS.items():
        for name, config in cases.items():
            made = getattr(keras.regularizers, kind)(**config)
            value, _, _, (gradient,) = value_and_gradients(lambda t: (made(t), None), [], [ops.convert_to_tensor(x)])
            record.update({f"{kind}/{name}/config": text(config), f"{kind}/{name}/value": value, f"{kind}/{name}/gradient": gradient})
    return record


def constraints():
    x = 1.5 * generator("constraints").standard_normal((4, 3))
    x[:, 1] = 0                              # a column without a direction
    record = {"x": x}
    for kind, cases in CONSTRAINTS.items():
        for name, config in cases.items():
            y = numpy(getattr(keras.constraints, kind)(**config)(ops.convert_to_tensor(x)))
            record.update({f"{kind}/{name}/config": text(config), f"{kind}/{name}/y": y})
    return record


FILES = [losses, metrics, activations, optimizers, schedules, regularizers, constraints]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*")
    parser.add_argument("--out", type=pathlib.Path, default=FOLDER)
    arguments = parser.parse_args()
    for make in FILES:
        if not arguments.files or make.__name__ in arguments.files:
            save(arguments.out / f"{make.__name__}.npz", make())


if __name__ == "__main__":
    main()
