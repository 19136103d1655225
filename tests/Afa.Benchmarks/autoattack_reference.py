"""Times the official AutoAttack on the small-cnn of a safetensors file; the counterpart of AutoAttackBenchmark.cs.

At its best on a CPU: channels-last weights and images, ReLU in place, weights without gradients. Prints one JSON document.
"""

import argparse
import gzip
import json
import struct
import sys
import time

import numpy
import torch
import torch.nn as nn

from pytorch_training import LAST, SmallCnn

DTYPES = {"F32": numpy.float32, "I64": numpy.int64, "U8": numpy.uint8, "F64": numpy.float64, "BOOL": numpy.bool_}


def read_safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        content = file.read()
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            tensors[name] = torch.from_numpy(numpy.frombuffer(content[begin:end], DTYPES[entry["dtype"]]).reshape(entry["shape"]).copy())
    return tensors


def read_images(folder, count):
    with gzip.open(f"{folder}/t10k-images-idx3-ubyte.gz") as file:
        pixels = numpy.frombuffer(file.read(), numpy.uint8, offset=16).reshape(-1, 1, 28, 28)[:count]
    with gzip.open(f"{folder}/t10k-labels-idx1-ubyte.gz") as file:
        labels = numpy.frombuffer(file.read(), numpy.uint8, offset=8)[:count]
    return torch.from_numpy(pixels.copy()).float() / 255, torch.from_numpy(labels.astype(numpy.int64))


class ChannelsLast(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model.to(memory_format=LAST)

    def forward(self, x):
        return self.model(x.contiguous(memory_format=LAST))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--reference", required=True, help="folder that holds the package autoattack")
    parser.add_argument("--weights", required=True)
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist")
    parser.add_argument("--attacks", default="apgd-ce,apgd-t,fab-t,square")
    parser.add_argument("--norm", default="linf")
    parser.add_argument("--epsilon", type=float, default=0.1)
    parser.add_argument("--images", type=int, default=512)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()

    sys.path.insert(0, arguments.reference)
    from autoattack import AutoAttack

    torch.set_num_threads(arguments.threads)
    model = SmallCnn()
    weights = read_safetensors(arguments.weights)
    model.load_state_dict({name: weights[name] for name in model.state_dict()})
    model = ChannelsLast(model).eval()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    images, labels = read_images(arguments.data, arguments.images)

    with torch.no_grad():
        clean = model(images).argmax(1) == labels
    norm = {"linf": "Linf", "l2": "L2", "l1": "L1"}[arguments.norm]
    ensemble = AutoAttack(model, norm=norm, eps=arguments.epsilon, version="standard", device="cpu", verbose=False, seed=0)
    standing, stages = clean.nonzero().squeeze(1), []
    start = time.perf_counter()
    for attack in arguments.attacks.split(","):
        # As the reference does it: each attack from the clean image on the samples that still stand.
        begun = time.perf_counter()
        ensemble.attacks_to_run = [attack]
        adversarial = ensemble.run_standard_evaluation(images[standing], labels[standing], bs=256)
        with torch.no_grad():
            standing = standing[model(adversarial).argmax(1) == labels[standing]]
        stages.append({"attack": attack, "robust": len(standing), "seconds": time.perf_counter() - begun})
    print(json.dumps({"seconds": time.perf_counter() - start, "clean": int(clean.sum()), "robust": len(standing), "stages": stages}))


if __name__ == "__main__":
    main()
