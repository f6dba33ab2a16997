"""The YAML that recipes are written in: version 1.2's plain values, and no key twice.

PyYAML reads version 1.1, in which 1e-3 is a string, off is false, 010 is eight and 1:30 is ninety, and of a key that
stands twice it silently takes the last.
"""

import re
from typing import Any

import yaml

from tfl_lite_suite.core.errors import SuiteError

_TAG = "tag:yaml.org,2002:"
# Source: YAML 1.2.2, 2021, https://yaml.org/spec/1.2.2/, section 10.3.2, without octal and hexadecimal numbers.
_PLAIN_VALUES = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", list("-+0123456789")),
    (
        "float",
        r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+0123456789."),
    ),
    ("merge", r"<<", ["<"]),
)


class _Loader(yaml.SafeLoader):
    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen = set()
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            if isinstance(key, yaml.ScalarNode) and key.value in seen and key.tag != _TAG + "merge":
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key.value}' stands twice", key.start_mark
                )
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else id(key))
        return super().construct_mapping(node, deep)


class _Dumper(yaml.SafeDumper):
    pass


for _kind in (_Loader, _Dumper):
    _kind.yaml_implicit_resolvers = {}
    for _name, _pattern, _first in _PLAIN_VALUES:
        _kind.add_implicit_resolver(_TAG + _name, re.compile(rf"(?:{_pattern})\Z"), _first)


def read(text: str) -> Any:
    """Parses one YAML document.

    Args:
        text: It may come from a hostile file.

    Returns:
        Plain values: mappings, lists, strings, numbers, true, false and None.

    Raises:
        SuiteError: If the text is not YAML; it says where.
    """
    try:
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise SuiteError(f"not YAML: {error.problem or error.context}{where}") from None
    except RecursionError:
        raise SuiteError("not YAML: nested too deeply") from None
    except (yaml.YAMLError, ValueError, KeyError, TypeError, OverflowError) as error:
        # A tag such as !!bool before what is none gives nearly any error.
        raise SuiteError(f"not YAML: {' '.join(str(error).split())}") from None


def write(document: object) -> str:
    """Returns plain values as YAML that `read` reads back equal, keys in the given order."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
