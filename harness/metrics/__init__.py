"""What is measured: each file is one metric."""
