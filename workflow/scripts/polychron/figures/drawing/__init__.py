"""What all figures share: their page, and their axis of steps."""
