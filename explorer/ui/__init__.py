"""What each page says and offers: controls and words."""
