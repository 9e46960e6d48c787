"""Tests of the pool of language-model servers."""
