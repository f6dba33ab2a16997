import ast

from places import ROOT

# About a tenth of the 1,231 that there once were; what mypy cannot see has a name in `core/types.py`.
MOST = 130


def test_any_is_rare_in_annotations():
    found = []
    for path in sorted((ROOT / "tfl_lite_suite").rglob("*.py")):
        where = path.relative_to(ROOT)
        found += [f"{where}:{line}" for line in _lines(ast.parse(path.read_text(encoding="utf-8")))]
    assert len(found) <= MOST, f"{len(found)} times Any:\n" + "\n".join(found)


def _lines(tree):
    for node in ast.walk(tree):
        annotation = getattr(node, "annotation", None) or getattr(node, "returns", None)
        if annotation is not None:
            for part in ast.walk(annotation):
                text = part.id if isinstance(part, ast.Name) else getattr(part, "value", None)
                if isinstance(text, str) and ("Any" == text or "Any]" in text or "Any," in text):
                    yield node.lineno
