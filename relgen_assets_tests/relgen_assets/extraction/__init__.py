"""Tests of the extractions and their judgement."""
