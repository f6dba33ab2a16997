"""Writes `tools/completion.bash` from the verbs' own `--help`."""

import re

from document_commands import ROOT, help_of, verbs

_FRAME = """# Sourced by bash or zsh: completes `python -m tfl_lite_suite.VERB --flag`.
# Made by tools/make_completion.py.
# bash: source tools/completion.bash
# zsh:  autoload -U +X bashcompinit && bashcompinit && source tools/completion.bash
_tfl_lite_suite() {
  local word verb=''
  local current="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD - 1]}"
  COMPREPLY=()
  if [ "$before" = -m ]; then
    COMPREPLY=($(compgen -W "@VERBS@" -- "$current"))
    return
  fi
  for word in "${COMP_WORDS[@]}"; do
    case "$word" in tfl_lite_suite.*) verb="${word#tfl_lite_suite.}" ;; esac
  done
  case "$verb" in
@CASES@
  *) return ;;
  esac
  case "$current" in
  -*)
    COMPREPLY=($(compgen -W "$word" -- "$current"))
    case "${COMPREPLY[0]}" in *=) compopt -o nospace 2>/dev/null ;; esac
    ;;
  esac
}
complete -o default -F _tfl_lite_suite python python3
"""


def flags(verb: str) -> list[str]:
    """Returns a verb's flags as they are typed, those that take a value with `=`."""
    return re.findall(r"^  (--\w+=?)$", help_of(verb), re.MULTILINE)


def completion() -> str:
    """Returns the script."""
    cases = "\n".join(f"  {verb}) word='{' '.join(flags(verb))} --help' ;;" for verb in verbs())
    names = " ".join(f"tfl_lite_suite.{verb}" for verb in verbs())
    return _FRAME.replace("@VERBS@", names).replace("@CASES@", cases)


if __name__ == "__main__":
    (ROOT / "tools" / "completion.bash").write_text(completion(), encoding="utf-8")
