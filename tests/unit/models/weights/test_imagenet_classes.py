import json

from tfl_lite_suite.models.weights import imagenet_classes


def test_labels_differ_where_first_synonyms_agree(tmp_path, monkeypatch):
    names = {str(index): f"thing {index}, object" for index in range(1000)}
    names["134"] = names["517"] = "crane"
    names["638"], names["639"] = "maillot", "maillot, tank suit"
    ids = {str(index): f"n{index:08}" for index in range(1000)}

    def obtain(file):
        path = tmp_path / "values.json"
        path.write_text(json.dumps(names if file is imagenet_classes._NAMES else ids), encoding="utf-8")
        return path

    monkeypatch.setattr(imagenet_classes, "obtain", obtain)
    labels = imagenet_classes.labels()
    assert len(set(labels)) == 1000
    assert labels[0] == "thing 0"
    assert labels[134] == "crane (n00000134)"
    assert labels[638:640] == ("maillot", "maillot, tank suit")
    assert imagenet_classes.wnids()[999] == "n00000999"
