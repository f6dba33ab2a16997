"""What post-training quantization did, in words."""

import collections
from collections.abc import Sequence

from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.types import Document


def describe_ops(ops: Sequence[Document]) -> str:
    """Returns how many operators there are of each name."""
    counts = collections.Counter(op["name"] for op in ops)
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())


def describe_ptq(report: Document) -> str:
    """Returns the report of post-training quantization as a phrase, its notes on lines of their own."""
    techniques = " and ".join(name.replace("_", " ") for name in report["techniques"]) or "plain conversion"
    text = (
        f"{techniques}: top-1 agrees with float on {percent(report['agreement'], 1)} of "
        f"{report['pictures']['judging']} calibration pictures, KL divergence {report['kl']:.4f}"
    )
    return "\n".join([text, *report["notes"]])
