"""Scientific articles in, a fine-tuning dataset for entity and relation extraction out.

Start reading at `relgen_assets.definitions`, which wires everything, or at `docs/architecture.md`.
The root holds only the definitions and the errors of the domain; the rest is in wings. Each wing
says what belongs there. The import contracts in `pyproject.toml` say which wing may import which.
"""
