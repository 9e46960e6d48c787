"""Scientific articles in, a fine-tuning dataset for entity and relation extraction out.

Start reading at `relgen_assets.definitions`, which wires everything, or at `docs/architecture.md`.
"""
