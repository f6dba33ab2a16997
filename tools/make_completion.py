"""Brings the verbs and flags in `tools/completion.bash` up to date, from the verbs' own `--help`."""

import re

from document_commands import ROOT, help_of, verbs

_SCRIPT = ROOT / "tools" / "completion.bash"


def flags(verb: str) -> list[str]:
    """Returns a verb's flags as they are typed, those that take a value with `=`."""
    return re.findall(r"^  (--\w+=?)$", help_of(verb), re.MULTILINE)


def completion() -> str:
    """Returns the script, with the verbs and flags of today in place of those in it."""
    cases = "".join(f"  {verb}) word='{' '.join(flags(verb))} --help' ;;\n" for verb in verbs())
    names = " ".join(f"tfl_lite_suite.{verb}" for verb in verbs())
    script = _SCRIPT.read_text(encoding="utf-8")
    script = re.sub(r'(?<=compgen -W ")tfl_lite_suite\.[^"]*', lambda _: names, script)
    return re.sub(r"(?<=  case \"\$verb\" in\n)(  \w+\) word=.*\n)*", lambda _: cases, script)


if __name__ == "__main__":
    _SCRIPT.write_text(completion(), encoding="utf-8")
