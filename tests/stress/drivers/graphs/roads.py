import csv

import networkx as nx


def load(name):
    graph = nx.Graph(name=name)
    with open(name, newline="") as file:
        for row in csv.DictReader(file):
            graph.add_edge(row["from"], row["to"], km=int(row["km"]), lanes=int(row["lanes"]))
    return graph


def reach(graph, start, km):
    found = nx.single_source_dijkstra_path_length(graph, start, cutoff=km, weight="km")
    return sorted(found.items(), key=lambda item: (item[1], item[0]))
