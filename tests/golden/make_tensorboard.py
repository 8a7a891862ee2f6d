"""Event files: what Keras' own TensorBoard callback writes, and a reader of what Strata writes.

    pip install keras==3.15.1 tensorflow-cpu==2.21.0 tensorboard==2.21.0 numpy
    python tests/golden/make_tensorboard.py              writes tensorboard/{train,validation}.tfevents beside this script
    python tests/golden/make_tensorboard.py check DIR    reads, with the real package, what test_files left in DIR

The check needs tensorboard and keras, no TensorFlow.
"""
import math
import os
import pathlib
import shutil
import sys
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent / "tensorboard"


def make():
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    import numpy as np

    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)], name="line")
    model.compile(keras.optimizers.SGD(0.125), "mse", metrics=["mae"])
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((8, 3)), rng.standard_normal((8, 1))
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as logs:
        model.fit(x, y, batch_size=4, epochs=2, validation_data=(x, y), verbose=0, callbacks=[keras.callbacks.TensorBoard(logs, update_freq=2)])
        for part in ("train", "validation"):
            (file,) = pathlib.Path(logs, part).iterdir()
            shutil.copy(file, FOLDER / f"{part}.tfevents")


def check(folder):
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras
    from tensorboard.backend.event_processing import event_accumulator
    from tensorboard.util import tensor_util

    def read(part):
        events = event_accumulator.EventAccumulator(str(pathlib.Path(folder, part)), size_guidance={event_accumulator.TENSORS: 0})
        events.Reload()
        values = {}
        for tag in events.Tags()["tensors"]:
            plugin = events.SummaryMetadata(tag).plugin_data.plugin_name
            values[tag] = plugin, [(e.step, tensor_util.make_ndarray(e.tensor_proto).item()) for e in events.Tensors(tag)]
        return values

    # test_files writes what the callback was given as well: part, tag, step, value.
    expected = {"train": {}, "validation": {}}
    for line in pathlib.Path(folder, "expected.csv").read_text().split():
        part, tag, step, value = line.split(",")
        expected[part].setdefault(tag, []).append((int(step), float(value)))
    for part, tags in expected.items():
        found = read(part)
        if part == "train":
            plugin, ((step, json),) = found.pop("keras")
            assert (plugin, step) == ("graph_keras_model", 0)
            model = keras.models.model_from_json(json)
            print("ok: the graph is the model", model.name, "with", model.count_params(), "parameters")
        assert found.keys() == tags.keys(), (found.keys(), tags.keys())
        for tag, points in tags.items():
            plugin, got = found[tag]
            assert plugin == "scalars" and [s for s, _ in got] == [s for s, _ in points], (tag, got, points)
            assert all(math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-12) for (_, a), (_, b) in zip(got, points)), (tag, got, points)
        print("ok:", part, len(tags), "scalars", sum(len(p) for p in tags.values()), "points")


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[1] == "check":
        check(sys.argv[2])
    else:
        make()
