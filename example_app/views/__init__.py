"""What the pages are made of: functions that turn vars into components."""
