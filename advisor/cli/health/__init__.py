"""What `tunecase doctor` looks at: this machine, this installation, this engagement."""
