"""What trainers make of a dataset; tests of TRL run where the extra `consumers` is installed."""
