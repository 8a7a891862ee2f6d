"""The rows' models in PyTorch: the same layers, parameters and shapes as benchmarks/peers/models. Images are NHWC in memory
(channels_last), and a flattened image has that order too, so every weight is a transpose of Strata's."""
import contextlib
import math

import torch
from torch import nn
from torch.nn import functional as F


class LastChannels(nn.Module):
    """(N, H, W, C) to (N, C, H, W) in channels_last: the same memory."""

    def forward(self, x):
        return x.permute(0, 3, 1, 2)


class FlattenLastChannels(nn.Module):
    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


class Residual(nn.Module):
    def __init__(self, body, shortcut):
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x):
        return F.relu(self.body(x) + self.shortcut(x))


class LastOutput(nn.Module):
    def __init__(self, inputs, units):
        super().__init__()
        self.lstm = nn.LSTM(inputs, units, batch_first=True)
        self.lstm.bias_hh_l0.requires_grad_(False)  # Keras' layer has one bias

    def forward(self, x):
        return self.lstm(x)[0][:, -1]


def mlp():
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))


def mnist_cnn():
    return nn.Sequential(LastChannels(), nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
                         FlattenLastChannels(), nn.Dropout(0.5), nn.Linear(1600, 10))


class Halving(nn.Conv2d):
    """3x3 with stride 2. Keras' "same" puts the one row and column that an even image lacks at its end, PyTorch's padding=1 at its
    beginning: as many products on other pixels. Both are here; PyTorch's own is the one that is timed, Keras' takes a kernel more."""
    as_keras = False

    def forward(self, x):
        return F.conv2d(F.pad(x, (0, 1, 0, 1)), self.weight, None, self.stride) if self.as_keras else super().forward(x)


def conv_bn(inputs, outputs, kernel, stride=1):
    # BatchNorm2d's momentum is what Keras' 0.99 leaves.
    convolution = Halving if kernel == 3 and stride == 2 else nn.Conv2d
    return [convolution(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01)]


def resnet20():
    layers, width = [LastChannels(), *conv_bn(3, 16, 3), nn.ReLU()], 16
    for filters in (16, 32, 64):
        for unit in range(3):
            stride = 2 if filters > 16 and unit == 0 else 1
            body = nn.Sequential(*conv_bn(width, filters, 3, stride), nn.ReLU(), *conv_bn(filters, filters, 3))
            layers.append(Residual(body, nn.Sequential(*conv_bn(width, filters, 1, stride)) if stride == 2 else nn.Identity()))
            width = filters
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def lstm():
    return nn.Sequential(LastOutput(128, 128), nn.Linear(128, 1))


EPSILON = 1e-7

# By the name of the row: the model, its loss from logits, its optimizer.
ROWS = {
    "mlp": (mlp, F.cross_entropy, "adam"),
    "mnist_cnn": (mnist_cnn, F.cross_entropy, "adam"),
    "resnet20": (resnet20, F.cross_entropy, "sgd"),
    "lstm": (lstm, F.binary_cross_entropy_with_logits, "adam"),
}


def optimizer(name, parameters, captured):
    if name == "adam":
        return torch.optim.Adam(parameters, lr=1e-3, eps=EPSILON, fused=True, capturable=captured)
    return torch.optim.SGD(parameters, lr=0.1, momentum=0.9, fused=True)  # keeps no counter of steps, so it can always be captured


@contextlib.contextmanager
def keras_equations(model, optimizer):
    """Inside, PyTorch computes what Keras defines where the two differ: the padding of Halving, and Adam's epsilon, which Keras adds
    before the second moment is corrected and PyTorch after it."""
    step = 0

    def before_step(optimizer, *_):
        nonlocal step
        step += 1
        for group in optimizer.param_groups:
            if "betas" in group:
                group["eps"] = EPSILON / math.sqrt(1 - group["betas"][1] ** step)

    def pad(as_keras):
        for module in model.modules():
            if isinstance(module, Halving):
                module.as_keras = as_keras

    pad(True)
    hook = optimizer.register_step_pre_hook(before_step)
    yield
    hook.remove()
    pad(False)
    for group in optimizer.param_groups:
        if "betas" in group:
            group["eps"] = EPSILON


# Strata's layers in the order of their making, by the class that holds the same weights here.
LAYERS = {nn.Linear: "dense", nn.Conv2d: "conv2d", nn.BatchNorm2d: "batch_normalization", nn.LSTM: "lstm"}
WEIGHTS = {  # attribute here: (name there, how its axes are turned)
    "dense": {"weight": ("kernel", (1, 0)), "bias": ("bias", None)},
    "conv2d": {"weight": ("kernel", (3, 2, 0, 1)), "bias": ("bias", None)},
    "batch_normalization": {"weight": ("gamma", None), "bias": ("beta", None), "running_mean": ("moving_mean", None),
                            "running_var": ("moving_variance", None)},
    "lstm": {"weight_ih_l0": ("lstm_cell/kernel", (1, 0)), "weight_hh_l0": ("lstm_cell/recurrent_kernel", (1, 0)),
             "bias_ih_l0": ("lstm_cell/bias", None)},
}


def take_weights(model, arrays):
    """Copies the weights named as Strata names them; one too many or too few is an error."""
    left, counts = set(arrays), {}
    for module in model.modules():
        kind = next((name for cls, name in LAYERS.items() if isinstance(module, cls)), None)
        if kind is None:
            continue
        number = counts[kind] = counts.get(kind, -1) + 1
        layer = f"{kind}_{number}" if number else kind
        for attribute, (name, axes) in WEIGHTS[kind].items():
            mine = getattr(module, attribute)
            if mine is None:
                continue
            its = arrays[f"{layer}/{name}"]
            left.remove(f"{layer}/{name}")
            with torch.no_grad():
                if mine.shape != (its.permute(axes) if axes else its).shape:
                    raise ValueError(f"{layer}/{name} is {tuple(its.shape)}, which does not fit {tuple(mine.shape)} here")
                mine.copy_(its.permute(axes) if axes else its)
        if kind == "lstm":
            torch.nn.init.zeros_(module.bias_hh_l0)
    if left:
        raise ValueError(f"weights that have no place here: {sorted(left)}")
