"""What all figures share: their page."""
