"""Does Keras, given the model of a run directory, predict what `strata predict` wrote?

    strata train configs/digits.yaml --run-dir RUN && strata predict RUN --out RUN/predicted.npy
    python tests/golden/check_run.py RUN
"""
import csv
import pathlib
import sys

import keras
import numpy as np

run = pathlib.Path(sys.argv[1])
data = pathlib.Path(__file__).resolve().parents[2] / "configs" / "data" / "digits_test.csv"
with open(data, newline="") as file:
    rows = list(csv.reader(file))[1:]
x = np.array([row[:-1] for row in rows], "float32")
labels = np.array([row[-1] for row in rows], int)

best = run / "best.keras"
model = keras.models.load_model(best if best.exists() else run / "model.keras")
expected = model.predict(x, verbose=0)
predicted = np.load(run / "predicted.npy")
np.testing.assert_allclose(predicted, expected, rtol=1e-4, atol=1e-5)
accuracy = np.mean(predicted.argmax(-1) == labels)
assert accuracy > 0.8, accuracy
print(f"ok: {len(x)} predictions within {np.abs(predicted - expected).max():.1e} of Keras, accuracy {accuracy:.3f}")
