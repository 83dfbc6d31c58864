#!/usr/bin/env bash
# Runs examples/digits three times under HitSave: cold, again, and after one edit. Works on a copy with a store of its
# own, so that neither your files nor your store change, and the first run is always a cold one.
#
#   bash examples/three_runs.sh [FOLDER OF THE hitsave COMMAND]
set -euo pipefail
cd "$(dirname "$0")"
if [ $# -gt 0 ]; then PATH="$1:$PATH"; fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp -r digits "$folder/digits"
rm -rf "$folder/digits/results"
cd "$folder/digits"
export HITSAVE_STORE="$folder/store"

say() { printf '\n\033[1m$ %s\033[0m\n' "$*"; }
if [ ! -t 1 ] || [ -n "${NO_COLOR:-}" ]; then say() { printf '\n$ %s\n' "$*"; }; fi

say "hitsave run train.py"
hitsave run train.py
say "hitsave run train.py"
hitsave run train.py
say "sed -i 's/LEARNING_RATES = \\[0.05, 0.2\\]/LEARNING_RATES = [0.05, 0.1]/' config.py"
sed 's/LEARNING_RATES = \[0.05, 0.2\]/LEARNING_RATES = [0.05, 0.1]/' config.py > config.new
mv config.new config.py
say "hitsave run train.py"
hitsave run train.py
say "hitsave log"
hitsave log
