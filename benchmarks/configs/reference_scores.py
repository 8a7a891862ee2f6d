"""What scikit-learn reaches on the rows that the bundled configs hold out: the figures in their first lines.

    python benchmarks/configs/reference_scores.py        (scikit-learn 1.9)

The split is the command's: the last fraction of the rows, or with `stratify: true` of the rows of each class.
"""
import csv
import gzip
import os

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../configs/data")


def table(name, target):
    with open(os.path.join(DATA, name + ".csv"), newline="") as f:
        rows = list(csv.DictReader(f))
    return np.array([[float(v) for k, v in r.items() if k != target] for r in rows]), np.array([r[target] for r in rows])


def held_out(y, fraction, stratify):
    rows = [np.arange(len(y))] if not stratify else [np.flatnonzero(y == c) for c in sorted(set(y))]
    kept = [int(np.floor(len(r) * (1 - fraction))) for r in rows]
    first, last = [np.concatenate(p) for p in zip(*((r[:k], r[k:]) for r, k in zip(rows, kept)))]
    return np.sort(first), np.sort(last)


def classify(name, target, fraction, stratify=True):
    x, y = table(name, target)
    train, test = held_out(y, fraction, stratify)
    for model in LogisticRegression(max_iter=5000), MLPClassifier((32,), max_iter=3000, random_state=0):
        score = make_pipeline(StandardScaler(), model).fit(x[train], y[train]).score(x[test], y[test])
        print(f"{name}: accuracy {score:.3f} by {type(model).__name__}")


classify("iris", "species", 0.2)
classify("wine", "cultivar", 0.25)
classify("breast_cancer", "diagnosis", 0.25)

x, y = table("diabetes", "progression")
y = y.astype(float)
train, test = held_out(y, 0.25, False)
p = make_pipeline(StandardScaler(), Ridge()).fit(x[train], y[train]).predict(x[test])
print(f"diabetes: r2 {r2_score(y[test], p):.3f}, mean absolute error {mean_absolute_error(y[test], p):.1f} by Ridge")

with open(os.path.join(DATA, "speakers.csv"), newline="") as f:
    rows = list(csv.DictReader(f))
train, test = held_out(rows, 0.2, False)
model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit([rows[i]["sentence"] for i in train], [rows[i]["speaker"] for i in train])
print(f"speakers: accuracy {model.score([rows[i]['sentence'] for i in test], [rows[i]['speaker'] for i in test]):.3f} by words and LogisticRegression")


def idx(name, offset):
    with gzip.open(os.path.join(DATA, "mnist", name)) as f:
        return np.frombuffer(f.read(), "uint8", offset=offset)


pixels, digits = idx("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 784) / 255, idx("t10k-labels-idx1-ubyte.gz", 8)
train, test = held_out(digits, 0.15, False)
model = MLPClassifier((128,), random_state=0).fit(pixels[train], digits[train])
print(f"mnist: accuracy {model.score(pixels[test], digits[test]):.3f} by MLPClassifier")


# digits.csv, its last tenth held out, and digits_test.csv.
pixels, digits = table("digits", "digit")
test_pixels, test_digits = table("digits_test", "digit")
train, held = held_out(digits, 0.1, False)
model = MLPClassifier((256, 128), max_iter=1000, random_state=0).fit(pixels[train] / 16, digits[train])
print(f"digits: accuracy {model.score(pixels[held] / 16, digits[held]):.3f}, of digits_test.csv {model.score(test_pixels / 16, test_digits):.3f} by MLPClassifier")

# digit_images: the first thirty of each digit, of which the last six are held out.
first = np.concatenate([np.flatnonzero(digits == d)[:30] for d in sorted(set(digits))])
train, held = held_out(digits[first], 0.2, True)
model = MLPClassifier((128,), max_iter=1000, random_state=0).fit(pixels[first][train] / 16, digits[first][train])
print(f"digit-images: accuracy {model.score(pixels[first][held] / 16, digits[first][held]):.3f} by MLPClassifier")

with open(os.path.join(DATA, "titanic.csv"), newline="") as f:
    rows = list(csv.DictReader(f))
filled = {"age": "28", "fare": "14.45", "embarked": "unknown"}
numbers = [[float(r[c] or filled[c]) for c in ("age", "sibsp", "parch", "fare")] for r in rows]
words = [[r["sex"], r["embarked"] or filled["embarked"], r["pclass"]] for r in rows]
x, y = np.array([n + w for n, w in zip(numbers, words)], object), np.array([r["survived"] for r in rows])
train, test = held_out(y, 0.25, True)
encode = make_column_transformer((StandardScaler(), [0, 1, 2, 3]), (OneHotEncoder(handle_unknown="ignore"), [4, 5, 6]))
for model in LogisticRegression(max_iter=5000), MLPClassifier((32,), max_iter=3000, random_state=0):
    print(f"titanic: accuracy {make_pipeline(encode, model).fit(x[train], y[train]).score(x[test], y[test]):.3f} by {type(model).__name__}")
