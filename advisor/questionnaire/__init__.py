"""What we ask, and how answers are read, written and collected; it knows no approach."""
