import round_trips

from tfl_lite_suite.predict.result import Prediction, Ranked


def test_a_rejected_picture_has_no_label():
    ranked = (Ranked("oak", 0.4), Ranked("birch", 0.35))
    prediction = Prediction(label=None, probability=0.4, ranked=ranked, rejected=True, labels=())
    document = prediction.document()
    assert document["ranked"][1] == {"label": "birch", "probability": 0.35}
    assert round_trips.check(Prediction, document) == prediction
