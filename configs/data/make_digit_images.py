"""digit_images: the first thirty of each digit in digits.csv as PNG images, one folder for each digit.

    python configs/data/make_digit_images.py
"""
import csv
import os
import struct
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))


def png(rows):
    """8-bit grayscale."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


seen = {}
with open(os.path.join(HERE, "digits.csv"), newline="") as f:
    for row in csv.DictReader(f):
        digit = row["digit"]
        count = seen[digit] = seen.get(digit, 0) + 1
        if count > 30:
            continue
        folder = os.path.join(HERE, "digit_images", digit)
        os.makedirs(folder, exist_ok=True)
        image = [[int(row[f"pixel_{r}_{c}"]) * 255 // 16 for c in range(8)] for r in range(8)]
        with open(os.path.join(folder, f"{count:02}.png"), "wb") as out:
            out.write(png(image))
