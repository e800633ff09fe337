"""What all figures share: their page, their axis of steps, and the keys below them."""
