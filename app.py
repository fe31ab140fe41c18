"""Open the page: python app.py [--help]."""

from explorer.cli import serve

if __name__ == "__main__":
    serve()
