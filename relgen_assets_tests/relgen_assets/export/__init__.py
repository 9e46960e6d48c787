"""Tests of the finished dataset: rows, splits, shards, card, loading."""
