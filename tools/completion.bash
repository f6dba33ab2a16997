# Sourced by bash or zsh: completes `python -m tfl_lite_suite.VERB --flag`.
# Verbs and flags are kept by tools/make_completion.py.
# bash: source tools/completion.bash
# zsh:  autoload -U +X bashcompinit && bashcompinit && source tools/completion.bash
_tfl_lite_suite() {
  local word verb=''
  local current="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD - 1]}"
  COMPREPLY=()
  if [ "$before" = -m ]; then
    COMPREPLY=($(compgen -W "tfl_lite_suite.advise tfl_lite_suite.benchmark tfl_lite_suite.convert tfl_lite_suite.data tfl_lite_suite.decide tfl_lite_suite.doctor tfl_lite_suite.evaluate tfl_lite_suite.explain tfl_lite_suite.export tfl_lite_suite.init tfl_lite_suite.lint tfl_lite_suite.predict tfl_lite_suite.prune tfl_lite_suite.quantize tfl_lite_suite.report tfl_lite_suite.run tfl_lite_suite.search tfl_lite_suite.summary tfl_lite_suite.train tfl_lite_suite.watch" -- "$current"))
    return
  fi
  for word in "${COMP_WORDS[@]}"; do
    case "$word" in tfl_lite_suite.*) verb="${word#tfl_lite_suite.}" ;; esac
  done
  case "$verb" in
  advise) word='--max_ms= --fps= --max_bytes= --max_memory= --max_arena= --max_flash= --min_top1= --max_joules= --priority= --device= --data= --classes= --workdir= --output= --html= --json --traceback --help' ;;
  benchmark) word='--model= --engine= --threads= --target= --wheels= --runs= --min_seconds= --sustain= --compare= --kernels= --profile --count_instructions --accept_disturbed --seed= --scheme= --resolution= --classes= --alpha= --json --traceback --help' ;;
  convert) word='--model= --output= --scheme= --io_type= --calibration= --calibration_images= --ptq= --hard_swish= --scores= --resolution= --channels= --classes= --alpha= --weights= --json --traceback --help' ;;
  data) word='--data= --unknown= --html= --features= --json --traceback --help' ;;
  decide) word='--model= --recipe= --data= --set= --unknown= --min_recall= --max_false_alarms= --costs= --keep= --reject= --window= --share= --hysteresis= --split= --on_corrupt= --engine= --workdir= --output= --json --traceback --help' ;;
  doctor) word='--python= --json --traceback --help' ;;
  evaluate) word='--model= --recipe= --data= --set= --engine= --unknown= --workdir= --mean= --std= --limit= --on_corrupt= --threads= --workers= --kernels= --predictions= --target= --wheels= --logits= --json --traceback --help' ;;
  explain) word='--model= --picture= --label= --output= --engine= --mean= --std= --json --traceback --help' ;;
  export) word='--model= --output_dir= --to= --data= --limit= --frame= --json --traceback --help' ;;
  init) word='--data= --output= --minutes= --notebook= --json --traceback --help' ;;
  lint) word='--model= --target_runtime= --html= --profile= --trial --json --traceback --help' ;;
  predict) word='--model= --picture= --top= --engine= --threads= --kernels= --mean= --std= --on_corrupt= --json --traceback --help' ;;
  prune) word='--model= --params_ratio= --macs_ratio= --importance= --steps= --sparsity= --pattern= --clusters= --workdir= --recipe= --data= --set= --json --traceback --help' ;;
  quantize) word='--model= --scheme= --debug --min_agreement= --fallback= --ptq= --workdir= --recipe= --data= --set= --json --traceback --help' ;;
  report) word='--workdir= --output= --json --traceback --help' ;;
  run) word='--recipe= --workdir= --data= --set= --weights= --seeds= --folds= --jobs= --list --dry_run --json --traceback --help' ;;
  search) word='--recipe= --workdir= --data= --set= --vary= --trials= --seconds= --storage= --study= --warm_start --heartbeat= --json --traceback --help' ;;
  summary) word='--model= --resolution= --classes= --alpha= --channels= --json --traceback --help' ;;
  train) word='--recipe= --workdir= --data= --set= --weights= --distribution= --peer_timeout= --json --traceback --help' ;;
  watch) word='--model= --source= --engine= --threads= --mean= --std= --max_fps= --frames= --changes --camera_size= --existing --once --mqtt= --mqtt_login= --mqtt_ca= --mqtt_discovery= --mqtt_queue= --name= --keep= --keep_limit= --keep_dir= --certain= --page --page_address= --page_login= --systemd --json --traceback --help' ;;
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
