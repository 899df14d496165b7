"""The page at `/`: the served version for people, made on the server; no build step.

`api.info_routes` asks the served version's `ModelPage` for it. Where keys are configured, the page
is a form for a key; its script then asks for the content with the key as a header.

- `routes`      the paths of the page, and the response of each
- `model_page`  the page of one served version
- `kept`        content that is made once for all who ask within a second
- `form`        the fields of the form that asks for a prediction
- `inputs`      how the live rows differ from the training rows, in words and pictures
- `history`     the releases, and the shadow
- `rendering`   templates and static files
- `templates/`, `static/`  what these are rendered from: HTML, one style sheet, one script
"""
