"""Makes the files in tests/golden/files: models that real Keras saved in the middle of training, and what they do next.

    python tests/golden/make_files.py              (Keras 3, float32)
    python tests/golden/make_files.py check DIR    (loads what tests/files wrote into DIR; part of scripts/test --deep)

<model>.keras and <model>.weights.h5 (by_<optimizer>.keras alone) hold weights and optimizer after three steps; <model>.npz holds the batch (x, y), the
predictions, the loss of one more step and the predictions after it. tests/files/keras_files_test.cpp builds the same models.
"""
import os
import pathlib
import sys

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import keras
import numpy as np
from keras import layers

FOLDER = pathlib.Path(__file__).resolve().parent / "files"


def dense():
    model = keras.Sequential([layers.Input((3,)), layers.Dense(4, activation="relu"), layers.BatchNormalization(), layers.Dense(1)],
                             name="dense_model")
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    return model, {"x": (8, 3)}


def branches():
    a, b = layers.Input((5, 3), name="a"), layers.Input((2,), name="b")
    inner = keras.Sequential([layers.Input((2,)), layers.Dense(4, activation="tanh"), layers.Dense(4)], name="inner")
    left = layers.Dense(4, name="left")(layers.LSTM(4, name="memory")(a))
    right = inner(b)
    out = layers.Dense(1, name="out")(layers.Add(name="sum")([left, right]))
    model = keras.Model([a, b], out, name="branches")
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), "mse")
    return model, {"a": (8, 5, 3), "b": (8, 2)}


def trained_by(optimizer):
    def build():
        model = keras.Sequential([layers.Input((3,)), layers.Dense(4, activation="tanh"), layers.Dense(1)], name="two_layers")
        model.compile(optimizer(), "mse")
        return model, {"x": (8, 3)}
    return build


# Each optimizer that keeps something of its own, with what the files must say of it.
OPTIMIZERS = {
    "adadelta": lambda: keras.optimizers.Adadelta(0.5, rho=0.9),
    "adafactor": lambda: keras.optimizers.Adafactor(0.05),
    "adagrad": lambda: keras.optimizers.Adagrad(0.1, initial_accumulator_value=0.2),
    "adamax": lambda: keras.optimizers.Adamax(0.05),
    "adamw": lambda: keras.optimizers.AdamW(0.05, weight_decay=0.1, amsgrad=True, global_clipnorm=1.0),
    "ftrl": lambda: keras.optimizers.Ftrl(0.1, l1_regularization_strength=0.01, l2_regularization_strength=0.02, beta=0.1),
    "lamb": lambda: keras.optimizers.Lamb(0.05),
    "lion": lambda: keras.optimizers.Lion(0.02, weight_decay=0.1),
    "muon": lambda: keras.optimizers.Muon(0.05, exclude_layers=["dense_1"]),
    "nadam": lambda: keras.optimizers.Nadam(0.05, clipnorm=1.0),
    "schedule_free_adamw": lambda: keras.optimizers.ScheduleFreeAdamW(0.05, warmup_steps=2),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.02, momentum=0.8, centered=True),
    "accumulating": lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True, use_ema=True, ema_momentum=0.8,
                                                 gradient_accumulation_steps=2, clipvalue=0.5),
}
MODELS = {"dense": dense, "branches": branches} | {f"by_{name}": trained_by(optimizer) for name, optimizer in OPTIMIZERS.items()}


def batch(shapes):
    rng = np.random.default_rng(7)
    return {name: rng.standard_normal(shape).astype("float32") for name, shape in shapes.items()}


def inputs(data, shapes):
    return [data[name] for name in shapes] if len(shapes) > 1 else data[next(iter(shapes))]


def make():
    FOLDER.mkdir(exist_ok=True)
    for name, build in MODELS.items():
        keras.utils.set_random_seed(3)
        keras.backend.clear_session()
        model, shapes = build()
        data = batch(shapes)
        y = data[next(iter(shapes))].reshape(8, -1).sum(axis=1, keepdims=True).astype("float32")
        x = inputs(data, shapes)
        for _ in range(3):
            model.train_on_batch(x, y)
        model.save(FOLDER / f"{name}.keras")
        if not name.startswith("by_"):
            model.save_weights(FOLDER / f"{name}.weights.h5")
        before = np.asarray(model.predict(x, verbose=0))
        loss = model.train_on_batch(x, y, return_dict=True)["loss"]
        after = np.asarray(model.predict(x, verbose=0))
        np.savez(FOLDER / f"{name}.npz", **data, y=y, before=before, loss=np.float32(loss), after=after)


def check(folder):
    folder = pathlib.Path(folder)
    for name, build in MODELS.items():
        golden = np.load(FOLDER / f"{name}.npz")
        for kind in ("keras", "weights.h5", "h5") if not name.startswith("by_") else ("keras", "weights.h5"):
            keras.backend.clear_session()
            model, shapes = build()
            path = folder / f"{name}.{kind}"
            if kind != "weights.h5":
                model = keras.models.load_model(path)
            else:
                model.optimizer.build(model.trainable_variables)
                model.load_weights(path)
            x = inputs(golden, shapes)
            np.testing.assert_allclose(model.predict(x, verbose=0), golden["before"], rtol=1e-5, atol=1e-6)
            if kind == "h5":  # Keras builds the optimizer of any legacy file without variables: it cannot train on
                print("ok", path)
                continue
            model.train_on_batch(x, golden["y"])
            np.testing.assert_allclose(model.predict(x, verbose=0), golden["after"], rtol=1e-4, atol=1e-5)
            print("ok", path)


if len(sys.argv) > 2 and sys.argv[1] == "check":
    check(sys.argv[2])
else:
    make()
