"""What the components share, so that all of them look and behave alike."""
