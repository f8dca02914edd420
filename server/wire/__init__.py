"""The types that cross the HTTP border, and the step from them to the matcher's and back.

The one place where a key of the API is named: the OpenAPI document is made from these models.
No web framework in here.
"""
