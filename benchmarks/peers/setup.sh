#!/usr/bin/env bash
# Installs the balancers that benchmarks/balancers.py compares with: HAProxy from the distribution
# (needs root), litellm and vllm-router each in a virtual environment below FOLDER.
#
#   benchmarks/peers/setup.sh FOLDER
#
# pip and apt-get use whatever index and mirror they are configured with.
set -euo pipefail
folder=${1:?usage: setup.sh FOLDER}
mkdir -p "$folder"

install_in() { # NAME REQUIREMENT
    python3 -m venv "$folder/$1"
    "$folder/$1/bin/pip" install --quiet "$2"
}

command -v haproxy >/dev/null || [ -x /usr/sbin/haproxy ] || apt-get install --yes haproxy
install_in litellm "litellm==1.106.2"
install_in vllm-router "vllm-router==0.1.17"
