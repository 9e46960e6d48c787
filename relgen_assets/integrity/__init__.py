"""What must hold between stored tables: invariants, nothing lost, nothing mixed up, and counts.

Pure functions over rows and tables that list violations. May touch rows, prompts, extraction and
export; no Dagster, and nothing is written here.
"""
