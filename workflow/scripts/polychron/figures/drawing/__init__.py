"""What all figures share: their page, their axis of steps, the keys below them, and the names of languages."""
