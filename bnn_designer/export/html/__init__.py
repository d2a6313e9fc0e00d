"""One HTML file that has the packed network in it and classifies images, with no server and no network."""
