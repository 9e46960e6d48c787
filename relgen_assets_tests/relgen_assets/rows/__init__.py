"""Tests of `relgen_assets.rows`."""
