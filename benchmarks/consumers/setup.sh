#!/bin/sh
# Installs each consumer into an environment of its own below the folder named: setup.sh FOLDER
set -eu
python3.11 -m venv "$1/trl"
"$1/trl/bin/pip" install -q 'trl==1.16.0' torch
