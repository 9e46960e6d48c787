"""Scientific articles in, a fine-tuning dataset for entity and relation extraction out.

Start reading at `relgen_assets.definitions`, which wires everything, or at `docs/architecture.md`.
The root holds only the definitions and the errors of the domain; the rest lives in wings, each of
which says what belongs there. The import contracts in `pyproject.toml` give every wing its place.
"""
