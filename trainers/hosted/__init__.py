"""Fine-tuning at a vendor: each file is one vendor; `steps` prepares, starts and follows."""
