"""Prints the table of the two programs' results and writes it as JSON with hardware and versions. Arguments: log, JSON file to write."""

import datetime
import json
import os
import platform
import statistics
import sys

log, destination = sys.argv[1:]
runs = {"afa": [], "pytorch": []}
for line in open(log):
    program, document = line.split(" ", 1)
    runs[program].append(json.loads(document))

def cpu():
    with open("/proc/cpuinfo") as lines:
        return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())

versions = {program: documents[0]["version"] for program, documents in runs.items()}
blas = os.path.realpath("/usr/lib/x86_64-linux-gnu/libblas.so.3")
table = []
for name in runs["afa"][0]["results"]:
    afa, pytorch = (statistics.median(run["results"][name] for run in runs[program]) for program in ("afa", "pytorch"))
    table.append({"line": name, "afa": round(afa, 1), "pytorch": round(pytorch, 1), "ratio": round(afa / pytorch, 2)})

print(f"{cpu()}, {os.cpu_count()} cores; batch 128; median of {len(runs['afa'])} rounds")
print(f"AFA: libtorch {versions['afa']} by TorchSharp; PyTorch {versions['pytorch']}, BLAS {blas}")
print(f"{'images per second':24}{'AFA':>10}{'PyTorch':>10}{'ratio':>8}")
for row in table:
    print(f"{row['line']:24}{row['afa']:10.0f}{row['pytorch']:10.0f}{row['ratio']:8.2f}")

with open(destination, "w") as file:
    json.dump({
        "date": datetime.date.today().isoformat(), "cpu": cpu(), "cores": os.cpu_count(), "system": platform.platform(), "batch": 128,
        "libtorch": versions, "pytorch_blas": blas, "unit": "images of the training set per second, attack included", "table": table,
        "rounds": {program: [run["results"] for run in documents] for program, documents in runs.items()},
    }, file, indent=1)
    file.write("\n")
