"""What one may recommend: one file per approach."""
