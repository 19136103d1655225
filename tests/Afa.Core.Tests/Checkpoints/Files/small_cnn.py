"""The small-cnn in plain PyTorch: loads files that AFA exported, and writes one for AFA to import.

small_cnn.py FOLDER: reads images.bin (float32, [8, 1, 28, 28]), exported.pt and exported.safetensors there;
writes the logits as pt.bin and safetensors.bin, a file saved.pth of other weights, and their logits as saved.bin.
Exit code 77: PyTorch is not installed.
"""
import json
import os
import sys

try:
    import torch
except ImportError:
    sys.exit(77)
from torch import nn


class SmallCnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 32, 3, stride=2, padding=1)
        self.conv3 = nn.Conv2d(32, 64, 3, padding=1)
        self.conv4 = nn.Conv2d(64, 64, 3, stride=2, padding=1)
        self.fc1 = nn.Linear(64 * 7 * 7, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        for conv in (self.conv1, self.conv2, self.conv3, self.conv4):
            x = torch.relu(conv(x))
        return self.fc2(torch.relu(self.fc1(x.flatten(1))))


def load_safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    assert all(entry["dtype"] == "F32" for entry in header.values())
    return {
        name: torch.frombuffer(data, dtype=torch.float32, offset=entry["data_offsets"][0],
                               count=(entry["data_offsets"][1] - entry["data_offsets"][0]) // 4).reshape(entry["shape"])
        for name, entry in header.items()
    }


def main(folder):
    torch.manual_seed(11)
    with open(os.path.join(folder, "images.bin"), "rb") as file:
        images = torch.frombuffer(bytearray(file.read()), dtype=torch.float32).reshape(8, 1, 28, 28)

    def write_logits(model, name):
        with torch.no_grad(), open(os.path.join(folder, name), "wb") as file:
            file.write(model(images).numpy().tobytes())

    for name, load in (("pt", torch.load), ("safetensors", load_safetensors)):
        model = SmallCnn()
        model.load_state_dict(load(os.path.join(folder, f"exported.{name}")), strict=True)
        write_logits(model, f"{name}.bin")

    model = SmallCnn()
    write_logits(model, "saved.bin")
    parallel = nn.DataParallel(model)   # Puts "module." before the names.
    optimizer = torch.optim.SGD(parallel.parameters(), lr=0.1, momentum=0.9)
    torch.save({"epoch": 3, "state_dict": parallel.state_dict(), "optimizer": optimizer.state_dict()}, os.path.join(folder, "saved.pth"))


main(sys.argv[1])
