"""Makes the files in tests/golden/files: models that real Keras saved in the middle of training, and what they do next.

    python tests/golden/make_files.py              (Keras 3, float32)
    python tests/golden/make_files.py check DIR    (loads what tests/files wrote into DIR; part of scripts/test --deep)

<model>.keras and <model>.weights.h5 hold weights and optimizer after three steps; <model>.npz holds the batch (x, y), the
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


MODELS = {"dense": dense, "branches": branches}


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
        model.save_weights(FOLDER / f"{name}.weights.h5")
        before = np.asarray(model.predict(x, verbose=0))
        loss = model.train_on_batch(x, y, return_dict=True)["loss"]
        after = np.asarray(model.predict(x, verbose=0))
        np.savez(FOLDER / f"{name}.npz", **data, y=y, before=before, loss=np.float32(loss), after=after)


def check(folder):
    folder = pathlib.Path(folder)
    for name, build in MODELS.items():
        golden = np.load(FOLDER / f"{name}.npz")
        for kind in ("keras", "weights.h5", "h5"):
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
