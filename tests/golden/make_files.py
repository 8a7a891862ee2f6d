"""Makes the files in tests/golden/files: models that real Keras saved in the middle of training, and what they do next.

    python tests/golden/make_files.py [model ...]  (Keras 3, float32)
    python tests/golden/make_files.py check DIR    (loads what tests/files wrote into DIR; part of scripts/test --deep)

<model>.keras and <model>.weights.h5 (by_<optimizer>.keras alone) hold weights and optimizer after three steps; <model>.npz holds the batch (x, y), the
predictions, the loss of one more step and the predictions after it. tests/files/keras_files_test.cpp builds the same models.
"""
import os
import pathlib
import sys

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import keras
import numpy as np
from keras import layers

FOLDER = pathlib.Path(__file__).resolve().parent / "files"


def dense():
    model = keras.Sequential([layers.Input((3,)), layers.Dense(4, activation="relu"), layers.BatchNormalization(), layers.Dense(1)],
                             name="dense_model")
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    return model, {"x": (8, 3)}


def branches():
    a, b = layers.Input((5, 3), name="a"), layers.Input((2,), name="b")
    inner = keras.Sequential([layers.Input((2,)), layers.Dense(4, activation="tanh"), layers.Dense(4)], name="inner")
    left = layers.Dense(4, name="left")(layers.LSTM(4, name="memory")(a))
    right = inner(b)
    out = layers.Dense(1, name="out")(layers.Add(name="sum")([left, right]))
    model = keras.Model([a, b], out, name="branches")
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), "mse")
    return model, {"a": (8, 5, 3), "b": (8, 2)}


@keras.saving.register_keras_serializable(package="keras_hub")
class PositionEmbedding(layers.Layer):
    """KerasHub's layer, which is not Keras' own: the first rows of a table, for every row of the batch."""

    def __init__(self, sequence_length, initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        self.sequence_length, self.initializer = sequence_length, keras.initializers.get(initializer)
        self.supports_masking = True

    def get_config(self):
        return {**super().get_config(), "sequence_length": self.sequence_length,
                "initializer": keras.initializers.serialize(self.initializer)}

    def build(self, shape):
        self.embeddings = self.add_weight(name="embeddings", shape=(self.sequence_length, shape[-1]), initializer=self.initializer)

    def call(self, x):
        return keras.ops.broadcast_to(self.embeddings[:x.shape[-2]], keras.ops.shape(x))


def attention():
    tokens = layers.Input((6,), dtype="int32", name="tokens")
    e = layers.Embedding(11, 8, mask_zero=True)(tokens)
    h = layers.Add()([e, PositionEmbedding(6)(e)])
    heads = layers.MultiHeadAttention(2, 4, name="heads")(h, h, use_causal_mask=True)
    h = layers.LayerNormalization()(layers.Add()([h, heads]))
    groups, scores = layers.GroupQueryAttention(4, 4, 2, use_gate=True, name="groups")(h, h, return_attention_scores=True)
    h = layers.Attention(use_scale=True)([groups, h])
    h = layers.AdditiveAttention()([h, e])
    h = layers.Concatenate()([layers.GlobalAveragePooling1D()(h), layers.Flatten()(scores)])
    model = keras.Model(tokens, layers.Dense(1, name="out")(h), name="attention")
    model.compile(keras.optimizers.SGD(0.005, momentum=0.9), "mse")
    return model, {"tokens": (8, 6)}


def directions():
    x = layers.Input((6, 3), name="series")
    h = layers.Masking()(x)
    h = layers.Bidirectional(layers.LSTM(4, return_sequences=True), name="both")(h)
    h, state = layers.GRU(5, return_sequences=True, return_state=True, name="encoder")(h)
    h = layers.GRU(5, return_sequences=True, name="decoder")(h, initial_state=state)
    h = layers.TimeDistributed(layers.Dense(4, activation="tanh"), name="steps")(h)
    h = layers.RNN(layers.StackedRNNCells([layers.LSTMCell(3), layers.GRUCell(4), layers.LSTMCell(3)]), return_sequences=True, name="stack")(h)
    h = layers.Bidirectional(layers.SimpleRNN(3), merge_mode="sum", name="last",
                             backward_layer=layers.GRU(3, go_backwards=True, name="other"))(h)
    model = keras.Model(x, layers.Dense(1, name="out")(h), name="directions")
    model.compile(keras.optimizers.Adam(0.01), "mse")
    return model, {"series": (8, 6, 3)}


def image():
    x = layers.Input((6, 6, 4), name="image")
    h = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, activation="tanh")(x)
    h = layers.SpatialDropout2D(0.0)(h)
    h = layers.GroupNormalization(groups=2)(h)
    h = layers.SeparableConv2D(4, (3, 2), strides=2, padding="same")(h)
    h = layers.PReLU(alpha_initializer="ones", shared_axes=[1, 2])(h)
    h = layers.Conv2DTranspose(3, 3, strides=2, padding="same", output_padding=0, activation="relu")(h)
    h = layers.UpSampling2D((2, 3), interpolation="bilinear")(h)
    h = layers.GaussianNoise(0.0)(h)
    h = layers.UpSampling2D()(h)
    h = layers.ELU(0.5)(h)
    h = layers.GlobalAveragePooling2D()(h)
    h = layers.UnitNormalization()(h)
    model = keras.Model(x, layers.Dense(1, name="out")(h), name="image")
    model.compile(keras.optimizers.SGD(0.05), "mse")
    return model, {"image": (8, 6, 6, 4)}


def signals():
    steps, volume = layers.Input((7, 4), name="steps"), layers.Input((3, 4, 3, 2), name="volume")
    h = layers.ZeroPadding1D((1, 2))(steps)
    h = layers.Conv1D(4, 3, padding="causal", dilation_rate=2)(h)
    h = layers.GaussianDropout(0.0)(h)
    h = layers.DepthwiseConv1D(3)(h)
    h = layers.SeparableConv1D(4, 2, activation="tanh")(h)
    h = layers.SpatialDropout1D(0.0)(h)
    h = layers.UpSampling1D(2)(h)
    h = layers.Conv1DTranspose(3, 3, strides=2)(h)
    h = layers.Cropping1D((1, 2))(h)
    h = layers.MaxPooling1D(2)(h)
    h = layers.AveragePooling1D(2, strides=1, padding="same")(h)
    h = layers.EinsumDense("abc,cd->abd", (None, 4), bias_axes="d", activation="relu")(h)
    h = layers.AlphaDropout(0.0)(h)
    h = layers.GlobalAveragePooling1D()(h)
    v = layers.ZeroPadding3D(((1, 0), (0, 0), (1, 1)))(volume)
    v = layers.Conv3D(3, 2)(v)
    v = layers.Conv3DTranspose(2, 2, strides=(1, 2, 1))(v)
    v = layers.UpSampling3D((1, 2, 1))(v)
    v = layers.Cropping3D(((1, 0), (0, 1), (0, 0)))(v)
    v = layers.MaxPooling3D((1, 2, 2))(v)
    v = layers.AveragePooling3D(2)(v)
    v = layers.SpatialDropout3D(0.0)(v)
    v = layers.GlobalMaxPooling3D()(v)
    v = layers.Dense(4, name="right")(v)
    out = layers.Dot(1, normalize=True)([h, v])
    out = layers.ActivityRegularization(l1=0.01, l2=0.02)(out)
    model = keras.Model([steps, volume], layers.Dense(1, name="out")(out), name="signals")
    model.compile(keras.optimizers.SGD(0.05), "mse")
    return model, {"steps": (8, 7, 4), "volume": (8, 3, 4, 3, 2)}


def trained_by(optimizer):
    def build():
        model = keras.Sequential([layers.Input((3,)), layers.Dense(4, activation="tanh"), layers.Dense(1)], name="two_layers")
        model.compile(optimizer(), "mse")
        return model, {"x": (8, 3)}
    return build


# Each optimizer that keeps something of its own, with what the files must say of it.
OPTIMIZERS = {
    "adadelta": lambda: keras.optimizers.Adadelta(0.5, rho=0.9),
    "adafactor": lambda: keras.optimizers.Adafactor(0.05),
    "adagrad": lambda: keras.optimizers.Adagrad(0.1, initial_accumulator_value=0.2),
    "adamax": lambda: keras.optimizers.Adamax(0.05),
    "adamw": lambda: keras.optimizers.AdamW(0.05, weight_decay=0.1, amsgrad=True, global_clipnorm=1.0),
    "ftrl": lambda: keras.optimizers.Ftrl(0.1, l1_regularization_strength=0.01, l2_regularization_strength=0.02, beta=0.1),
    "lamb": lambda: keras.optimizers.Lamb(0.05),
    "lion": lambda: keras.optimizers.Lion(0.02, weight_decay=0.1),
    "muon": lambda: keras.optimizers.Muon(0.05, exclude_layers=["dense_1"]),
    "nadam": lambda: keras.optimizers.Nadam(0.05, clipnorm=1.0),
    "schedule_free_adamw": lambda: keras.optimizers.ScheduleFreeAdamW(0.05, warmup_steps=2),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.02, momentum=0.8, centered=True),
    "accumulating": lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True, use_ema=True, ema_momentum=0.8,
                                                 gradient_accumulation_steps=2, clipvalue=0.5),
    "loss_scaling": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.05), initial_scale=8.0, dynamic_growth_steps=2),
}
# The policy that a model was trained under is not read from its file: who loads it sets it again.
POLICIES = {"by_mixed_float16": "mixed_float16"}
MODELS = {"dense": dense, "branches": branches, "attention": attention, "directions": directions, "image": image, "signals": signals} | \
    {f"by_{name}": trained_by(optimizer) for name, optimizer in OPTIMIZERS.items()} | \
    {"by_mixed_float16": trained_by(lambda: keras.optimizers.Adam(0.05))}


def batch(shapes):
    rng = np.random.default_rng(7)
    data = {name: rng.standard_normal(shape).astype("float32") for name, shape in shapes.items()}
    if "tokens" in data:
        data["tokens"] = rng.integers(1, 11, shapes["tokens"]).astype("int32")
        data["tokens"][1, 4:] = data["tokens"][3, 1:] = 0
    if "series" in data:
        data["series"][1, 4:] = data["series"][3, 1:3] = 0
    return data


def inputs(data, shapes):
    return [data[name] for name in shapes] if len(shapes) > 1 else data[next(iter(shapes))]


def loss_scale(model):
    optimizer = model.optimizer
    return {"loss_scale": np.array([optimizer.dynamic_scale, optimizer.step_counter])} if hasattr(optimizer, "dynamic_scale") else {}


def make(names):
    FOLDER.mkdir(exist_ok=True)
    for name in names or MODELS:
        build = MODELS[name]
        keras.utils.set_random_seed(3)
        keras.backend.clear_session()
        keras.config.set_dtype_policy(POLICIES.get(name, "float32"))
        model, shapes = build()
        data = batch(shapes)
        y = data[next(iter(shapes))].reshape(8, -1).sum(axis=1, keepdims=True).astype("float32")
        x = inputs(data, shapes)
        for _ in range(3):
            model.train_on_batch(x, y)
        model.save(FOLDER / f"{name}.keras")
        if not name.startswith("by_"):
            model.save_weights(FOLDER / f"{name}.weights.h5")
        scale = loss_scale(model)
        before = np.asarray(model.predict(x, verbose=0))
        loss = model.train_on_batch(x, y, return_dict=True)["loss"]
        after = np.asarray(model.predict(x, verbose=0))
        np.savez(FOLDER / f"{name}.npz", **data, **scale, y=y, before=before, loss=np.float32(loss), after=after)


def check(folder):
    folder = pathlib.Path(folder)
    for name, build in MODELS.items():
        golden = np.load(FOLDER / f"{name}.npz")
        for kind in ("keras", "weights.h5", "h5") if not name.startswith("by_") else ("keras", "weights.h5"):
            keras.backend.clear_session()
            keras.config.set_dtype_policy(POLICIES.get(name, "float32"))
            model, shapes = build()
            path = folder / f"{name}.{kind}"
            if kind != "weights.h5":
                model = keras.models.load_model(path)
            else:
                model.optimizer.build(model.trainable_variables)
                model.load_weights(path)
            x = inputs(golden, shapes)
            coarse = 2e-3 if name in POLICIES else 0  # a few roundings to float16
            np.testing.assert_allclose(model.predict(x, verbose=0), golden["before"], rtol=1e-5 + coarse, atol=1e-6 + coarse)
            for key, value in loss_scale(model).items():
                np.testing.assert_array_equal(value, golden[key])
            if kind == "h5":  # Keras builds the optimizer of any legacy file without variables: it cannot train on
                print("ok", path)
                continue
            model.train_on_batch(x, golden["y"])
            np.testing.assert_allclose(model.predict(x, verbose=0), golden["after"], rtol=1e-4 + coarse, atol=1e-5 + coarse)
            print("ok", path)


if len(sys.argv) > 2 and sys.argv[1] == "check":
    check(sys.argv[2])
else:
    make(sys.argv[1:])
