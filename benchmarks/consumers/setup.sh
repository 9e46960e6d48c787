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
install "$1/mlx" 'mlx[cpu]==0.32.4' 'mlx-lm==0.32.2'
install "$1/torchtune" 'torchtune==0.6.1' 'torchao==0.16.0' torch
# Without a GPU: no torchvision, an empty module torchaudio (see results.md).
install "$1/llamafactory" 'llamafactory==0.9.5' torch
# Its dependencies need CUDA; the strategy that labels rows does not.
install "$1/axolotl" transformers datasets addict fire pydantic pyyaml trl peft accelerate colorama \
    python-dotenv einops scipy torch
"$1/axolotl/bin/pip" install -q --no-deps 'axolotl==0.19.0'
install "$1/datasets-3" 'datasets==3.6.0' pandas
install "$1/datasets-4" 'datasets==4.0.0'
install "$1/latest" datasets pandas polars duckdb
