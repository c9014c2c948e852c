"""What personal data and secrets look like, for the audits that count them and the copy that masks them."""
