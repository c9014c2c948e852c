"""What the export targets share: what they are given, how text is quoted, how files are written."""
