"""Prints what job measured. Arguments: store, store of the killed job, checkpoints, slots, units that ran again, finished units at each kill."""

import json
import os
import sys

store, killed = sys.argv[1:3]
checkpoints, slots, again = (int(text) for text in sys.argv[3:6])
kept = sys.argv[6:]


def result(folder, evaluation):
    with open(os.path.join(folder, "evaluations", evaluation, "result.json")) as file:
        return json.load(file)


def without(node, *names):
    """The node without times and dates, and without these members."""
    if isinstance(node, dict):
        return {name: without(child, *names) for name, child in node.items() if name not in ("createdAt", "seconds", *names)}
    return [without(child, *names) for child in node] if isinstance(node, list) else node


singles = [result(store, f"single-{i}") for i in range(checkpoints)]
job, resumed = result(store, "job"), result(killed, "job")
of_singles = {single["results"][0]["checkpoint"]: without(single["results"][0]["attacks"]) for single in singles}
same = sum(without(entry["attacks"]) == of_singles[entry["checkpoint"]] for entry in job["results"])
work = sum(single["seconds"] for single in singles)
device = [sum(entry["seconds"] for document in documents for entry in document["results"]) for documents in (singles, [job])]
robust = sorted(entry["attacks"][-1]["correct"] / entry["attacks"][-1]["total"] for entry in job["results"])
equal = without(job) == without(resumed)

print(f"{checkpoints} checkpoints x {job['results'][0]['images']} images, AutoAttack, robust accuracy {robust[0]:.2f} to {robust[-1]:.2f}")
print(f"each alone on one slot    {work:8.1f} s in all, {work / slots:.1f} s over {slots} slots; {device[0]:.1f} device seconds")
print(f"one job on {slots} slots         {job['seconds']:8.1f} s, {device[1]:.1f} device seconds")
print(f"ratio                     {job['seconds'] * slots / work:8.3f}")
print(f"killed and resumed        {len(kept)} times, with {', '.join(kept) or 'no'} finished units; table {'identical' if equal else 'DIFFERENT'}; {again} finished units ran again")
print(f"same as the single one    {same} of {checkpoints} tables")
sys.exit(0 if equal and again == 0 and same == checkpoints else 1)
