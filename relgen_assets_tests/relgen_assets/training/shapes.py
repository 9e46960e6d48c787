"""Models by their shape, and machines, for tests."""

from __future__ import annotations

from relgen_assets.training.defaults import Machine
from relgen_assets.training.memory import Shape

SMOLLM2_135M = Shape(134_515_008, layers=30, width=576, inner=1_536, words=49_152, context=8_192)
QWEN_05B = Shape(494_032_768, layers=24, width=896, inner=4_864, words=151_936, context=32_768)
QWEN_15B = Shape(1_543_714_304, layers=28, width=1_536, inner=8_960, words=151_936, context=32_768)
QWEN_3B = Shape(3_085_938_688, layers=36, width=2_048, inner=11_008, words=151_936, context=32_768)
QWEN_7B = Shape(7_615_616_512, layers=28, width=3_584, inner=18_944, words=152_064, context=32_768)
MODELS = (SMOLLM2_135M, QWEN_05B, QWEN_15B, QWEN_3B, QWEN_7B)

CARD = Machine("cuda", 24e9, half=True)
BOARD = Machine("cpu", 16e9, half=False)
