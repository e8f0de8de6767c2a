"""What a teacher takes from the chapters: editions, assignments, slides."""
