"""Makes speakers.csv from tinyshakespeare.txt: what two speakers say, a row for each sentence of at least five words.

    python configs/data/make_speakers.py        (the standard library alone)
"""
import csv
import os
import re

folder = os.path.dirname(os.path.abspath(__file__))
SPEAKERS = {"GLOUCESTER": "gloucester", "DUKE VINCENTIO": "vincentio"}
text = open(os.path.join(folder, "tinyshakespeare.txt"), encoding="ascii").read()
rows = {name: [] for name in SPEAKERS.values()}
for speech in text.split("\n\n"):
    speaker, _, words = speech.partition(":\n")
    if speaker in SPEAKERS:
        for sentence in re.split(r"(?<=[.?!;])\s+", " ".join(words.split())):
            if len(sentence.split()) >= 5 and sentence not in rows[SPEAKERS[speaker]]:
                rows[SPEAKERS[speaker]].append(sentence)
fewest = min(map(len, rows.values()))
with open(os.path.join(folder, "speakers.csv"), "w", newline="") as f:
    writer = csv.writer(f, lineterminator="\n")
    writer.writerow(["sentence", "speaker"])
    for i in range(fewest):  # as many of each, by turns
        writer.writerows([rows[name][i], name] for name in rows)
print(fewest, "sentences of each")
