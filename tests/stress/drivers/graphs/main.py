"""Questions about a road map."""
import networkx as nx
from roads import load, reach

roads = load("roads.csv")


def shortest(graph, a, b):
    return nx.dijkstra_path(graph, a, b, weight="km"), nx.dijkstra_path_length(graph, a, b, weight="km")


def central(graph):
    return {k: round(v, 4) for k, v in sorted(nx.betweenness_centrality(graph, weight="km").items())}


def rank(graph, alpha=0.85):
    value = {node: 1 / len(graph) for node in graph}
    for _ in range(20):
        value = {
            node: (1 - alpha) / len(graph) + alpha * sum(value[other] / graph.degree(other) for other in graph[node])
            for node in graph
        }
    return {k: round(v, 5) for k, v in sorted(value.items())}


def colours(graph):
    return dict(sorted(nx.greedy_color(graph, strategy="largest_first").items()))


def flow(graph, a, b):
    return nx.maximum_flow(graph, a, b, capacity="lanes")[0]


print(shortest(roads, "Aachen", "Dresden"))
print(sorted(nx.minimum_spanning_tree(roads, weight="km").edges(data="km")))
print(central(roads))
print(rank(roads))
print(colours(roads))
print(flow(roads, "Aachen", "Dresden"))
print(sorted(map(sorted, nx.connected_components(roads))), nx.is_connected(roads))
print(sorted(nx.clustering(roads).items()))
print(reach(roads, "Bonn", 300))
print(list(nx.topological_sort(nx.DiGraph([(1, 2), (1, 3), (3, 2), (2, 4)]))))
print([sorted(c) for c in nx.community.greedy_modularity_communities(nx.path_graph(6))])
print(sorted(nx.k_core(nx.complete_graph(4)).edges()), nx.diameter(roads))
nx.write_edgelist(roads, "edges.txt", data=["km"])
