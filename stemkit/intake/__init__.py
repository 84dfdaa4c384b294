"""What was delivered: folders and files on disk, understood before anything is opened."""
