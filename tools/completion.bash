# Sourced by bash or zsh: completes `python -m tfl_lite_suite.VERB --flag`.
# Made by tools/make_completion.py.
# bash: source tools/completion.bash
# zsh:  autoload -U +X bashcompinit && bashcompinit && source tools/completion.bash
_tfl_lite_suite() {
  local word verb=''
  local current="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD - 1]}"
  COMPREPLY=()
  if [ "$before" = -m ]; then
    COMPREPLY=($(compgen -W "" -- "$current"))
    return
  fi
  for word in "${COMP_WORDS[@]}"; do
    case "$word" in tfl_lite_suite.*) verb="${word#tfl_lite_suite.}" ;; esac
  done
  case "$verb" in

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
