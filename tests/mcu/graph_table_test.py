#!/usr/bin/env python3
"""Goal: the tables and cuts of tools/graph_table.py are the graphs that they are made from. Method:
its slow model agrees with what the files expect; a table is read back; a cut is closed."""

import gzip
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import graph_table  # noqa: E402

GRAPHS = ROOT / "tests/graphs"


class Reader:
    """As TableReader and NodeReader in tests/mcu/graph_table.h."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def number(self) -> int:
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value


class GraphTable(unittest.TestCase):
    def test_model_agrees_with_the_files(self):
        for name in ("tiny_notebooks", "minidom"):
            path = GRAPHS / f"{name}.gcg.gz"
            lines = gzip.decompress(path.read_bytes()).decode().splitlines()
            expected = [line for line in lines if line.startswith("expect ")]
            self.assertEqual(graph_table.expectations(graph_table.read_graph(path)), expected)

    def test_table_is_read_back(self):
        graph = graph_table.read_graph(GRAPHS / "minidom.gcg.gz")
        reader = Reader(graph_table.streams_of(graph)["kNodes"])
        for node, (size, _, atomic) in enumerate(graph.nodes):
            packed = reader.number()
            self.assertEqual((packed >> 3, packed & 1), (size, atomic))
            targets = []
            for _ in range(reader.number()):
                folded = reader.number()
                targets.append(node + (~(folded >> 1) if folded & 1 else folded >> 1))
            self.assertEqual(targets, graph.targets[node])
        self.assertEqual(reader.at, len(reader.data))

    def test_cut_is_closed(self):
        graph = graph_table.read_graph(GRAPHS / "linked_collections.gcg.gz")
        part = graph_table.cut(graph, 3000)
        self.assertLessEqual(len(part.nodes), 3000)
        self.assertGreater(len(part.nodes), 2000)
        self.assertEqual(len(graph_table.reachable(part, part.roots)), len(part.nodes))
        dropped = [root for step in part.steps for root in step]
        self.assertEqual(sorted(dropped), sorted(part.roots))


if __name__ == "__main__":
    unittest.main()
