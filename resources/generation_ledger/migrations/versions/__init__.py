"""One module per schema version; a published one is never edited."""
