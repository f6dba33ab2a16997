# Sourced by bash or zsh: completes `python -m tfl_lite_suite.VERB --flag`.
# Made by tools/make_completion.py.
# bash: source tools/completion.bash
# zsh:  autoload -U +X bashcompinit && bashcompinit && source tools/completion.bash
_tfl_lite_suite() {
  local word verb=''
  local current="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD - 1]}"
  COMPREPLY=()
  if [ "$before" = -m ]; then
    COMPREPLY=($(compgen -W "tfl_lite_suite.advise tfl_lite_suite.benchmark tfl_lite_suite.convert tfl_lite_suite.doctor tfl_lite_suite.evaluate tfl_lite_suite.export tfl_lite_suite.lint tfl_lite_suite.prune tfl_lite_suite.quantize tfl_lite_suite.report tfl_lite_suite.run tfl_lite_suite.search tfl_lite_suite.summary tfl_lite_suite.train" -- "$current"))
    return
  fi
  for word in "${COMP_WORDS[@]}"; do
    case "$word" in tfl_lite_suite.*) verb="${word#tfl_lite_suite.}" ;; esac
  done
  case "$verb" in
  advise) word='--max_ms= --fps= --max_bytes= --max_memory= --min_top1= --max_joules= --priority= --device= --data= --classes= --workdir= --output= --html= --json --traceback --help' ;;
  benchmark) word='--model= --engine= --threads= --target= --wheels= --runs= --min_seconds= --sustain= --compare= --kernels= --profile --count_instructions --seed= --scheme= --resolution= --classes= --alpha= --json --traceback --help' ;;
  convert) word='--model= --scheme= --io_type= --calibration= --calibration_images= --ptq= --output= --resolution= --channels= --classes= --alpha= --weights= --json --traceback --help' ;;
  doctor) word='--python= --json --traceback --help' ;;
  evaluate) word='--recipe= --data= --set= --model= --engine= --workdir= --limit= --on_corrupt= --threads= --workers= --kernels= --predictions= --target= --wheels= --logits= --json --traceback --help' ;;
  export) word='--model= --to= --output_dir= --data= --limit= --json --traceback --help' ;;
  lint) word='--model= --target_runtime= --html= --trial --json --traceback --help' ;;
  prune) word='--recipe= --data= --set= --model= --params_ratio= --macs_ratio= --importance= --steps= --sparsity= --pattern= --clusters= --workdir= --json --traceback --help' ;;
  quantize) word='--recipe= --data= --set= --model= --scheme= --debug --min_agreement= --fallback= --workdir= --json --traceback --help' ;;
  report) word='--workdir= --output= --json --traceback --help' ;;
  run) word='--recipe= --data= --set= --workdir= --seeds= --jobs= --dry_run --json --traceback --help' ;;
  search) word='--recipe= --data= --set= --workdir= --vary= --trials= --seconds= --storage= --study= --warm_start --heartbeat= --json --traceback --help' ;;
  summary) word='--model= --resolution= --classes= --alpha= --channels= --json --traceback --help' ;;
  train) word='--recipe= --data= --set= --workdir= --distribution= --peer_timeout= --json --traceback --help' ;;
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
