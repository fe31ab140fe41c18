"""Training as generators of Progress: configurations A to F, losses, augmentation, the loop."""
