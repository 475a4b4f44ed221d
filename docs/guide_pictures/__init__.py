"""The pictures of docs/guide: a module for each page or two, a public function for each picture, named after it."""
