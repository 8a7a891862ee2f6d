"""Golden lookups: what StringLookup, IntegerLookup, TextVectorization and an adapted Discretization make of texts and numbers.

    pip install keras==3.15.1 tensorflow-cpu==2.21.0 numpy
    python tests/golden/make_lookups.py

Writes lookups.json: cases of {class, config, data (what was adapted to), vocabulary, idf_weights, bin_boundaries, input, output}.
"""
import json
import os
import pathlib

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parent

WORDS = [["b", "a", "b"], ["c", "[UNK]", ""], ["a", "d", "b"], ["c", "e", ""]]
UNSEEN = [["a", "zebra", "b"], ["", "e", "e"], ["[UNK]", "c", "d"]]
TEXTS = [["The cat, the DOG."], ["  A  dog!\tbarks\n at the cat "], [""], ["Über caf\u00e9 -- it's 5 o'clock"], ["cat dog cat"]]
NEW = [["the Cat saw a zebra; THE dog ran"], ["..."], ["it's caf\u00e9 \u00dcber"]]
NUMBERS = [[3, -7, 3], [2**40, 0, 5], [5, 5, -7], [-1, 3, 8]]
OTHER = [[3, 4, -7], [0, 2**40, 2**40 + 1], [8, -1, 5]]
RNG = np.random.default_rng(5)
MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")

# (class, arguments, data to adapt to or None, input)
CASES = []
for mode in MODES:
    CASES += [("StringLookup", dict(output_mode=mode), WORDS, UNSEEN),
              ("StringLookup", dict(output_mode=mode, mask_token="", max_tokens=6), WORDS, UNSEEN),
              ("IntegerLookup", dict(output_mode=mode), NUMBERS, OTHER),
              ("IntegerLookup", dict(output_mode=mode, mask_token=0, max_tokens=5, num_oov_indices=2), NUMBERS, OTHER)]
    if mode != "one_hot":
        CASES.append(("TextVectorization", dict(output_mode=mode), TEXTS, NEW))
        CASES.append(("TextVectorization", dict(output_mode=mode, max_tokens=6, ngrams=2), TEXTS, NEW))
    if mode not in ("int", "tf_idf"):
        CASES.append(("StringLookup", dict(output_mode=mode, max_tokens=9, pad_to_max_tokens=True), WORDS, UNSEEN))
CASES += [
    ("StringLookup", dict(vocabulary=["x", "y", "z"]), None, [["y", "q"], ["z", "x"]]),
    ("StringLookup", dict(vocabulary=["[UNK]", "x", "y"], output_mode="tf_idf", idf_weights=[0.75, 0.5, 0.25]), None, [["y", "q"], ["y", "x"]]),
    ("StringLookup", dict(vocabulary=["x", "y"], output_mode="tf_idf", idf_weights=[0.5, 0.25]), None, [["y", "q"], ["y", "x"]]),
    ("StringLookup", dict(vocabulary=["x", "y"], num_oov_indices=0), None, [["y"], ["x"]]),
    ("StringLookup", dict(vocabulary=["x", "y"], output_mode="one_hot"), None, [["y"], ["q"]]),
    ("IntegerLookup", dict(vocabulary=[12, 36, 1138, 42]), None, [[12, 1138], [42, 1000]]),
    ("IntegerLookup", dict(vocabulary=[12, 36, 1138, 42], invert=True), None, [[1, 3], [0, 9]]),
    ("IntegerLookup", dict(vocabulary=[12, 36], num_oov_indices=3), None, [[36, 7], [-2, 12]]),
    ("StringLookup", dict(vocabulary=["x", "y"], num_oov_indices=5), None, [["y", "q", "r"], ["zebra", "x", "s"]]),
    ("StringLookup", dict(vocabulary=["x", "y"], num_oov_indices=5, salt=[11, 12]), None, [["y", "q", "r"], ["zebra", "x", "s"]]),
    ("IntegerLookup", dict(vocabulary=[12, 36], num_oov_indices=4, oov_method="farmhash"), None, [[36, 100, 300], [700, -12, 1100]]),
    ("IntegerLookup", dict(vocabulary=[12, 36], num_oov_indices=4, oov_method="farmhash", salt=3), None, [[36, 100, 300], [700, -12, 1100]]),
    ("Hashing", dict(num_bins=5), None, [["a", "b", ""], ["a much longer text than sixteen bytes", "c", "d"]]),
    ("Hashing", dict(num_bins=5, mask_value=""), None, [["a", "b", ""], ["", "c", "d"]]),
    ("Hashing", dict(num_bins=5, salt=[1337, 42], output_mode="count"), None, [["a", "b", "a"], ["", "c", "d"]]),
    ("Hashing", dict(num_bins=4, salt=133, mask_value=7), None, [[7, 8, -9], [2**40, 0, 1]]),
    ("TextVectorization", dict(output_sequence_length=3), TEXTS, NEW),
    ("TextVectorization", dict(output_sequence_length=9), TEXTS, NEW),
    ("TextVectorization", dict(standardize=None), TEXTS, NEW),
    ("TextVectorization", dict(standardize="lower"), TEXTS, NEW),
    ("TextVectorization", dict(standardize="strip_punctuation", split="character"), TEXTS, NEW),
    ("TextVectorization", dict(split=None), WORDS, UNSEEN),
    ("TextVectorization", dict(ngrams=[1, 3]), TEXTS, NEW),
    ("TextVectorization", dict(vocabulary=["cat", "dog"], output_sequence_length=5), None, NEW),
    ("Discretization", dict(num_bins=4), RNG.standard_normal((40, 3)).astype("float32").tolist(), [[-9.0, 0.0], [0.25, 9.0]]),
    ("Discretization", dict(num_bins=3, epsilon=0.05), RNG.standard_normal((7, 30)).astype("float32").tolist(), [[-9.0, 0.0], [0.25, 9.0]]),
    ("Discretization", dict(num_bins=3), np.arange(10.0).reshape(5, 2).tolist(), [[2.0, 3.0], [5.5, 6.0]]),
    ("Discretization", dict(bin_boundaries=[-1.0, 0.0, 1.0]), None, [[-1.0, -0.5], [0.0, 1.0]]),
]


def plain(values):
    return [v.item() if isinstance(v, np.generic) else v for v in values]


def main():
    cases = []
    for kind, arguments, data, x in CASES:
        given = {k: tuple(v) if k == "ngrams" and isinstance(v, list) else v for k, v in arguments.items()}
        layer = getattr(keras.layers, kind)(**given)
        case = {"class": kind, "config": arguments, "input": x}
        dtype = {"IntegerLookup": "int64", "Discretization": "float32"}.get(kind)
        if data is not None:
            case["data"] = data
            layer.adapt(np.array(data, dtype))
        if kind == "Hashing":
            dtype = None if isinstance(x[0][0], str) else "int64"
        elif kind == "Discretization":
            case["bin_boundaries"] = layer.bin_boundaries
        else:
            case["vocabulary"] = plain(layer.get_vocabulary())
        y = np.asarray(layer(np.array(x, dtype)))
        case["output"], case["integer"] = y.tolist(), bool(np.issubdtype(y.dtype, np.integer))
        cases.append(case)
    text = json.dumps({"keras": keras.__version__, "cases": cases}, indent=1, ensure_ascii=False)
    (FOLDER / "lookups.json").write_text(text + "\n", encoding="utf-8")
    print(len(cases), "cases")


main()
