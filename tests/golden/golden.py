"""What the three makers share: the backend in float64, gradients, deterministic data and npz writing.

Keras reads its backend when it is imported, so this module is imported first. JAX unless KERAS_BACKEND=tensorflow is set
(the second backend is how the files are checked: see README.md).
"""
import os

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_ENABLE_X64", "1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import json
import pathlib
import platform
import zlib

import keras
import numpy as np

keras.config.set_floatx("float64")
keras.config.disable_traceback_filtering()

# Three places where Keras leaves float64 without saying so; all are lifted, nothing else is touched.
if keras.backend.backend() == "jax":        # type promotion turns float64 into float32 inside tanh, mean, ...
    from keras.src.backend.common import dtypes
    dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"

    import jax
    from jax import numpy as jnp

    def dot_product_attention(query, key, value, bias=None, mask=None, scale=None, is_causal=False, **_):
        """jax.nn.dot_product_attention, whose softmax is in float32 whatever comes in."""
        assert bias is None
        logits = scale * jnp.einsum("BTNH,BSNH->BNTS", query, key)
        if mask is not None or is_causal:
            seen = jnp.ones(logits.shape, bool) if mask is None else jnp.broadcast_to(mask, logits.shape)
            seen = jnp.logical_and(seen, jnp.tril(jnp.ones(logits.shape[-2:], bool))) if is_causal else seen
            logits = jnp.where(seen, logits, -0.7 * float(np.finfo(np.float32).max))
        return jnp.einsum("BNTS,BSNH->BTNH", jax.nn.softmax(logits, axis=-1), value)

    keras.src.backend.nn.dot_product_attention = dot_product_attention
else:                                       # a Python number is cast through float32 (Adam's betas)
    from keras.src.backend import core
    original_cast = core.cast
    core.cast = lambda x, dtype: original_cast(np.float64(x) if isinstance(x, float) else x, dtype)


class PositionEmbedding(keras.layers.Layer):
    """KerasHub's layer, which is not Keras' own: the first rows of a table, for every row of the batch."""

    def __init__(self, sequence_length, **kwargs):
        super().__init__(**kwargs)
        self.sequence_length = sequence_length
        self.supports_masking = True

    def build(self, shape):
        self.embeddings = self.add_weight(name="embeddings", shape=(self.sequence_length, shape[-1]))

    def call(self, x):
        return keras.ops.broadcast_to(self.embeddings[:x.shape[-2]], keras.ops.shape(x))


FOLDER = pathlib.Path(__file__).resolve().parent


def generator(name):
    """Random numbers that depend on the name alone: adding a probe or a case changes no other."""
    return np.random.Generator(np.random.PCG64(zlib.crc32(name.encode())))


def text(value):
    """JSON as uint8 bytes, so that a reader of arrays needs nothing else."""
    return np.frombuffer(json.dumps(value).encode(), np.uint8)


def versions():
    backend = keras.backend.backend()
    module = __import__(backend)
    return {"keras": keras.__version__, "backend": backend, backend: module.__version__, "numpy": np.__version__,
            "python": platform.python_version()}


def numpy(value):
    return np.asarray(keras.ops.convert_to_numpy(value))


def save(path, record):
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {key: np.asarray(value) for key, value in record.items()}
    for key, value in arrays.items():
        assert value.dtype != object, key
    np.savez_compressed(path, versions=text(versions()), **arrays)
    print(f"{path.name}: {len(arrays)} arrays, {path.stat().st_size} bytes", flush=True)


def value_and_gradients(function, variables, inputs=()):
    """(value, aux) of function(*inputs), and d value / d variables, d value / d inputs. Keras variables keep their values."""
    if keras.backend.backend() == "jax":
        import jax

        def pure(values, tensors):
            with keras.StatelessScope(state_mapping=list(zip(variables, values))):
                return function(*tensors)

        (value, aux), (dv, dx) = jax.value_and_grad(pure, argnums=(0, 1), has_aux=True)(
            [v.value for v in variables], list(inputs))
    else:
        import tensorflow as tf

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(list(inputs) + [v.value for v in variables])
            value, aux = function(*inputs)
        gradients = tape.gradient(value, [v.value for v in variables] + list(inputs), unconnected_gradients="zero")
        gradients = [tf.convert_to_tensor(g) for g in gradients]
        dv, dx = gradients[:len(variables)], gradients[len(variables):]
    return numpy(value), aux, [numpy(g) for g in dv], [numpy(g) for g in dx]


def random_weight(rng, name, shape):
    """Values that exercise every weight: none is zero or one, deviations are positive."""
    normal = rng.standard_normal(shape)
    if name in ("gamma", "scale"):
        return 1 + 0.2 * normal
    if "variance" in name:
        return 0.5 + rng.random(shape)
    if len(shape) >= 2 and "bias" not in name:
        return normal / np.sqrt(np.prod(shape[:-1]) if "embeddings" not in name else 2)
    return 0.2 * normal
