#!/bin/sh
# Installs each consumer into an environment of its own below the folder named: setup.sh FOLDER
set -eu
install() {
    name=$1
    shift
    python3.11 -m venv "$name"
    "$name/bin/pip" install -q "$@"
}
install "$1/trl" 'trl==1.16.0' torch
install "$1/datasets-3" 'datasets==3.6.0' pandas
install "$1/datasets-4" 'datasets==4.0.0'
install "$1/latest" datasets pandas polars duckdb
