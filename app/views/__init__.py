"""Between controllers and widgets: with application.py the only modules of app that know app.ui."""
