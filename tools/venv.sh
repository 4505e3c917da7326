#!/bin/sh
# Makes .venv with the installer in it, and nothing else. Needs a Python of 3.11 or newer with pip or with venv whole.
# pip is asked for one package, by hash; uv installs the rest.
set -eu
python=$1
say() { printf '%s\n' "$1" >&2; exit 1; }

command -v "$python" >/dev/null || say "No $python here. Install it: apt-get install python3 python3-venv"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  say "Ironkeep needs Python 3.11 or newer; $python is $("$python" -V 2>&1). Name another: make run PYTHON=python3.12"

hashed="install --quiet --disable-pip-version-check --require-hashes --requirement requirements/uv.txt"
if "$python" -m pip --python "$(command -v "$python")" --version >/dev/null 2>&1 && "$python" -m venv --without-pip .venv; then
  "$python" -m pip --python .venv/bin/python $hashed
elif "$python" -c 'import ensurepip' 2>/dev/null && "$python" -m venv .venv; then
  .venv/bin/python -m pip $hashed
else
  rm -rf .venv
  say "This Python can make no environment. Install what it lacks: apt-get install python3-venv"
fi
