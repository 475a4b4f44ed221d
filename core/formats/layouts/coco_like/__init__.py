"""The layouts that descend from COCO's: images, annotations and categories; PoseTrack18 is one of them."""
