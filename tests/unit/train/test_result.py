import round_trips

from tfl_lite_suite.train.result import TrainResult

DOCUMENT = {
    "top1": 0.91,
    "top5": 1.0,
    "epochs": 1,
    "seconds": 2.5,
    "model": "micro",
    "params": 5000,
    "precision": "float32",
    "processes": 1,
    "replicas": 1,
    "images": {"train": 20, "validation": 2, "test": 2},
    "notes": ["train: 20 pictures"],
    "history": [{"phase": "network", "epoch": 1, "loss": 0.5}],
}


def test_the_document_is_kept():
    result = round_trips.check(TrainResult, DOCUMENT)
    assert result.images["train"] == 20 and result.history[0]["loss"] == 0.5
