from tfl_lite_suite.core.disjoint_sets import DisjointSets


def test_items_that_are_joined_have_one_leader():
    sets = DisjointSets()
    assert sets.find("alone") == "alone"
    for item, other in ((1, 2), (3, 4), (4, 5), (2, 5), (5, 1)):
        sets.join(item, other)
    assert {sets.find(item) for item in range(1, 6)} == {1}
    assert sets.find(6) == 6


def test_long_chains_are_found():
    sets = DisjointSets()
    for item in range(10_000, 0, -1):
        sets.join(item - 1, item)
    assert sets.find(10_000) == sets.find(5_000) == 0
