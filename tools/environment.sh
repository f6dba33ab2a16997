# Sourced by the other scripts: goes to the checkout and makes .venv current, reusing it when it is.
# PYTHON chooses the interpreter (3.10 to 3.13); nothing here needs root.
set -euo pipefail
# Modules are compiled when they are first imported, which is a third of what is installed, and then kept.
unset PYTHONDONTWRITEBYTECODE
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python=${PYTHON:-python3}
"$python" - <<'CHECK' || exit 1
import sys
if not (3, 10) <= sys.version_info[:2] <= (3, 13):
    sys.exit(f"error: Python 3.10 to 3.13 is needed. Received: {sys.version.split()[0]}; set PYTHON=python3.11")
CHECK

# A virtual environment is current when it was made by this interpreter from this setup.cfg.
stamp=$("$python" -c "import hashlib, sys; print(sys.version, hashlib.sha256(open('setup.cfg', 'rb').read()).hexdigest())")
if [ "$(cat .venv/stamp 2>/dev/null)" != "$stamp" ]; then
    echo "setting up .venv (one to three minutes) …" >&2
    "$python" -m venv --clear .venv
    # uv takes a quarter of pip's processor time; where it fails, for instance behind a mirror that only pip knows, pip tells why.
    pip=(.venv/bin/python -m pip install --quiet --no-compile --disable-pip-version-check)
    packages=(--editable '.[host,engines,micro,watch,search,dev]')
    { "${pip[@]}" uv && .venv/bin/uv pip install --quiet --python .venv/bin/python "${packages[@]}"; } ||
        "${pip[@]}" "${packages[@]}"
    echo "$stamp" > .venv/stamp
fi
