"""One file per section of the questionnaire."""
