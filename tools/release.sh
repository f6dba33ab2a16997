#!/usr/bin/env bash
# Prepares a release: tests, source archive and wheel in dist/, both checked. Uploads nothing.
source "$(dirname "$0")/environment.sh"

version=$(.venv/bin/python -c 'import tfl_lite_suite; print(tfl_lite_suite.__version__)')
if ! grep -q "^## $version\b" CHANGELOG.md; then
    echo "error: CHANGELOG.md has no section '## $version'" >&2
    exit 1
fi
if [ -n "$(git status --porcelain)" ]; then
    echo "error: there are changes that are not committed" >&2
    exit 1
fi
bash tools/test.sh
rm -rf dist
.venv/bin/python tools/check_package.py --output=dist
echo "next: git tag v$version && git push origin v$version"
echo "      .venv/bin/python -m twine upload dist/*"
