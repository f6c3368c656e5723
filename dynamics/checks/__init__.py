"""What is wrong with a solution's zip, found without Dynamics: it reads the files, and knows nothing of how they are
made."""
