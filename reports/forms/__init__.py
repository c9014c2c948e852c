"""What a report can be written as: one file per form, named as `--format` names it."""
