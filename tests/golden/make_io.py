"""Makes the files in tests/golden/io: what real Keras, h5py and NumPy write, and what a hostile writer would.

    python tests/golden/make_io.py            (Keras 3, h5py, NumPy, ml_dtypes)
    python tests/golden/make_io.py check DIR  (reads what tests/io wrote into DIR; part of scripts/test --deep)

The tests read the files and need no Python.
"""
import os
import sys
import zipfile

import h5py
import numpy as np

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "io")
F = lambda name: os.path.join(folder, name)


def keras_files():
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2, activation="relu"), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    for i, w in enumerate(model.weights):  # numbers that the C++ test can state
        w.assign(np.arange(np.prod(w.shape), dtype="float32").reshape(w.shape) + 10 * i)
    model.optimizer.build(model.trainable_variables)
    model.save_weights(F("keras.weights.h5"))
    model.save(F("keras_legacy.h5"))

    bf16 = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(2, dtype="bfloat16", use_bias=False)])
    bf16.weights[0].assign(np.array([[1, -2], [0.5, 3]], "float32"))
    bf16.save_weights(F("keras_bfloat16.weights.h5"))


def h5py_files():
    with h5py.File(F("kinds.h5"), "w") as f:
        for name in ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", ">f4", ">i2", ">f2"]:
            f[name] = np.arange(6).reshape(2, 3).astype(name)
        f["bool"] = np.array([True, False, True])
        f["scalar"] = np.float32(7)
        f["empty"] = np.zeros((0, 4), "float32")
        f.create_dataset("packed", data=np.arange(100, dtype="f4").reshape(10, 10), chunks=(5, 5), compression="gzip",
                         shuffle=True, fletcher32=True)
        f.attrs["fixed"] = np.array([b"one", b"three"])
        f.attrs["list"] = ["a", "\u00e9"]
        f.attrs["none"] = []
        f.attrs["text"] = "\u00e9t\u00e9"
        f.attrs["number"] = 3.5
        f.attrs["complex"] = 1 + 2j
        f.attrs["split0"], f.attrs["split1"] = ["a", "b"], ["c"]
    hostile = {
        "external_link": lambda f: f.__setitem__("x", h5py.ExternalLink("kinds.h5", "/f4")),
        "soft_link": lambda f: (f.__setitem__("y", np.zeros(2)), f.__setitem__("x", h5py.SoftLink("/y"))),
        "soft_loop": lambda f: (f.__setitem__("x", h5py.SoftLink("/y")), f.__setitem__("y", h5py.SoftLink("/x"))),
        "cycle": lambda f: f.create_group("a").create_group("b").__setitem__("up", f["a"]),
        "external_storage": lambda f: f.create_dataset("x", (4,), "f4", external=[("/etc/passwd", 0, 16)]),
        "bomb": lambda f: f.create_dataset("x", (2**20, 2**20), "f4"),
        "chunked_bomb": lambda f: f.create_dataset("x", (2**20, 2**20), "f4", chunks=(64, 64), compression="gzip"),
        "wraps": lambda f: f.create_dataset("x", (2**31, 2**31, 4), "f4", chunks=(1, 1, 4)),
        "null": lambda f: f.__setitem__("x", h5py.Empty("f4")),
        "scale_offset": lambda f: f.create_dataset("x", data=np.arange(100), chunks=(10,), scaleoffset=0),
        "strings": lambda f: f.__setitem__("x", ["text"]),
        "compound": lambda f: f.__setitem__("x", np.zeros(3, [("a", "f4"), ("b", "i4")])),
        "complex": lambda f: f.__setitem__("x", np.zeros(3, "c8")),
        "long_double": lambda f: f.__setitem__("x", np.zeros(3, np.longdouble)),
        "too_large_uint64": lambda f: f.__setitem__("x", np.array([2**64 - 1], "u8")),
        "named_type": lambda f: f.__setitem__("x", np.dtype("f4")),
        "rank": lambda f: f.__setitem__("x", np.zeros([1] * 9, "f4")),
    }
    for name, make in hostile.items():
        with h5py.File(F(f"hostile_{name}.h5"), "w") as f:
            make(f)
    layout = h5py.VirtualLayout((6,), "f4")
    layout[:] = h5py.VirtualSource("kinds.h5", "f4", (6,))
    with h5py.File(F("hostile_virtual.h5"), "w", libver=("v110", "v110")) as f:
        f.create_virtual_dataset("x", layout)
    with h5py.File(F("hostile_deep.h5"), "w") as f:
        g = f
        for _ in range(40):
            g = g.create_group("g")


def numpy_files():
    a = np.arange(24).reshape(2, 3, 4)
    np.save(F("fortran.npy"), np.asfortranarray(a.astype("f4")))
    np.save(F("big_endian.npy"), a.astype(">i2"))
    np.savez(F("arrays.npz"), x=a.astype("f8"), y=np.array([True, False]))
    np.savez_compressed(F("packed.npz"), x=np.zeros((100, 100), "f4"))
    np.save(F("objects.npy"), np.array([{"a": 1}], object))
    np.save(F("text.npy"), np.array(["a", "bc"]))
    np.save(F("records.npy"), np.zeros(2, [("a", "f4")]))


def zip_files():
    def archive(name, *members):
        with zipfile.ZipFile(F(name), "w") as z:
            for member, text in members:
                info = member if isinstance(member, zipfile.ZipInfo) else zipfile.ZipInfo(member)
                z.writestr(info, text)

    import warnings

    warnings.simplefilter("ignore")
    archive("hostile_twice.zip", ("config.json", "1"), ("config.json", "2"))
    archive("hostile_dots.zip", ("a/../../evil", "1"))
    archive("hostile_absolute.zip", ("/etc/evil", "1"))
    archive("hostile_backslash.zip", ("a#b", "1"))
    archive("hostile_nul.zip", ("config#json", "1"))
    link = zipfile.ZipInfo("link")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    archive("hostile_link.zip", (link, "/etc/passwd"))
    squeezed = zipfile.ZipInfo("x")
    squeezed.compress_type = zipfile.ZIP_BZIP2
    archive("hostile_method.zip", (squeezed, "1" * 100))
    for name, byte in [("hostile_backslash.zip", b"\\"), ("hostile_nul.zip", b"\0")]:
        data = open(F(name), "rb").read().replace(b"#", byte)
        open(F(name), "wb").write(data)
    data = bytearray(open(F("hostile_dots.zip"), "rb").read().replace(b"a/../../evil", b"an-honest-me"))
    for signature, flag in [(b"PK\3\4", 6), (b"PK\1\2", 8)]:
        data[data.find(signature) + flag] |= 1
    open(F("hostile_encrypted.zip"), "wb").write(data)


def check(written):
    """Reads with h5py, Keras, NumPy and zipfile what the C++ tests wrote."""
    with h5py.File(os.path.join(written, "tree.h5"), "r") as f:
        assert f["layers/dense/vars/0"][:].tolist() == [[0, 1], [2, 3]], f["layers/dense/vars/0"][:]
        assert f["layers/dense/vars"].attrs["name"] == "dense"
        assert f["kinds/bool"][:].tolist() == [True, False] and f["kinds/bool"].dtype == bool
        assert f["kinds/float16"].dtype == np.float16 and f["kinds/float16"][0] == 1.5
        assert f["kinds/bfloat16"].attrs["dtype"] == "bfloat16" and f["kinds/bfloat16"].dtype == "V2"
        assert f["kinds/scalar"].shape == () and f["kinds/scalar"][()] == 7
        assert list(f.attrs["names"]) == ["a", "b"] and f.attrs["none"].shape == (0,)
        assert len(f.attrs["many0"]) + len(f.attrs["many1"]) == 5000
    with np.load(os.path.join(written, "arrays.npz")) as z:
        assert z["x"].tolist() == [[1.5, 2.5]] and z["y"].dtype == bool, z["x"]
    with zipfile.ZipFile(os.path.join(written, "arrays.npz")) as z:
        assert z.testzip() is None and all(i.date_time == (1980, 1, 1, 0, 0, 0) for i in z.infolist())
        assert all(i.compress_type == zipfile.ZIP_STORED for i in z.infolist())
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(2, use_bias=False)])
    model.load_weights(os.path.join(written, "model.weights.h5"))
    assert model.weights[0].numpy().tolist() == [[0, 1], [2, 3]]
    print("all read")


if __name__ == "__main__":
    if sys.argv[1:2] == ["check"]:
        check(sys.argv[2])
    else:
        os.makedirs(folder, exist_ok=True)
        h5py_files()
        numpy_files()
        zip_files()
        keras_files()
