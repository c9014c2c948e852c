"""Checks that need a CUDA GPU; `make gpu-check` runs them, `make test` skips them where there is none."""
