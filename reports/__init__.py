"""One self-contained HTML file per engagement, made from typed records and nothing else."""
