"""Golden learning rates of Keras' callbacks: which rate each epoch has, given what is watched.

    pip install keras==3.15.1 jax==0.10.2 numpy
    python tests/golden/make_callbacks.py [--out FOLDER]

Writes callbacks.npz beside this script; README.md says what the keys mean.
"""
import argparse
import pathlib
import types

from golden import FOLDER, numpy, save, text

import keras
import numpy as np

FALLING = [5, 4, 3, 3, 3, 3, 2, 2.00005, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1]
PLATEAU = {
    "default": (dict(patience=2), FALLING),
    "cooldown": (dict(patience=1, cooldown=3, factor=0.5), FALLING),
    "min_lr": (dict(patience=1, factor=0.2, min_lr=0.003), FALLING),
    "min_delta": (dict(patience=2, min_delta=1.5), FALLING),
    "max": (dict(patience=2, mode="max"), [-v for v in FALLING]),
    "no_patience": (dict(patience=0), FALLING),
    "long_cooldown": (dict(patience=2, cooldown=10), FALLING),
}


def plateau(config, values):
    """The rate that each epoch reports, and the one after the last."""
    callback = keras.callbacks.ReduceLROnPlateau(**config)
    model = types.SimpleNamespace(optimizer=keras.optimizers.SGD(0.1), metrics=[])
    callback.set_model(model)
    callback.on_train_begin()
    rates = []
    for epoch, value in enumerate(values):
        logs = {"val_loss": value}
        callback.on_epoch_end(epoch, logs)
        rates.append(logs["learning_rate"])
    return np.array(rates + [float(numpy(model.optimizer.learning_rate))])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=pathlib.Path, default=FOLDER)
    record = {}
    for name, (config, values) in PLATEAU.items():
        key = f"ReduceLROnPlateau/{name}"
        record.update({f"{key}/config": text(config), f"{key}/watched": np.array(values, float), f"{key}/rates": plateau(config, values)})
    save(parser.parse_args().out / "callbacks.npz", record)


if __name__ == "__main__":
    main()
