"""Golden probes: small models trained a few steps by real Keras in float64.

    pip install keras==3.15.1 jax==0.10.2 numpy
    python tests/golden/make_probes.py [probe ...] [--out FOLDER]

Writes probes/<probe>.npz; README.md says what the keys mean. The same models stand in probes/<probe>.yaml (as a spec) or
probes/<probe>.md (as mathematics); check_specs.py compares the specs with the models here.
"""
import argparse
import os
import pathlib
import subprocess
import sys

from golden import FOLDER, PositionEmbedding, generator, numpy, random_weight, save, text, value_and_gradients

import keras
import numpy as np
from keras import layers, ops


# ---- Recording

def weights(model, prefix=""):
    """{path: variable} in Keras' order; a nested model's name is part of the path, a shared layer appears once."""
    found = {}
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            found.update(weights(layer, f"{prefix}{layer.name}/"))
            continue
        for variable in layer.weights:
            path = variable.path
            path = path[path.index(layer.name + "/"):]
            found[prefix + path] = variable
    return found


def randomise(model, rng):
    for path, variable in weights(model).items():
        name = path.split("/")[-1]
        if "state" not in name:
            variable.assign(random_weight(rng, name, variable.shape))


def snapshot(model, key):
    return {f"{key}/{path}": numpy(variable) for path, variable in weights(model).items()}


def slots(optimizer, key="final_slots"):
    """Every optimizer variable by its Keras path; equal paths (Adafactor's r and c) are numbered in order."""
    record, order = {}, []
    for variable in optimizer.variables:
        path = first = variable.path if "/" in variable.path else f"{optimizer.name}/{variable.path}"
        count = 1
        while path in order:
            path, count = f"{first}_{count}", count + 1
        order.append(path)
        name = path.split("/")[-1]
        if name == "iteration" and not path.startswith("loss_scale_optimizer/"):  # whose own one counts nothing
            record[key.replace("slots", "iteration")] = numpy(variable)
        else:
            record[f"{key}/{path}"] = numpy(variable)
    record[f"{key}_order"] = text(order)
    return record


def ordered(model, values, names):
    """A dict by name as Keras wants it: a single array or a list in the model's order."""
    if values is None:
        return None
    arrays = [values[name] for name in names]
    return arrays[0] if len(arrays) == 1 else arrays


def inputs_of(model, x):
    return ordered(model, x, [tensor.name for tensor in model.inputs])


def outputs_of(model, y):
    return ordered(model, y, model.output_names)


def batch_keys(k, x, y, sample_weight):
    record = {f"step{k}/x/{name}": value for name, value in x.items()}
    record.update({f"step{k}/y/{name}": value for name, value in y.items()})
    record.update({f"step{k}/sample_weight/{name}": value for name, value in (sample_weight or {}).items()})
    return record


def gradients(model, x, y, sample_weight):
    """d loss / d weight of the first step, before any update; the model is left as it was."""
    x, y, sample_weight = inputs_of(model, x), outputs_of(model, y), outputs_of(model, sample_weight)
    state = model.variables + [state for layer in model.layers for state in getattr(layer, "states", None) or []]
    before = [numpy(v) for v in state]
    if keras.backend.backend() == "jax":
        import jax
        model._symbolic_build(data_batch=(x, y, sample_weight))
        values = ([v.value for v in group] for group in
                  (model.trainable_variables, model.non_trainable_variables, model.metrics_variables))
        loss, found = jax.value_and_grad(model.compute_loss_and_updates, has_aux=True)(
            *values, x, y, sample_weight, training=True, optimizer_variables=[v.value for v in model.optimizer.variables])
    else:
        import tensorflow as tf
        with tf.GradientTape() as tape:
            y_pred = model(x, training=True)
            loss = model.compute_loss(x, y, y_pred, sample_weight)
        found = tape.gradient(loss, [v.value for v in model.trainable_variables])
        found = [tf.convert_to_tensor(g) for g in found]
    for variable, value in zip(state, before):
        variable.assign(value)
    paths = {id(variable): path for path, variable in weights(model).items()}
    return {f"gradient/{paths[id(v)]}": numpy(g) for v, g in zip(model.trainable_variables, found)}


def train(model, batches, record, first=0, each_step=None):
    """One train_on_batch per batch. Its logs are of that batch alone: it resets the metrics first."""
    for k, (x, y, sample_weight) in enumerate(batches, first):
        record.update(batch_keys(k, x, y, sample_weight))
        logs = model.train_on_batch(inputs_of(model, x), outputs_of(model, y), outputs_of(model, sample_weight),
                                    return_dict=True)
        record.update({f"step{k}/{name}": np.float64(value) for name, value in logs.items()})
        if each_step:
            record.update(each_step(k))


def predict(model, x):
    y = model(inputs_of(model, x), training=False)
    y = y if isinstance(y, (list, tuple)) else [y]
    return {f"prediction/{name}": numpy(value) for name, value in zip(model.output_names, y)}


def probe(model, batches, gradient=True, each_step=None):
    """The common course: initial weights, gradient of step 0, the steps, what is left after them."""
    record = snapshot(model, "initial")
    if gradient:
        record.update(gradients(model, *batches[0]))
    train(model, batches, record, each_step=each_step)
    record.update(snapshot(model, "final"))
    record.update(slots(model.optimizer))
    record.update(predict(model, batches[0][0]))
    return record


# ---- Data and the model that several probes share

def classification(rng, steps, rows=6, features=5, classes=4):
    return [({"x": rng.standard_normal((rows, features))}, {"label": rng.integers(0, classes, rows)}, None)
            for _ in range(steps)]


def regression(rng, steps, rows=6, features=5, outputs=3):
    return [({"x": rng.standard_normal((rows, features))}, {"out": rng.standard_normal((rows, outputs))}, None)
            for _ in range(steps)]


def classifier(rng, **hidden):
    x = keras.Input((5,), name="x")
    h = layers.Dense(8, activation="relu", name="hidden", **hidden)(x)
    model = keras.Model(x, layers.Dense(4, name="label", **hidden)(h))
    randomise(model, rng)
    return model


def logits_loss():
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


# ---- Probes

def mlp(rng):
    model = classifier(rng)
    model.compile(keras.optimizers.Adam(0.01), logits_loss(), metrics=["accuracy"])
    return probe(model, classification(rng, 5))


def cnn_batchnorm(rng):
    image = keras.Input((6, 6, 2), name="image")
    h = layers.Conv2D(3, 3, padding="same", activation="relu", name="stem")(image)
    h = layers.BatchNormalization(momentum=0.9, name="norm")(h)
    h = layers.MaxPooling2D(name="pool")(h)
    h = layers.Flatten(name="flat")(h)
    model = keras.Model(image, layers.Dense(3, activation="softmax", name="label")(h))
    randomise(model, rng)
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return probe(model, [({"image": rng.standard_normal((4, 6, 6, 2))}, {"label": rng.integers(0, 3, 4)}, None)
                         for _ in range(5)])


def lstm_masked(rng):
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    h = layers.Embedding(9, 5, mask_zero=True, name="embedding")(tokens)
    h = layers.LSTM(6, return_sequences=True, name="lstm")(h)
    model = keras.Model(tokens, layers.Dense(4, activation="softmax", name="tag")(h))
    randomise(model, rng)
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"],
                  weighted_metrics=["sparse_categorical_crossentropy"])
    batches = []
    for length in (4, 7, 5, 7, 4):
        x = rng.integers(1, 9, (5, length)).astype(np.int32)
        x[1, 2:] = 0        # ends early
        x[2, 1] = 0         # a hole in the middle
        x[3, :] = 0         # nothing at all
        batches.append(({"tokens": x}, {"tag": rng.integers(0, 4, (5, length))}, None))
    # On the JAX backend a compiled step loses the mask before the metrics (its own logs count masked steps): take them
    # from an eager pass, where the mask is still on y_pred, as the TensorFlow backend does within its step.
    record = snapshot(model, "initial")
    record.update(gradients(model, *batches[0]))
    for k, batch in enumerate(batches):
        y_pred = model(batch[0]["tokens"], training=True)
        model.reset_metrics()
        model._compile_metrics.update_state(batch[1]["tag"], y_pred)
        masked = {f"step{k}/{name}": np.float64(value) for name, value in model._compile_metrics.result().items()}
        train(model, [batch], record, first=k)
        for name, value in masked.items():
            record[f"unmasked/{name}"] = record[name]
            record[name] = value
    record.update(snapshot(model, "final"))
    record.update(slots(model.optimizer))
    record.update(predict(model, batches[0][0]))
    return record


def shared_encoder(rng):
    a, b = keras.Input((5,), name="a"), keras.Input((5,), name="b")
    encoder = layers.Dense(6, activation="tanh", name="encoder")
    ea, eb = encoder(a), encoder(b)
    merged = layers.Concatenate(name="merged")([ea, eb])
    score = layers.Dense(1, name="score")(merged)
    label = layers.Dense(3, activation="softmax", name="label")(eb)
    model = keras.Model([a, b], [score, label])
    randomise(model, rng)
    model.compile(keras.optimizers.Adam(0.02),
                  {"score": "mse", "label": "sparse_categorical_crossentropy"}, loss_weights={"score": 0.5, "label": 2.0},
                  metrics={"score": ["mae"], "label": ["accuracy"]},
                  weighted_metrics={"score": ["mse"], "label": ["sparse_categorical_crossentropy"]})
    batches = [({"a": rng.standard_normal((6, 5)), "b": rng.standard_normal((6, 5))},
                {"score": rng.standard_normal((6, 1)), "label": rng.integers(0, 3, 6)},
                {"score": rng.random(6), "label": np.array([1.0, 0, 2, 0.5, 1, 3])}) for _ in range(5)]
    return probe(model, batches)


def stateful_lstm(rng):
    series = keras.Input(batch_shape=(4, 5, 3), name="series")
    lstm = layers.LSTM(5, return_sequences=True, stateful=True, name="lstm")
    model = keras.Model(series, layers.Dense(2, name="out")(lstm(series)))
    randomise(model, rng)
    model.compile(keras.optimizers.RMSprop(0.01), "mse", metrics=["mae"])
    batches = [({"series": rng.standard_normal((4, 5, 3))}, {"out": rng.standard_normal((4, 5, 2))}, None)
               for _ in range(5)]

    def states(k):
        return {f"step{k}/state/lstm/{name}": numpy(state) for name, state in zip("hc", lstm.states)}

    return probe(model, batches, each_step=states)


def nested_residual(rng):
    inner = keras.Input((6,), name="inner")
    h = layers.Dense(8, activation="relu", name="expand")(inner)
    h = layers.Dense(6, name="project")(h)
    h = layers.Add(name="sum")([inner, h])
    block = keras.Model(inner, layers.LayerNormalization(name="norm")(h), name="block")
    x = keras.Input((5,), name="x")
    h = block(block(layers.Dense(6, name="stem")(x)))
    model = keras.Model(x, layers.Dense(3, name="out")(h))
    randomise(model, rng)
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    return probe(model, regression(rng, 5))


def frozen_then_unfrozen(rng):
    x = keras.Input((5,), name="x")
    h = layers.Dense(6, activation="relu", name="stem")(x)
    h = layers.BatchNormalization(momentum=0.9, name="norm")(h)
    h = layers.Dense(6, activation="tanh", name="hidden")(h)
    model = keras.Model(x, layers.Dense(4, activation="softmax", name="label")(h))
    randomise(model, rng)
    batches = classification(rng, 6)
    frozen = [model.get_layer("stem"), model.get_layer("norm")]
    record = snapshot(model, "initial")
    for layer in frozen:
        layer.trainable = False
    model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
    record.update(gradients(model, *batches[0]))
    train(model, batches[:3], record)
    record.update(snapshot(model, "middle"))
    record.update(slots(model.optimizer, "middle_slots"))
    for layer in frozen:
        layer.trainable = True
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, batches[3:], record, first=3)
    record.update(snapshot(model, "final"))
    record.update(slots(model.optimizer))
    record.update(predict(model, batches[0][0]))
    return record


def accumulation_ema(rng):
    model = classifier(rng)
    model.compile(keras.optimizers.Adam(0.02, gradient_accumulation_steps=4, use_ema=True, ema_momentum=0.9,
                                        ema_overwrite_frequency=3), logits_loss(), metrics=["accuracy"])
    record = probe(model, classification(rng, 12, rows=4), each_step=lambda k: snapshot(model, f"step{k}/weights"))
    record.update(snapshot_after_finalize(model))
    return record


def snapshot_after_finalize(model):
    """What fit leaves: at its end Keras replaces the weights by their averages. train_on_batch does not."""
    model.optimizer.finalize_variable_values(model.trainable_weights)
    return snapshot(model, "finalized")


def global_clipnorm_maxnorm(rng):
    x = keras.Input((5,), name="x")
    h = layers.Dense(8, activation="relu", name="hidden", kernel_regularizer=keras.regularizers.L1L2(0.01, 0.02),
                     activity_regularizer=keras.regularizers.L2(0.05),
                     kernel_constraint=keras.constraints.MaxNorm(1.0))(x)
    model = keras.Model(x, layers.Dense(3, name="out", bias_regularizer=keras.regularizers.L1(0.03))(h))
    randomise(model, rng)
    model.compile(keras.optimizers.SGD(0.1, momentum=0.5, global_clipnorm=0.5), "mse", metrics=["mae"])
    return probe(model, regression(rng, 5))


def mixed_bfloat16(rng):
    keras.config.set_floatx("float32")
    try:
        model = classifier(rng, dtype="mixed_bfloat16")
        # Eagerly every op rounds to bfloat16; a compiled step may keep float32 between fused ops.
        model.compile(keras.optimizers.Adam(0.01), logits_loss(), metrics=["accuracy"], run_eagerly=True)
        batches = [({"x": x["x"].astype(np.float32)}, y, w) for x, y, w in classification(rng, 5)]
        record = probe(model, batches)
        return {key: value.astype(np.float32) if value.dtype.name == "bfloat16" else value
                for key, value in record.items()}
    finally:
        keras.config.set_floatx("float64")


def under_mixed_float16(make):
    # Eagerly every op rounds to float16; a compiled step may keep float32 between fused ops.
    def made(rng):
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("mixed_float16")
        try:
            return {key: value.astype(np.float32) if value.dtype == np.float16 else value for key, value in make(rng).items()}
        finally:
            keras.config.set_dtype_policy("float64")
            keras.config.set_floatx("float64")
    made.__name__ = make.__name__
    return made


def loss_scale(model):
    own = {"step_counter": model.optimizer.step_counter, "dynamic_scale": model.optimizer.dynamic_scale}
    return lambda k: {f"step{k}/loss_scale/{name}": numpy(variable) for name, variable in own.items()}


def scaled_probe(model, batches):
    model.optimizer.build(model.trainable_variables)
    scale = loss_scale(model)
    batches = [({name: value.astype(np.float32) for name, value in x.items()}, y, w) for x, y, w in batches]
    return probe(model, batches, gradient=False, each_step=lambda k: scale(k) | snapshot(model, f"step{k}/weights"))


@under_mixed_float16
def mixed_float16(rng):
    model = classifier(rng)
    # Far too large at first: it is halved until the gradients fit, and doubled again after two updates.
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.01), initial_scale=4194304.0, dynamic_growth_steps=2,
                                                    name="loss_scale_optimizer")
    model.compile(optimizer, logits_loss(), metrics=["accuracy"], run_eagerly=True)
    return scaled_probe(model, classification(rng, 12))


@under_mixed_float16
def mixed_float16_cnn(rng):
    image = keras.Input((6, 6, 2), name="image")
    h = layers.Conv2D(3, 3, padding="same", activation="relu", name="stem")(image)
    h = layers.BatchNormalization(momentum=0.9, name="norm")(h)
    h = layers.MaxPooling2D(name="pool")(h)
    h = layers.Flatten(name="flat")(h)
    model = keras.Model(image, layers.Dense(3, activation="softmax", name="label")(h))
    randomise(model, rng)
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"], run_eagerly=True)
    # The third batch weighs so much that its gradients are beyond float16, and nothing of its forward pass is.
    weights = [np.ones(4, np.float32) * (1e4 if k == 2 else 1) for k in range(6)]
    return scaled_probe(model, [({"image": rng.standard_normal((4, 6, 6, 2))}, {"label": rng.integers(0, 3, 4)}, {"label": w})
                                for w in weights])


def nan_batch(rng):
    model = classifier(rng)
    model.compile(keras.optimizers.Adam(0.01), logits_loss(), metrics=["accuracy"])
    initial = [numpy(v) for v in model.weights]
    batches = classification(rng, 5)
    batches[2][0]["x"][1, 3] = np.nan
    record = probe(model, batches, each_step=lambda k: snapshot(model, f"step{k}/weights"))
    # The same run with the NaN batch left out, for a trainer that skips such an update.
    for variable, value in zip(model.weights, initial):
        variable.assign(value)
    model.compile(keras.optimizers.Adam(0.01), logits_loss(), metrics=["accuracy"])
    train(model, [b for k, b in enumerate(batches) if k != 2], skipped := {})
    record.update({f"skipped/step{k if k < 2 else k + 1}/loss": skipped[f"step{k}/loss"] for k in range(4)})
    record.update(snapshot(model, "skipped/final"))
    record.update(slots(model.optimizer, "skipped/final_slots"))
    return record


def char_transformer(rng, vocabulary=7, length=6, features=8, heads=2, blocks=4, rows=3):
    tokens = keras.Input((length,), dtype="int32", name="tokens")
    token = layers.Embedding(vocabulary, features, name="token")(tokens)
    h = layers.Add(name="embedded")([token, PositionEmbedding(length, name="position")(token)])
    for k in range(blocks):
        a = layers.LayerNormalization(epsilon=1e-5, name=f"norm{k}a")(h)
        a = layers.MultiHeadAttention(heads, features // heads, name=f"attention{k}")(a, a, use_causal_mask=True)
        h = layers.Add(name=f"sum{k}a")([h, a])
        m = layers.LayerNormalization(epsilon=1e-5, name=f"norm{k}b")(h)
        m = layers.Dense(4 * features, activation="gelu", name=f"expand{k}")(m)
        m = layers.Dense(features, name=f"project{k}")(m)
        h = layers.Add(name=f"sum{k}b")([h, m])
    h = layers.LayerNormalization(epsilon=1e-5, name="norm")(h)
    model = keras.Model(tokens, layers.Dense(vocabulary, name="next")(h))
    randomise(model, rng)
    model.compile(keras.optimizers.AdamW(0.01), logits_loss(), metrics=["accuracy"])
    batches = []
    for _ in range(5):
        text = rng.integers(0, vocabulary, (rows, length + 1)).astype(np.int32)
        batches.append(({"tokens": text[:, :-1]}, {"next": text[:, 1:]}, None))
    return probe(model, batches)


def gan(rng):
    z = keras.Input((3,), name="z")
    h = layers.Dense(6, activation="relu", name="g_hidden")(z)
    generate = keras.Model(z, layers.Dense(4, activation="tanh", name="sample")(h), name="generator")
    sample = keras.Input((4,), name="sample_in")
    h = layers.Dense(6, name="d_hidden")(sample)
    h = layers.LeakyReLU(negative_slope=0.2, name="d_leaky")(h)
    judge = keras.Model(sample, layers.Dense(1, name="logit")(h), name="discriminator")
    randomise(generate, rng), randomise(judge, rng)
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    d_optimizer, g_optimizer = keras.optimizers.Adam(0.01, beta_1=0.5), keras.optimizers.Adam(0.02, beta_1=0.5)
    record = snapshot(generate, "initial/generator") | snapshot(judge, "initial/discriminator")
    for k in range(5):
        real, z_d, z_g = rng.uniform(-1, 1, (6, 4)), rng.standard_normal((6, 3)), rng.standard_normal((6, 3))
        ones, zeros = np.ones((6, 1)), np.zeros((6, 1))
        fake = generate(z_d, training=True)

        def d_loss():
            return (cross_entropy(ones, judge(real, training=True)) + cross_entropy(zeros, judge(fake, training=True))), None

        def g_loss():
            return cross_entropy(ones, judge(generate(z_g, training=True), training=True)), None

        d_value, _, d_gradients, _ = value_and_gradients(d_loss, judge.trainable_variables)
        d_optimizer.apply([ops.convert_to_tensor(g) for g in d_gradients], judge.trainable_variables)
        g_value, _, g_gradients, _ = value_and_gradients(g_loss, generate.trainable_variables)
        g_optimizer.apply([ops.convert_to_tensor(g) for g in g_gradients], generate.trainable_variables)
        record.update({f"step{k}/x/real": real, f"step{k}/x/z_d": z_d, f"step{k}/x/z_g": z_g,
                       f"step{k}/d_loss": d_value, f"step{k}/g_loss": g_value})
        if k == 0:
            record.update({"prediction_z": z_g})
            for name, model, found in (("discriminator", judge, d_gradients), ("generator", generate, g_gradients)):
                record.update({f"gradient/{name}/{path}": g for path, g in zip(weights(model), found)})
    record.update(snapshot(generate, "final/generator") | snapshot(judge, "final/discriminator"))
    record.update(slots(d_optimizer, "d_final_slots") | slots(g_optimizer, "g_final_slots"))
    record["prediction/sample"] = numpy(generate(record.pop("prediction_z")))
    return record


class Sampling(layers.Layer):
    """z = mean + exp(log_variance / 2) eps; adds KL(N(mean, exp(log_variance)) || N(0, 1)) / 10 to the loss."""

    def call(self, mean, log_variance, eps):
        kl = -0.5 * ops.sum(1 + log_variance - ops.square(mean) - ops.exp(log_variance), axis=-1)
        self.add_loss(0.1 * ops.mean(kl))
        return mean + ops.exp(0.5 * log_variance) * eps


def vae(rng):
    x, eps = keras.Input((6,), name="x"), keras.Input((2,), name="eps")
    h = layers.Dense(5, activation="tanh", name="encoder")(x)
    mean, log_variance = layers.Dense(2, name="mean")(h), layers.Dense(2, name="log_variance")(h)
    z = Sampling(name="sampling")(mean, log_variance, eps)
    h = layers.Dense(5, activation="tanh", name="decoder")(z)
    model = keras.Model([x, eps], layers.Dense(6, activation="sigmoid", name="out")(h))
    moments = keras.Model(x, [mean, log_variance])
    randomise(model, rng)
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
    record = snapshot(model, "initial")
    batches = []
    for k in range(5):
        data = (rng.random((6, 6)) < 0.5).astype(np.float64)
        batches.append(({"x": data, "eps": rng.standard_normal((6, 2))}, {"out": data}, None))
    record.update(gradients(model, *batches[0]))
    for k, batch in enumerate(batches):
        m, s = (numpy(value) for value in moments(batch[0]["x"]))
        record[f"step{k}/kl"] = np.mean(-0.5 * np.sum(1 + s - m ** 2 - np.exp(s), axis=-1))
        train(model, [batch], record, first=k)
    record.update(snapshot(model, "final"))
    record.update(slots(model.optimizer))
    record.update(predict(model, batches[0][0]))
    return record


def short_last_batch(rng):
    x = keras.Input((5,), name="x")
    h = layers.Dense(6, activation="relu", name="hidden")(x)
    model = keras.Model(x, layers.Dense(3, activation="softmax", name="label")(h))
    randomise(model, rng)
    model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"],
                  weighted_metrics=["sparse_categorical_crossentropy"])
    train_x, train_y = rng.standard_normal((14, 5)), rng.integers(0, 3, 14)
    test_x, test_y = rng.standard_normal((5, 5)), rng.integers(0, 3, 5)
    record = snapshot(model, "initial")
    record.update({"x/x": train_x, "y/label": train_y, "validation/x/x": test_x, "validation/y/label": test_y})
    batches = []

    def log(batch, logs):
        batches.append({name: float(value) for name, value in logs.items()})

    history = model.fit(train_x, train_y, batch_size=6, epochs=2, shuffle=False, verbose=0, validation_batch_size=3,
                        validation_data=(test_x, test_y), class_weight={0: 1.0, 1: 2.5, 2: 0.5},
                        callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=log)])
    for k, logs in enumerate(batches):      # running averages over the epoch so far
        record.update({f"running/step{k}/{name}": value for name, value in logs.items()})
    record.update({f"history/{name}": np.array(values) for name, values in history.history.items()})
    record.update(snapshot(model, "final"))
    record.update(slots(model.optimizer))
    record["prediction/label"] = numpy(model(train_x, training=False))
    evaluated = model.evaluate(test_x, test_y, batch_size=2, verbose=0, return_dict=True)
    record.update({f"evaluate/{name}": value for name, value in evaluated.items()})
    return record


class Gated(layers.Layer):
    """y = tanh(x W + b) * sigmoid(x V + c)."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, shape):
        self.kernel = self.add_weight(name="kernel", shape=(shape[-1], self.units))
        self.bias = self.add_weight(name="bias", shape=(self.units,))
        self.gate_kernel = self.add_weight(name="gate_kernel", shape=(shape[-1], self.units))
        self.gate_bias = self.add_weight(name="gate_bias", shape=(self.units,))

    def call(self, x):
        return ops.tanh(ops.matmul(x, self.kernel) + self.bias) * ops.sigmoid(ops.matmul(x, self.gate_kernel) + self.gate_bias)


class PreNormResidual(layers.Layer):
    """y = x + relu(layer_norm(x; gamma, beta, epsilon 1e-5) W + b)."""

    def build(self, shape):
        self.gamma = self.add_weight(name="gamma", shape=(shape[-1],))
        self.beta = self.add_weight(name="beta", shape=(shape[-1],))
        self.kernel = self.add_weight(name="kernel", shape=(shape[-1], shape[-1]))
        self.bias = self.add_weight(name="bias", shape=(shape[-1],))

    def call(self, x):
        h = ops.layer_normalization(x, self.gamma, self.beta, axis=-1, epsilon=1e-5)
        return x + ops.relu(ops.matmul(h, self.kernel) + self.bias)


def user_layer(rng):
    x = keras.Input((5,), name="x")
    h = Gated(6, name="gated")(x)
    h = PreNormResidual(name="residual")(h)
    model = keras.Model(x, layers.Dense(3, name="out")(h))
    randomise(model, rng)
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    return probe(model, regression(rng, 5))


def adafactor(rng):
    model = classifier(rng)
    model.compile(keras.optimizers.Adafactor(0.05), logits_loss(), metrics=["accuracy"])
    return probe(model, classification(rng, 5))


def lamb(rng):
    model = classifier(rng)
    model.compile(keras.optimizers.Lamb(0.02), logits_loss(), metrics=["accuracy"])
    return probe(model, classification(rng, 5))


def cosine_decay(rng):
    model = classifier(rng)
    schedule = keras.optimizers.schedules.CosineDecay(0.001, decay_steps=4, alpha=0.1, warmup_target=0.02, warmup_steps=3)
    model.compile(keras.optimizers.Adam(schedule), logits_loss(), metrics=["accuracy"])
    rates = {f"step{k}/learning_rate": numpy(schedule(k)) for k in range(9)}
    return probe(model, classification(rng, 9)) | rates


PROBES = [mlp, cnn_batchnorm, lstm_masked, shared_encoder, stateful_lstm, nested_residual, frozen_then_unfrozen, char_transformer,
          accumulation_ema, global_clipnorm_maxnorm, mixed_bfloat16, mixed_float16,
          mixed_float16_cnn, nan_batch, gan, vae, short_last_batch, user_layer,
          adafactor, lamb, cosine_decay]


# Keras on JAX forgets the state of a stateful RNN between compiled steps; on TensorFlow it is kept.
TENSORFLOW = [stateful_lstm]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("probes", nargs="*")
    parser.add_argument("--out", type=pathlib.Path, default=FOLDER / "probes")
    arguments = parser.parse_args()
    for make in PROBES:
        if arguments.probes and make.__name__ not in arguments.probes:
            continue
        if make in TENSORFLOW and keras.backend.backend() != "tensorflow":
            subprocess.run([sys.executable, __file__, make.__name__, "--out", arguments.out], check=True,
                           env=os.environ | {"KERAS_BACKEND": "tensorflow"})
        else:
            keras.utils.clear_session()
            save(arguments.out / f"{make.__name__}.npz", make(generator(make.__name__)))


if __name__ == "__main__":
    main()
