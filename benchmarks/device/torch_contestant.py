"""PyTorch as a contestant of benchmarks/gpu, in the protocol of benchmarks/peers/blocks.cpp: one JSON object when ready; then one JSON
line for every line `run EPOCHS STEPS`, any other line ends it.

    python torch_contestant.py mlp --way eager --device cuda --precision float32 --arrays FOLDER

eager    fused optimizer
compile  model and loss under torch.compile, fused optimizer
expert   the whole step, gather of the rows and sum of the losses included, captured by hand in one torch.cuda.CUDAGraph; fused
         optimizer with capturable=True

Everywhere cudnn.benchmark, channels_last images, data on the device and rows gathered there by a permutation, one reading of the loss
for each epoch. float32 forbids TF32; bf16 is torch.autocast.
"""
import argparse
import contextlib
import json
import os
import sys
import time
from pathlib import Path

import torch

import torch_models

DTYPES = {"float32": torch.float32, "int32": torch.int32}
WARM_UP = 3  # steps on a side stream before a capture, as PyTorch's manual asks


def seconds_since_exec():
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def read_arrays(folder):
    index = json.loads((folder / "arrays.json").read_text())
    file = folder / "arrays.bin"
    memory = torch.from_file(str(file), shared=False, size=file.stat().st_size, dtype=torch.uint8)

    def array(entry):
        shape, dtype = entry["shape"], DTYPES[entry["dtype"]]
        size = dtype.itemsize
        for n in shape:
            size *= n
        return memory[entry["offset"]:entry["offset"] + size].view(dtype).view(shape)

    return {name: array(entry) for name, entry in index.items()}


class Contestant:
    def __init__(self, args):
        self.args, self.device = args, torch.device(args.device)
        self.settings()
        make, self.loss_of, optimizer = torch_models.ROWS[args.workload]
        arrays = read_arrays(args.arrays)
        self.x = arrays.pop("x").to(self.device)
        y = arrays.pop("y")
        self.y = (y.float() if self.loss_of is torch_models.F.binary_cross_entropy_with_logits else y.long()).to(self.device)
        self.model = make().to(self.device, memory_format=torch.channels_last).train()
        torch_models.take_weights(self.model, arrays)
        trained = [p for p in self.model.parameters() if p.requires_grad]
        self.parameters = sum(p.numel() for p in trained)
        self.optimizer = torch_models.optimizer(optimizer, trained, captured=args.way == "expert")
        self.forward = torch.compile(self.loss) if args.way == "compile" else self.loss
        self.total = torch.zeros((), device=self.device)
        self.graph = None
        self.losses = self.learn()
        if args.way == "expert":
            self.capture()

    def learn(self):
        """The mean losses of epochs over the first rows in their order, by Keras' equations."""
        epochs, steps = self.args.learn
        with torch_models.keras_equations(self.model, self.optimizer):
            return [self.epoch(torch.arange(steps * self.args.batch, device=self.device)) for _ in range(epochs)]

    def settings(self):
        args = self.args
        torch.manual_seed(0)
        if args.threads:
            torch.set_num_threads(args.threads)
        torch.set_flush_denormal(True)
        torch.backends.cudnn.benchmark = True
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = args.precision == "tf32"

    def loss(self, x, y):
        with torch.autocast(self.device.type, torch.bfloat16) if self.args.precision == "bf16" else contextlib.nullcontext():
            return self.loss_of(self.model(x), y)

    def step(self, rows):
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.forward(self.x.index_select(0, rows), self.y.index_select(0, rows))
        loss.backward()
        self.optimizer.step()
        self.total += loss.detach()

    def capture(self):
        batch = self.args.batch
        self.order = torch.randperm(len(self.x), device=self.device)
        self.first, offsets = torch.zeros((), dtype=torch.long, device=self.device), torch.arange(batch, device=self.device)

        def whole_step():
            self.step(self.order.index_select(0, self.first + offsets))
            self.first += batch

        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(WARM_UP):
                whole_step()
        torch.cuda.current_stream().wait_stream(side)
        self.graph = torch.cuda.CUDAGraph()
        self.optimizer.zero_grad(set_to_none=True)
        with torch.cuda.graph(self.graph):
            whole_step()

    def epoch(self, order):
        """Mean loss; reading it waits for the device."""
        steps = len(order) // self.args.batch
        self.total.zero_()
        if self.graph is None:
            for rows in order.split(self.args.batch):
                self.step(rows)
        else:
            self.order[:len(order)].copy_(order)
            self.first.zero_()
            for _ in range(steps):
                self.graph.replay()
        return self.total.item() / steps

    def run(self, epochs, steps):
        """As Strata's blocks: an epoch that is not timed, and those that are."""
        loss = self.epoch(torch.randperm(steps * self.args.batch, device=self.device))
        begin = time.perf_counter_ns()
        for _ in range(epochs):
            loss = self.epoch(torch.randperm(steps * self.args.batch, device=self.device))
        return dict(ns=(time.perf_counter_ns() - begin) / (epochs * steps), loss=loss)

    def introduction(self):
        versions = dict(torch=torch.__version__, cuda=torch.version.cuda, cudnn=torch.backends.cudnn.version())
        name = torch.cuda.get_device_name(0) if self.device.type == "cuda" else "cpu"
        return dict(framework="torch", way=self.args.way, precision=self.args.precision, parameters=self.parameters, backend=name,
                    ready_s=round(seconds_since_exec(), 3), losses=self.losses, versions=versions)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", choices=list(torch_models.ROWS))
    parser.add_argument("--way", choices=["eager", "compile", "expert"], default="eager")
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--precision", choices=["float32", "tf32", "bf16"], default="float32")
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--learn", type=lambda text: tuple(map(int, text.split("x"))), default=(4, 4), metavar="EPOCHSxSTEPS")
    parser.add_argument("--arrays", type=Path, required=True, help="the folder that blocks --export wrote")
    args = parser.parse_args()
    if args.device == "cuda" and not torch.cuda.is_available():
        sys.exit("PyTorch finds no CUDA device here")
    if args.way == "expert" and args.device == "cpu":
        sys.exit("the expert's way is a CUDA graph: there is none on the CPU")
    out, sys.stdout = sys.stdout, sys.stderr  # only the protocol may reach the driver
    say = lambda line: print(json.dumps(line), file=out, flush=True)
    contestant = Contestant(args)
    say(contestant.introduction())
    for line in sys.stdin:
        words = line.split()
        if len(words) != 3 or words[0] != "run":
            break
        say(contestant.run(int(words[1]), int(words[2])))


if __name__ == "__main__":
    main()
