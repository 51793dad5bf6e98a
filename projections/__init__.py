"""What the events add up to: views that can be thrown away and rebuilt."""
