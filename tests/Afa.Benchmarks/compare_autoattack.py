"""Prints what autoattack measured: the first line of the log is AFA's, the second the reference's."""

import json
import sys

with open(sys.argv[1]) as log:
    afa, reference = (json.loads(line) for line in log if line.startswith("{"))

print(f"{'':10} {'AFA':>18} {'reference':>18} {'times faster':>13}")
print(f"{'':10} {'standing seconds':>18} {'standing seconds':>18}")
print(f"{'clean':10} {afa['clean']:9} {'':8} {reference['clean']:9}")
for ours, theirs in zip(afa["stages"], reference["stages"]):
    print(f"{ours['attack']:10} {ours['robust']:9} {ours['seconds']:8.1f} {theirs['robust']:9} {theirs['seconds']:8.1f} {theirs['seconds'] / ours['seconds']:13.2f}")
print(f"{'all':10} {afa['robust']:9} {afa['seconds']:8.1f} {reference['robust']:9} {reference['seconds']:8.1f} {reference['seconds'] / afa['seconds']:13.2f}")

if abs(afa["robust"] - reference["robust"]) > 0.004 * int(sys.argv[2]):
    sys.exit("The robust accuracies differ by more than 0.4 points.")
