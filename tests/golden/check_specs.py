"""Does Keras, given the spec of a probe, take the steps that its npz holds?

    pip install keras==3.15.1 jax==0.10.2 numpy pyyaml
    python tests/golden/check_specs.py

Reads probes/*.yaml with a small reader of its own, sets `initial/`, repeats the steps and compares `step<k>/loss` and
`final/`. So a spec and the numbers beside it cannot drift apart.
"""
import sys

from golden import FOLDER, PositionEmbedding

import keras
import numpy as np
import yaml

import make_probes

yaml.SafeLoader.add_implicit_resolver("tag:yaml.org,2002:float", __import__("re").compile(r"^-?\d+(\.\d*)?e-?\d+$"), "0123456789")


def keras_object(entry, module):
    name, arguments = (entry, {}) if isinstance(entry, str) else next(iter(entry.items()))
    made = {key: keras_object(value, module_of(key)) if isinstance(value, dict) else value
            for key, value in (arguments or {}).items()}
    return getattr(module, name)(**made)


def module_of(argument):
    if argument == "learning_rate":
        return keras.optimizers.schedules
    if argument == "inner_optimizer":
        return keras.optimizers
    return keras.constraints if argument.endswith("constraint") else keras.regularizers


def build(spec, name=None):
    if isinstance(spec, list):
        spec = {"inputs": {spec[0]["Input"].pop("name"): spec[0]["Input"]}, "layers": spec[1:]}
    tensors = {key: keras.Input(name=key, **value) for key, value in spec["inputs"].items()}
    inputs, made, last = list(tensors.values()), {}, next(reversed(tensors))
    for entry in spec["layers"]:
        if "layer" in entry:
            key, fed, layer = entry["name"], entry["inputs"], made[entry["layer"]]
        elif "Model" in entry:
            key, fed = entry["Model"]["name"], last
            layer = made[key] = build(entry["Model"], key)
        else:
            kind, arguments = next(iter(entry.items()))
            arguments = dict(arguments)
            key, fed, call = arguments["name"], arguments.pop("inputs", last), arguments.pop("call", {})
            layer = made[key] = PositionEmbedding(**arguments) if kind == "PositionEmbedding" else keras_object({kind: arguments}, keras.layers)
        if isinstance(layer, keras.layers.MultiHeadAttention):
            tensors[key] = layer(tensors[fed], tensors[fed], **call)
        else:
            tensors[key] = layer([tensors[f] for f in fed] if isinstance(fed, list) else tensors[fed])
        last = key
    outputs = spec.get("outputs", last)
    outputs = [tensors[o] for o in outputs] if isinstance(outputs, list) else tensors[outputs]
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], outputs, **({"name": name} if name else {}))


def compiled(model, arguments, eager):
    loss = arguments["loss"]
    if isinstance(loss, dict) and not set(loss) <= set(model.output_names):
        loss = keras_object(loss, keras.losses)
    rest = {key: value for key, value in arguments.items() if key not in ("optimizer", "loss")}
    model.compile(optimizer=keras_object(arguments["optimizer"], keras.optimizers), loss=loss, run_eagerly=eager, **rest)


def check(path):
    spec, golden = yaml.safe_load(path.read_text()), np.load(path.with_suffix(".npz"))
    keras.utils.clear_session()
    dtype = spec["run"]["dtype"]
    mixed = dtype.startswith("mixed")
    keras.config.set_floatx("float32" if mixed else dtype)
    keras.config.set_dtype_policy(dtype)
    model = build(spec["model"])
    for key, variable in make_probes.weights(model).items():
        variable.assign(golden["initial/" + key])
    stages = spec["fit"] if isinstance(spec["fit"], list) else [spec["fit"]]
    losses, expected = [], []
    if "history/loss" in golden:
        compiled(model, spec["compile"], mixed)
        history = model.fit(golden["x/x"], golden["y/label"], verbose=0, **spec["fit"],
                            validation_data=(golden["validation/x/x"], golden["validation/y/label"])).history
        for key, value in history.items():
            losses, expected = losses + value, expected + list(golden["history/" + key])
    else:
        steps = sum(key.endswith("/loss") and key.startswith("step") for key in golden)
        for k in range(steps):
            if k % (steps // len(stages)) == 0:
                stage = stages[k // (steps // len(stages))]
                for name, value in stage.get("trainable", {}).items():
                    model.get_layer(name).trainable = value
                compiled(model, stage.get("compile") or spec["compile"], mixed)
            x, y, w = ([golden[f"step{k}/{kind}/{name}"] for name in names] if f"step{k}/{kind}/{names[0]}" in golden else None
                       for kind, names in (("x", [t.name for t in model.inputs]), ("y", model.output_names),
                                           ("sample_weight", model.output_names)))
            losses.append(model.train_on_batch(*(v[0] if v and len(v) == 1 else v for v in (x, y, w)), return_dict=True)["loss"])
            expected.append(golden[f"step{k}/loss"])
    error = np.max(np.abs(np.nan_to_num(losses) - np.nan_to_num(expected)))
    for key, variable in make_probes.weights(model).items():
        error = max(error, np.max(np.abs(np.nan_to_num(variable.numpy()) - np.nan_to_num(golden["final/" + key]))))
    print(f"{path.stem}: {error:.1e}")
    return error < 1e-10


if __name__ == "__main__":
    paths = sorted((FOLDER / "probes").glob("*.yaml"))
    if keras.backend.backend() == "jax":        # see make_probes.TENSORFLOW
        paths = [path for path in paths if path.stem != "stateful_lstm"]
    sys.exit(0 if all([check(path) for path in paths]) else 1)
