"""Makes wine_groups.npz from wine.csv: two groups of measures, two targets, the rows in a random order (seed 0).

    python configs/data/make_wine_groups.py        (NumPy)
"""
import csv
import os

import numpy as np

folder = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(folder, "wine.csv"), newline="") as f:
    rows = list(csv.DictReader(f))
np.random.default_rng(0).shuffle(rows)
take = lambda *names: np.array([[float(r[n]) for n in names] for r in rows], "float32")
np.savez(os.path.join(folder, "wine_groups.npz"),
         acids=take("malic_acid", "ash", "alcalinity_of_ash", "magnesium"),
         phenols=take("total_phenols", "flavanoids", "nonflavanoid_phenols", "proanthocyanins", "hue"),
         cultivar=np.array([int(r["cultivar"]) for r in rows], "int32"), alcohol=take("alcohol"))
