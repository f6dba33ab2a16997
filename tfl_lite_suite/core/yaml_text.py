"""The YAML that recipes are written in: version 1.2's plain values, and no key twice.

PyYAML reads version 1.1, in which 1e-3 is a string, off is false, 010 is eight and 1:30 is ninety, and of a key that
stands twice it silently takes the last.
"""

import re
import sys
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


_KINDS = {"bool": "true or false", "int": "a whole number", "float": "a number", "timestamp": "a time"}
_LONGEST = 40


class _Loader(yaml.SafeLoader):
    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (yaml.YAMLError, RecursionError, MemoryError):
            raise
        except Exception as error:
            # A tag such as !!bool before what is none gives nearly any error.
            kind = node.tag.removeprefix(_TAG)
            given = node.value if isinstance(node, yaml.ScalarNode) else ""
            expected = f"at most {sys.get_int_max_str_digits():,} digits" if given.isdigit() else _KINDS.get(kind, kind)
            problem = f"expected {expected}. Received: '{_short(given)}'"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from error

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen = set()
        for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
            if isinstance(key, yaml.ScalarNode) and key.value in seen and key.tag != _TAG + "merge":
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{_short(key.value)}' stands twice", key.start_mark
                )
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else id(key))
            if isinstance(key, yaml.ScalarNode) and isinstance(value, yaml.ScalarNode):
                self._check(key.value, value)
        return super().construct_mapping(node, deep)

    def _check(self, key: str, value: Any) -> None:
        """Names the key of a value that is not what its tag says."""
        try:
            self.construct_object(value)
        except yaml.constructor.ConstructorError as error:
            problem = f"{_short(key)}: {error.problem}"
            raise yaml.constructor.ConstructorError(None, None, problem, value.start_mark) from error


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


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
    except (yaml.YAMLError, ValueError) as error:
        raise SuiteError(f"not YAML: {' '.join(str(error).split())}") from None


def write(document: object) -> str:
    """Returns plain values as YAML that `read` reads back equal, keys in the given order."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
