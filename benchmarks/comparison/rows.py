"""The rows of the comparison: who is met on each, what the bar is, and what a run came to."""
import json
from dataclasses import dataclass

ALL_PEERS = ["torch-eager", "torch-eager+keep", "torch-compile", "torch-compile+keep", "keras-tf", "keras-tf+keep", "keras-tf-xla",
             "keras-jax", "keras-torch", "onnxruntime"]


@dataclass(frozen=True)
class Row:
    name: str
    peers: tuple         # the framework that was best in the peers' own run, and those within 1.3 times of it
    bar: float = None    # at most this times the peer's time; none: no bar is set
    against: str = None  # the peer of the bar; none: the best one


ROWS = [
    Row("mlp", ("keras-jax", "keras-tf-xla", "torch-compile", "torch-eager"), 0.8),
    Row("mlp_b32", ("keras-jax", "keras-tf-xla", "torch-eager"), 0.8),
    Row("mnist_cnn", ("keras-tf", "keras-tf+keep", "torch-eager+keep"), 0.8),
    Row("resnet20", ("torch-compile+keep", "torch-eager+keep", "keras-tf+keep"), 1.0),
    Row("lstm", ("keras-tf", "keras-tf+keep", "torch-compile+keep"), 0.8),
    Row("imdb_lstm", ("torch-eager", "torch-compile"), 1.0),
    Row("tiny_gpt", ("torch-compile+keep", "torch-eager+keep", "keras-tf-xla"), 0.8),
    Row("tabular", ("keras-jax", "torch-eager", "torch-compile", "keras-tf"), 0.8),
    Row("infer_mlp", ("onnxruntime", "torch-eager"), 1.0, "onnxruntime"),
    Row("infer_mnist_cnn", ("onnxruntime", "torch-compile"), 1.0, "onnxruntime"),
    Row("infer_resnet50", ("onnxruntime", "keras-tf"), 1.0, "onnxruntime"),
    Row("infer_resnet50_b32", ("onnxruntime", "keras-tf")),
    Row("infer_mobilenet_v2", ("onnxruntime", "torch-compile")),
]


def row(name):
    return next(r for r in ROWS if r.name == name)


def floor_ms(strata, gemm_ms, copy_ms):
    """The tasks that no program can avoid, one after another, each as long as the slower of its arithmetic and its movement."""
    flop_per_ms, bytes_per_ms = strata["gemm_flop"] / gemm_ms, strata["copy_bytes"] / copy_ms
    return sum(max(flop / flop_per_ms, moved / bytes_per_ms) for flop, moved in strata["work"])


def judged(windows, workloads):
    """One dictionary per workload. A figure is the median of the undisturbed windows with near cores (the peers' report.py)."""
    import report
    raw, results = json.loads(windows.read_text()), []
    for name in (w for w in workloads if w in raw):
        reports = raw[name]
        strata, bar = reports.get("strata", {}), row(name)
        contestants = {}
        for framework, its in reports.items():
            way = report.best_way(its, report.HEADLINE)
            if way:
                median, least, mark = report.figure(way)
                contestants[framework] = dict(ms=median, min_ms=least, way=way["name"], few_near_windows=bool(mark),
                                              windows=[w["ms"] for w in way["windows"]], by_distance=way["by_distance"])
        if "strata" not in contestants:
            raise SystemExit(f"benchmarks/compare: Strata has no result on {name}: {strata.get('failures')}")
        peers = [framework for framework in contestants if framework != "strata"]
        if not peers:
            raise SystemExit(f"benchmarks/compare: no peer has a result on {name}: {[r.get('failures') for r in reports.values()]}")
        best = min(peers, key=lambda framework: contestants[framework]["ms"])
        against = bar.against or best
        mine = contestants["strata"]["ms"]
        met = None
        if bar.bar is not None and against in contestants:
            met = mine <= bar.bar * contestants[against]["ms"]
        ceiling = {way["loop"]: report.figure(way)[0] for way in strata["ways"] if way["loop"] in ("gemm", "copy")}
        floor = floor_ms(strata, ceiling["gemm"], ceiling["copy"])
        results.append(dict(
            workload=name, ms=mine, best_peer=best, best_peer_ms=contestants[best]["ms"], ratio=mine / contestants[best]["ms"], bar=bar.bar,
            against=against, met=met, floor_ms=floor, of_the_floor=mine / floor, gflop_s=strata["gemm_flop"] / ceiling["gemm"] * 1e-6,
            copy_gb_s=strata["copy_bytes"] / ceiling["copy"] * 1e-6, working_set_mib=strata["copy_bytes"] / 2**20,
            parameters={f: r["parameters"] for f, r in reports.items() if "parameters" in r},
            first_step_s={f: r["first_step_s"] for f, r in reports.items() if "first_step_s" in r},
            failures={f: r["failures"] for f, r in reports.items() if r.get("failures")}, contestants=contestants))
    return results


def versions(windows):
    found = {}
    for reports in json.loads(windows.read_text()).values():
        for its in reports.values():
            found.update(its.get("versions", {}))
    return found
