"""A part of New York as a route study, links as states: the road network of the 9th DIMACS challenge, at any size.

    .venv/bin/python bench/new_york.py FOLDER_OF_THE_CHALLENGE_FILES --links 300000 --out new_york --trips 1850

writes links.csv, moves.csv, destinations.csv, demand.csv, trips.csv, study.toml and weights.txt into a new folder. The
part is the junctions nearest to the middle of the city, as far as each can be reached from every other. Features are
Ziebart's 22 as far as these data go: kilometres by the four road categories, a constant, five kinds of turn and turning
back, and kilometres and constants of categories by kind of turn. A category is a speed; the data have no lanes.

Trips are shortest paths by time between random junctions that lie at most `--reach` kilometres apart; `softrl routes
simulate` draws others from the model. weights.txt holds weights at which the path sum is finite.
"""

import argparse
import gzip
import pathlib

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components, dijkstra

TURNS = ["straight", "left", "right", "hard_left", "hard_right", "u_turn"]


def arcs(file):
    with gzip.open(file, "rt") as lines:
        return np.array([line.split()[1:] for line in lines if line.startswith("a")], dtype=np.int64)


def coordinates(file):
    """Kilometres east and north of the south-west corner."""
    with gzip.open(file, "rt") as lines:
        degrees = np.array([line.split()[2:] for line in lines if line.startswith("v")], dtype=float) / 1e6
    degrees -= degrees.min(axis=0)
    return degrees * np.array([111.32 * np.cos(np.radians(40.7)), 111.32])


def cut_out(start, end, place, wanted):
    """Arcs of the junctions nearest to the middle whose number of arcs comes nearest to `wanted`."""
    middle = np.median(place, axis=0)
    rank = np.argsort(np.argsort(((place - middle) ** 2).sum(axis=1)))
    outer = np.sort(np.maximum(rank[start], rank[end]))
    radius = outer[min(wanted, len(outer)) - 1]
    inside = (rank[start] <= radius) & (rank[end] <= radius)
    graph = sp.csr_matrix((np.ones(inside.sum()), (start[inside], end[inside])), (len(place), len(place)))
    _, part = connected_components(graph, connection="strong")
    largest = np.bincount(part[start[inside]]).argmax()
    return inside & (part[start] == largest) & (part[end] == largest)


def moves_of(start, end):
    """Pairs of links, the second leaving the junction that the first leads to."""
    order = np.argsort(start, kind="stable")
    first = np.searchsorted(start[order], end)
    count = np.searchsorted(start[order], end, side="right") - first
    into = np.repeat(np.arange(len(end)), count)
    position = np.arange(len(into)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
    return into, order[position]


def turn_kinds(place, start, end, a, b):
    way = place[end] - place[start]
    heading = np.arctan2(way[:, 1], way[:, 0])
    angle = np.degrees(np.angle(np.exp(1j * (heading[b] - heading[a]))))  # counter-clockwise: positive is left
    kinds = np.select(
        [end[b] == start[a], np.abs(angle) < 30, angle >= 100, angle <= -100, angle > 0], [5, 0, 3, 4, 1], 2
    )
    return kinds


def write(path, header, columns):
    lines = [header, *map(",".join, zip(*(np.asarray(column).astype(str) for column in columns)))]
    path.write_text("\n".join(lines) + "\n")


def study_text(categories):
    names = [f"km_{c}" for c in categories] + ["link_constant"] + TURNS
    text = ""
    for c in categories:
        text += f'[feature.km_{c}]\nlink_column = "km_{c}"\n'
    text += "[feature.link_constant]\nconstant = 1\n"
    for turn in TURNS[1:]:
        text += f'[feature.{turn}]\ncolumn = "turn"\nequals = "{turn}"\n'
    names.remove("straight")
    for c in categories[:-1]:
        text += f'[feature.links_{c}]\nlink_column = "category"\nequals = "{c}"\n'
        names.append(f"links_{c}")
    for c in categories[1:]:
        for turn in ("left", "right", "hard_left"):
            if len(names) == 22:
                break
            text += f'[feature.{turn}_{c}]\nproduct = ["{turn}", "is_{c}"]\n'
            names.append(f"{turn}_{c}")
        text += f'[feature.is_{c}]\nlink_column = "category"\nequals = "{c}"\n'
    quoted = ", ".join(f'"{name}"' for name in names)
    head = f'model = "maxent"\nfeatures = [{quoted}]\n\n'
    head += '[network]\nfile = "moves.csv"\nfrom = "from_link"\nto = "to_link"\n\n'
    head += '[links]\nfile = "links.csv"\nlink = "link"\n\n'
    head += '[trips]\nfile = "trips.csv"\nname = "trip_id"\nlinks = "links"\ndestination = "destination"\n\n'
    head += '[destinations]\nfile = "destinations.csv"\ndestination = "destination"\nlink = "link"\n\n'
    return names, head + text


def draw_trips(place, start, end, minutes, a, b, options):
    """Shortest paths over links between random junctions: [(destination junction, links)]."""
    random = np.random.default_rng(options.seed)
    into = {}
    for k, junction in enumerate(end.tolist()):
        into.setdefault(junction, []).append(k)
    backwards = sp.csr_matrix((minutes[b] + 1e-9, (b, a)), (len(start), len(start)))
    trips = []
    junctions = np.unique(end)
    for destination in random.choice(junctions, min(options.destinations, len(junctions)), replace=False):
        near = ((place[start] - place[destination]) ** 2).sum(axis=1) < options.reach**2
        ends = into[destination]
        cost, after, _ = dijkstra(
            backwards, indices=ends, min_only=True, return_predecessors=True, limit=minutes.sum()
        )
        share = -(-options.trips // min(options.destinations, len(junctions)))
        for origin in random.choice(np.flatnonzero(near & np.isfinite(cost)), share):
            route = [origin]
            while after[route[-1]] >= 0:
                route.append(after[route[-1]])
            trips.append((destination, route))
    return trips[: options.trips]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("challenge", type=pathlib.Path, help="folder of USA-road-{t,d}.NY.gr.gz and .co.gz")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="new folder")
    parser.add_argument("--links", type=int, default=10**9, help="about how many links")
    parser.add_argument("--trips", type=int, default=1850)
    parser.add_argument("--destinations", type=int, default=10**9, help="junctions that trips go to (default: as trips)")
    parser.add_argument("--reach", type=float, default=10.0, help="kilometres between the ends of a trip, at most")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.destinations = min(options.destinations, options.trips)
    options.out.mkdir(parents=True)
    time, length = arcs(options.challenge / "USA-road-t.NY.gr.gz"), arcs(options.challenge / "USA-road-d.NY.gr.gz")
    place = coordinates(options.challenge / "USA-road-d.NY.co.gz")
    start, end = time[:, 0] - 1, time[:, 1] - 1
    kept = np.flatnonzero(cut_out(start, end, place, options.links))
    start, end = start[kept], end[kept]
    km = length[kept, 2] / 1e4
    minutes = time[kept, 2] * 6e-5
    factor = np.round(length[kept, 2] / time[kept, 2], 1)  # speed as a share of the fastest category's
    category = np.array([f"speed{int(10 * f)}" for f in np.clip(factor, 0.4, 1.0)])
    categories = ["speed4", "speed6", "speed8", "speed10"]
    category[~np.isin(category, categories)] = "speed4"  # very short arcs, whose quotient is rounded
    a, b = moves_of(start, end)
    turn = np.array(TURNS)[turn_kinds(place, start, end, a, b)]

    names, study = study_text(categories)
    (options.out / "study.toml").write_text(study)
    columns = [np.where(category == c, np.round(km, 4), 0.0) for c in categories]
    link = np.arange(len(start))
    write(
        options.out / "links.csv",
        "link,from_node,to_node,km,minutes,category," + ",".join(f"km_{c}" for c in categories),
        [link, start + 1, end + 1, np.round(km, 4), np.round(minutes, 5), category, *columns],
    )
    write(options.out / "moves.csv", "from_link,to_link,turn", [a, b, turn])
    trips = draw_trips(place, start, end, minutes, a, b, options)
    goals = np.unique([destination for destination, _ in trips])
    ends = np.flatnonzero(np.isin(end, goals))
    write(options.out / "destinations.csv", "destination,link", [end[ends] + 1, ends])
    write(
        options.out / "trips.csv",
        "trip_id,destination,links",
        [np.arange(len(trips)), [d + 1 for d, _ in trips], [" ".join(map(str, route)) for _, route in trips]],
    )
    write(
        options.out / "demand.csv",
        "origin,destination,trips",
        [[route[0] for _, route in trips], [d + 1 for d, _ in trips], np.ones(len(trips), int)],
    )
    costs = {"km": -2.0, "link_constant": -1.3, "u_turn": -4.0, "left": -0.6, "right": -0.4, "hard": -1.5}
    weights = []
    for name in names:
        key = name if name in costs else name.split("_")[0]
        plain = name.startswith("km_") or name in TURNS or name == "link_constant"
        scale = {"km_speed4": 2.5, "km_speed6": 1.7, "km_speed8": 1.25, "km_speed10": 1.0}.get(name, 1.0)
        weights.append(f"{name}={scale * costs[key] if plain else -0.1:g}")
    (options.out / "weights.txt").write_text(",".join(weights) + "\n")
    print(f"{len(start)} links, {len(a)} moves, {len(trips)} trips to {len(goals)} destinations, {len(names)} features")


if __name__ == "__main__":
    main()
