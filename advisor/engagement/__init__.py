"""The spine: records, the engagement folder, errors, the catalogue. It has no opinions."""
