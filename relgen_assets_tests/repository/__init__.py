"""Tests of what surrounds the code: import contracts, documents, workflow and packaging."""
