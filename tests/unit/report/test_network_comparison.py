from tfl_lite_suite.report import network_comparison


def run(float32, ptq, **more):
    return {"params": 1234, "top1": {"float32": float32, "int8_ptq": ptq, **more}, "agreement": more.get("same")}


def test_means_and_differences_within_each_seed():
    networks = {"a": {"0": run(0.5, 0.49, same=1.0), "1": run(0.6, 0.57, same=0.99)}, "b": {"0": run(0.25, 0.25)}}
    networks["c"] = {"0": {**run(0.25, 0.26), "changes": {"int8_ptq": [0.01, -0.02, 0.04]}}}
    lines = network_comparison.table(networks).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    assert cells[0] == ["a", "1,234", "2", "55.00 %", "-2.00 (-14.71 … +10.71)", "–", "–", "–", "99.50 %"]
    assert cells[1] == ["b", "1,234", "1", "25.00 %", "+0.00", "–", "–", "–", "–"]
    assert cells[2][4] == "+1.00 (-2.00 … +4.00)"
