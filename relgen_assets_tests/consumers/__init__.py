"""What trainers make of a dataset; these tests run where the extra `consumers` is installed."""
