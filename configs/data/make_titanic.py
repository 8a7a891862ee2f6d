"""titanic.csv: who was saved, of scikit-learn's copy of titanic3 (its tests' data 40945), in a random order.

    python configs/data/make_titanic.py        (scikit-learn 1.9)
"""
import csv
import gzip
import os
import random

import sklearn

SOURCE = os.path.join(os.path.dirname(sklearn.__file__), "datasets/tests/data/openml/id_40945/data-v1-dl-16826755.arff.gz")
HERE = os.path.dirname(os.path.abspath(__file__))
COLUMNS = ["pclass", "sex", "age", "sibsp", "parch", "fare", "embarked", "survived"]

with gzip.open(SOURCE, "rt", newline="") as f:
    lines = f.read().splitlines()
start = lines.index("@data") + 1
names = [line.split()[1].strip("'") for line in lines[:start] if line.startswith("@attribute")]
rows = [dict(zip(names, row)) for row in csv.reader(lines[start:], escapechar="\\") if row]
random.Random(0).shuffle(rows)
with open(os.path.join(HERE, "titanic.csv"), "w", newline="") as f:
    writer = csv.writer(f, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        row["survived"] = {"0": "lost", "1": "saved"}[row["survived"]]
        writer.writerow(["" if row[c] == "?" else row[c] for c in COLUMNS])
