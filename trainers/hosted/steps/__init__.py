"""What every vendor shares: requests, files with their price, and the job from upload to model."""
