"""Makes tests/golden/images: PNG and JPEG files of every form, and what Keras loads from them (images.npz).

    python tests/golden/make_images.py        (Keras 3 on TensorFlow, NumPy)

images/forms has one file per form; images/classes is a folder as image_dataset_from_directory takes it.
"""
import json
import os
import struct
import zlib

os.environ["KERAS_BACKEND"] = "tensorflow"
import keras
import numpy as np
import tensorflow as tf

folder = os.path.dirname(os.path.abspath(__file__))
F = lambda *names: os.path.join(folder, "images", *names)
random = np.random.default_rng(7)


def picture(height, width, channels):
    """Smooth waves and a little noise, so that JPEG has something to do."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(channels), indexing="ij")
    waves = 127 + 90 * np.sin(x / 3 + c) * np.cos(y / 4 - c)
    return np.clip(waves + random.normal(0, 10, waves.shape), 0, 255).astype("uint8")


def png(name, colour, depth, rows, width, palette=None, transparency=None, interlaced=False):
    """`rows` are the packed bytes of each row; interlaced ones are given pass by pass."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    passes = rows if interlaced else [rows]
    height = sum(len(p) for p in passes) if not interlaced else interlaced
    data = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 1 if interlaced else 0))
    if palette is not None:
        data += chunk(b"PLTE", palette.tobytes())
    if transparency is not None:
        data += chunk(b"tRNS", transparency)
    packed = b"".join(b"\0" + bytes(row) for p in passes for row in p)
    data += chunk(b"IDAT", zlib.compress(packed)) + chunk(b"IEND", b"")
    with open(F("forms", name + ".png"), "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + data)


def forms():
    grey, rgb, rgba = picture(9, 13, 1), picture(9, 13, 3), picture(9, 13, 4)
    png("grey", 0, 8, [r.tobytes() for r in grey], 13)
    png("rgb", 2, 8, [r.tobytes() for r in rgb], 13)
    png("rgba", 6, 8, [r.tobytes() for r in rgba], 13)
    png("grey_alpha", 4, 8, [r.tobytes() for r in picture(9, 13, 2)], 13)
    png("rgb16", 2, 16, [r.astype(">u2").tobytes() for r in picture(9, 13, 3).astype("u2") * 257 + 90], 13)
    png("one_bit", 0, 1, [np.packbits(r[:, 0] > 127).tobytes() for r in grey], 13)
    index = random.integers(0, 5, (9, 13)).astype("uint8")
    colours = random.integers(0, 256, (5, 3)).astype("uint8")
    png("palette", 3, 8, [r.tobytes() for r in index], 13, palette=colours)
    png("palette_transparent", 3, 8, [r.tobytes() for r in index], 13, palette=colours, transparency=bytes([0, 128]))
    adam7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    parts = [rgb[y::dy, x::dx] for y, x, dy, dx in adam7]
    png("interlaced", 2, 8, [[r.tobytes() for r in p] for p in parts if p.size], 13, interlaced=9)
    for name, image, options in [("rgb", picture(17, 23, 3), {}), ("rgb444", picture(17, 23, 3), {"chroma_downsampling": False}),
                                 ("grey", picture(17, 23, 1), {"format": "grayscale"}), ("progressive", picture(17, 23, 3), {"progressive": True})]:
        with open(F("forms", name + ".jpg"), "wb") as f:
            f.write(tf.io.encode_jpeg(image, quality=90, **options).numpy())


def classes():
    for name, sizes in [("cats", [(20, 30), (31, 18), (24, 24)]), ("dogs", [(40, 20), (24, 24)])]:
        os.makedirs(F("classes", name), exist_ok=True)
        for i, (height, width) in enumerate(sizes):
            with open(F("classes", name, f"{i}.png"), "wb") as f:
                f.write(tf.io.encode_png(picture(height, width, 3)).numpy())


os.makedirs(F("forms"), exist_ok=True)
forms()
classes()
arrays = {}
for name in sorted(os.listdir(F("forms"))):
    with open(F("forms", name), "rb") as f:
        content = f.read()
    for channels in (1, 3, 4):
        if channels == 4 and (name.endswith("jpg") or name == "one_bit.png"):  # TensorFlow gives one bit an opacity of 1 in 255
            continue
        arrays[f"forms/{name}/{channels}"] = tf.io.decode_image(content, channels=channels).numpy()
loaded = keras.utils.image_dataset_from_directory(F("classes"), image_size=(24, 28), shuffle=False, batch_size=None, verbose=False)
arrays["classes/names"] = np.frombuffer(json.dumps(loaded.class_names).encode(), "uint8")
arrays["classes/x"] = np.stack([x.numpy() for x, _ in loaded])
arrays["classes/y"] = np.array([y.numpy() for _, y in loaded])
arrays["versions"] = np.frombuffer(json.dumps({"keras": keras.__version__, "tensorflow": tf.__version__}).encode(), "uint8")
np.savez_compressed(os.path.join(folder, "images.npz"), **arrays)
print({k: v.shape for k, v in arrays.items()})
