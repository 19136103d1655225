"""Times training steps in PyTorch at its best on a CPU; the counterpart of Program.cs, with the same networks, batches and methods.

Channels-last weights and images, ReLU in place, no weight gradients and evaluation mode in attacks, the TRADES target and the AFA contrast
computed once for each batch. Prints one JSON document.
"""

import argparse
import json
import statistics
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

BATCH = 128
LAST = torch.channels_last


class SmallCnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 32, 3, stride=2, padding=1)
        self.conv3 = nn.Conv2d(32, 64, 3, padding=1)
        self.conv4 = nn.Conv2d(64, 64, 3, stride=2, padding=1)
        self.fc1 = nn.Linear(3136, 128)
        self.fc2 = nn.Linear(128, 10)

    def features(self, x):
        for conv in (self.conv1, self.conv2, self.conv3, self.conv4):
            x = F.relu(conv(x), inplace=True)
        return F.relu(self.fc1(x.flatten(1)), inplace=True)

    def forward(self, x):
        return self.fc2(self.features(x))


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)), inplace=True)
        out = self.bn2(self.conv2(out))
        out += self.shortcut(x)
        return F.relu(out, inplace=True)


class QuarterResNet18(nn.Module):
    def __init__(self):
        super().__init__()
        widths = (16, 32, 64, 128)
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        inputs, blocks = 16, []
        for outputs, stride in zip(widths, (1, 2, 2, 2)):
            blocks += [BasicBlock(inputs, outputs, stride), BasicBlock(outputs, outputs, 1)]
            inputs = outputs
        self.layers = nn.Sequential(*blocks)
        self.linear = nn.Linear(128, 10)

    def features(self, x):
        return self.layers(F.relu(self.bn1(self.conv1(x)), inplace=True)).mean((2, 3))

    def forward(self, x):
        return self.linear(self.features(x))


def supervised_contrastive(anchors, anchor_labels, contrast, contrast_labels, not_self=None, temperature=0.1):
    similarity = F.normalize(anchors) @ F.normalize(contrast).t() / temperature
    if not_self is not None:
        similarity = similarity.masked_fill(~not_self, -1e9)
    positives = anchor_labels[:, None] == contrast_labels[None, :]
    if not_self is not None:
        positives &= not_self
    log_probability = similarity - similarity.logsumexp(1, keepdim=True)
    return -((log_probability * positives).sum(1) / positives.sum(1).clamp(min=1)).mean()


def attack(model, images, loss_of, steps, epsilon, step_size, noise=None):
    model.eval()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    lower, upper = (images - epsilon).clamp(min=0), (images + epsilon).clamp(max=1)
    noise = torch.empty_like(images).uniform_(-epsilon, epsilon) if noise is None else noise
    x = torch.min(torch.max(images + noise, lower), upper)
    for _ in range(steps):
        x.requires_grad_()
        gradient = torch.autograd.grad(loss_of(x), x)[0]
        x = torch.min(torch.max(x.detach() + step_size * gradient.sign(), lower), upper)
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    model.train()
    return x


def clean_step(model, images, labels, ball):
    return F.cross_entropy(model(images), labels)


def pgd_step(model, images, labels, ball):
    adversarial = attack(model, images, lambda x: F.cross_entropy(model(x), labels, reduction="sum"), 7, *ball)
    return F.cross_entropy(model(adversarial), labels)


def trades_step(model, images, labels, ball):
    model.eval()
    with torch.no_grad():
        target = F.softmax(model(images), 1)
    divergence = lambda x: F.kl_div(F.log_softmax(model(x), 1), target, reduction="sum")
    adversarial = attack(model, images, divergence, 10, *ball, noise=0.001 * torch.randn_like(images))
    clean = model(images)
    robust = F.kl_div(F.log_softmax(model(adversarial), 1), F.softmax(clean, 1), reduction="batchmean")
    return F.cross_entropy(clean, labels) + 6 * robust


def afa_step(model, images, labels, ball):
    model.eval()
    with torch.no_grad():
        contrast = model.features(images)
    separation = lambda x: supervised_contrastive(model.features(x), labels, contrast, labels)
    adversarial = attack(model, images, separation, 10, *ball)
    clean, anchors = model.features(images), model.features(adversarial)
    own = torch.eye(len(labels), dtype=torch.bool)
    not_self = ~torch.cat([torch.zeros_like(own), own], 1)
    return supervised_contrastive(anchors, labels, torch.cat([clean, anchors]), torch.cat([labels, labels]), not_self)


METHODS = {"CE": clean_step, "PGD-7": pgd_step, "TRADES-10": trades_step, "AFA-10": afa_step}
NETWORKS = {
    "small-cnn": (SmallCnn, (1, 28, 28), (0.1, 0.03)),
    "resnet-18/4": (QuarterResNet18, (3, 32, 32), (8 / 255, 2 / 255)),
}


def images_per_second(network, method, seconds):
    create, shape, ball = NETWORKS[network]
    torch.manual_seed(0)
    model = create().to(memory_format=LAST).train()
    images = torch.rand(BATCH, *shape).contiguous(memory_format=LAST)
    labels = torch.randint(10, (BATCH,))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)

    def step():
        optimizer.zero_grad(set_to_none=True)
        METHODS[method](model, images, labels, ball).backward()
        optimizer.step()

    step()
    durations, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(durations) < 3:
        begin = time.perf_counter()
        step()
        durations.append(time.perf_counter() - begin)
    return BATCH / statistics.median(durations)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--only", default="", help="part of the name of the lines to measure")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(json.dumps({
        "version": torch.__version__,
        "threads": torch.get_num_threads(),
        "results": {
            line: images_per_second(*line.split(" "), options.seconds)
            for line in (f"{network} {method}" for network in NETWORKS for method in METHODS) if options.only in line
        },
    }))
