"""Makes tests/golden/files/texts.keras and texts.npz: a model of texts, categories and bins that real Keras adapted and saved.

    python tests/golden/make_texts.py              (Keras 3 on TensorFlow, float32)
    python tests/golden/make_texts.py check DIR    (loads what tests/files wrote into DIR; part of scripts/test --deep)

texts.npz holds the rows by input and the model's predictions.
"""
import os
import pathlib
import sys

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np
from keras import layers

FOLDER = pathlib.Path(__file__).resolve().parent / "files"

ROWS = {
    "text": np.array(["The cat sat.", "the DOG ran, the dog ate", "Über cat caf\u00e9", "a zebra!"]),
    "kind": np.array([["x"], ["y"], ["x"], ["unseen"]]),
    "code": np.array([[10], [30], [7], [20]], "int64"),
    "size": np.array([[0.5], [-3.0], [9.0], [4.0]], "float32"),
}


def build():
    keras.utils.set_random_seed(3)
    words, bag = layers.TextVectorization(output_sequence_length=6, name="words"), layers.TextVectorization(output_mode="tf_idf", name="bag")
    kinds, bins = layers.StringLookup(output_mode="one_hot", name="kinds"), layers.Discretization(num_bins=3, output_mode="one_hot", name="bins")
    for layer, name in ((words, "text"), (bag, "text"), (kinds, "kind"), (bins, "size")):
        layer.adapt(ROWS[name][:3])
    x = {name: layers.Input(rows.shape[1:], name=name, dtype="string" if rows.dtype.kind == "U" else str(rows.dtype)) for name, rows in ROWS.items()}
    parts = [layers.GlobalAveragePooling1D()(layers.Embedding(20, 4)(words(x["text"]))), bag(x["text"]), kinds(x["kind"]),
             layers.IntegerLookup(vocabulary=[10, 20, 30], output_mode="one_hot", name="codes")(x["code"]), bins(x["size"])]
    y = layers.Dense(2, activation="softmax", name="label")(layers.Concatenate()(parts))
    return keras.Model(list(x.values()), y, name="texts")


def predicted(model):
    import tensorflow as tf
    return np.asarray(model([tf.constant(rows) for rows in ROWS.values()]))


def check(folder):
    np.testing.assert_allclose(predicted(keras.models.load_model(pathlib.Path(folder) / "texts.keras")), np.load(FOLDER / "texts.npz")["prediction"],
                               rtol=1e-5, atol=1e-6)
    print("ok", folder)


if len(sys.argv) > 2 and sys.argv[1] == "check":
    check(sys.argv[2])
else:
    model = build()
    model.save(FOLDER / "texts.keras")
    np.savez(FOLDER / "texts.npz", **ROWS, prediction=predicted(model))
