"""The rows of benchmarks/gpu: what is trained, what is asked of Strata, and how near the losses of two frameworks have to come."""
from dataclasses import dataclass

PRECISIONS = ("float32", "tf32", "bf16")
WAYS = ("eager", "compile", "expert")
# Relative, of the mean loss of any of the learning epochs. Every precision rounds the products otherwise in the two frameworks.
TOLERANCE = {"float32": 2e-3, "tf32": 1e-2, "bf16": 5e-2}
FASTER = 1.03    # "faster" is said where the lower end of a ratio's interval is above this
STEADY = 0.05    # a round in which Strata differs by more from Strata is left out


@dataclass(frozen=True)
class Row:
    name: str
    batch: int
    rows: int                # of the data set
    bar_us: float = None     # a step takes at most this long; none: no absolute bar
    ahead: float = FASTER    # and PyTorch compiled takes at least this many times as long
    tolerance: float = 0     # where more than TOLERANCE is needed, and why

    def near(self, precision):
        return max(self.tolerance, TOLERANCE[precision])


ROWS = [
    Row("mlp", 128, 61440, 40),
    Row("mnist_cnn", 128, 16384, 70, tolerance=5e-2),  # each framework draws its own dropout
    Row("resnet20", 128, 2048, 600, tolerance=5e-2),   # a rate of 0.1 amplifies rounding: float64 is as far from either by the fourth step
    Row("lstm", 64, 4096, ahead=1.15),
]


def row(name):
    return next(r for r in ROWS if r.name == name)
