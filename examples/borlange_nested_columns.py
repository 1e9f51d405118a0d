"""Add to Borlänge's links what the scales of Mai, Fosgerau and Frejinger (2015) depend on, for borlange_nested_published.toml.

    python examples/borlange_nested_columns.py DATA OUT

copies the tables in DATA to OUT, with two more columns in links.csv:

flow       how often a link is on a route, over the greatest: of all routes from any origin of the trips to any of their
           destinations, by the recursive logit at the weights below
ways_on    how many ways there are to go on from it: to other links, and to destinations
"""

import csv
import pathlib
import shutil
import sys

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.linalg import splu

WEIGHTS = {"travel_time": -2.5, "left_turn": -1.0, "link_constant": -0.4, "u_turn": -4.0}

data, out = map(pathlib.Path, sys.argv[1:])
links, network, destinations, trips = (
    list(csv.DictReader((data / f"{name}.csv").open())) for name in ("links", "network", "destinations", "trips")
)
row = {link["link"]: k for k, link in enumerate(links)}
size = len(links)

start = np.array([row[move["from_link"]] for move in network])
end = np.array([row[move["to_link"]] for move in network])
utility = np.array([sum(weight * float(move[name]) for name, weight in WEIGHTS.items()) for move in network])
weights = sparse.csc_matrix((np.exp(utility), (start, end)), shape=(size, size))
visited = {trip["destination"] for trip in trips}
endings = np.zeros(size)
for destination in destinations:
    endings[row[destination["from_link"]]] += destination["destination"] in visited
origins = np.zeros(size)
origins[[row[trip["origin_link"]] for trip in trips]] = 1.0

factors = splu(sparse.identity(size, format="csc") - weights)
flow = factors.solve(origins, "T") * factors.solve(endings)  # up to a factor
ways_on = np.bincount(start, minlength=size)
for destination in destinations:
    ways_on[row[destination["from_link"]]] += 1

out.mkdir(parents=True, exist_ok=True)
for name in ("network", "destinations", "trips"):
    shutil.copy(data / f"{name}.csv", out)
with (out / "links.csv").open("w", newline="") as file:
    writer = csv.DictWriter(file, [*links[0], "flow", "ways_on"])
    writer.writeheader()
    for k, link in enumerate(links):
        writer.writerow({**link, "flow": float(flow[k] / flow.max()), "ways_on": int(ways_on[k])})
