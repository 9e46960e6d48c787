"""Tests of `relgen_assets.generation`."""
